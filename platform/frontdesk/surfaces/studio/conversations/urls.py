from django.urls import path

from . import filters, views

urlpatterns = [
    path("", views.listing, name="conversations"),
    path("tabs/", filters.counted, name="conversation_tabs"),
    path("filters/", filters.choosing, name="conversation_filters"),
    path("views/", filters.keep, name="conversation_views"),
    path("views/<uuid:uuid>/", filters.forget, name="conversation_view"),
    path("<uuid:uuid>/", views.conversation, name="conversation"),
    path("<uuid:uuid>/entries/", views.entries, name="conversation_entries"),
    path("<uuid:uuid>/seen/", views.seen, name="conversation_seen"),
    path("<uuid:uuid>/reply/", views.reply, name="conversation_reply"),
    path("<uuid:uuid>/who/", views.who, name="conversation_who"),
    path("<uuid:uuid>/who/answers/", views.who_answers, name="conversation_who_answers"),
]
