from django.urls import path

from . import filters, ordering, views, writing

urlpatterns = [
    path("", views.listing, name="conversations"),
    path("tabs/", filters.counted, name="conversation_tabs"),
    path("waiting/", filters.waiting, name="conversations_waiting"),
    path("filters/", filters.choosing, name="conversation_filters"),
    path("views/", filters.keep, name="conversation_views"),
    path("views/<uuid:uuid>/", filters.forget, name="conversation_view"),
    path("<uuid:uuid>/", views.conversation, name="conversation"),
    path("<uuid:uuid>/entries/", views.entries, name="conversation_entries"),
    path("<uuid:uuid>/seen/", views.seen, name="conversation_seen"),
    path("<uuid:uuid>/reply/", writing.reply, name="conversation_reply"),
    path("<uuid:uuid>/note/", writing.note, name="conversation_note"),
    path("<uuid:uuid>/templates/", writing.approved, name="conversation_templates"),
    path("<uuid:uuid>/template/", writing.send_template, name="conversation_template"),
    path("<uuid:uuid>/canned/", writing.canned_replies, name="conversation_canned"),
    path("<uuid:uuid>/suggest/", writing.suggest, name="conversation_suggest"),
    path("suggestions/<uuid:run>/", writing.suggestion, name="suggestion"),
    path("suggestions/<uuid:run>/stop/", writing.stop, name="suggestion_stop"),
    path("<uuid:uuid>/order/", ordering.choosing, name="conversation_order"),
    path("<uuid:uuid>/order/change/", ordering.change, name="conversation_change"),
    path("<uuid:uuid>/customer/", ordering.customer, name="conversation_customer"),
    path("<uuid:uuid>/customer/block/", ordering.block, name="conversation_block"),
    path("<uuid:uuid>/who/", views.who, name="conversation_who"),
    path("<uuid:uuid>/who/answers/", views.who_answers, name="conversation_who_answers"),
]
