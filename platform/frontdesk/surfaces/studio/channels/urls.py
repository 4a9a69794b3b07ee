from django.urls import path

from . import connecting, rehearsal, trouble, views

urlpatterns = [
    path("", views.listing, name="channels"),
    path("new/", views.new, name="channel_new"),
    path("connect/<slug:kind>/", connecting.connect, name="channel_connect"),
    path("rehearse/<slug:kind>/", rehearsal.begin, name="channel_rehearse"),
    path("trouble/", trouble.listing, name="channel_trouble"),
    path("trouble/requests/<uuid:uuid>/", trouble.dead_letter, name="channel_dead_letter"),
    path("messages/<uuid:uuid>/", trouble.message_ledger, name="channel_ledger"),
    path("messages/<uuid:uuid>/again/", trouble.send_again, name="channel_send_again"),
    path("<uuid:uuid>/", views.channel, name="channel"),
    path("<uuid:uuid>/heard/", connecting.heard, name="channel_heard"),
    path("<uuid:uuid>/change/", views.change, name="channel_change"),
    path("<uuid:uuid>/rehearsal/", rehearsal.room, name="rehearsal"),
    path("<uuid:uuid>/rehearsal/screen/", rehearsal.screen, name="rehearsal_screen"),
    path("<uuid:uuid>/rehearsal/act/", rehearsal.act, name="rehearsal_act"),
    path("<uuid:uuid>/rehearsal/sent/<uuid:reference>/", rehearsal.file, name="rehearsal_file"),
]
