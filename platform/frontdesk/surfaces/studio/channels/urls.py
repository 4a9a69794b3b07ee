from django.urls import path

from . import connecting, trouble, views

urlpatterns = [
    path("", views.listing, name="channels"),
    path("new/", views.new, name="channel_new"),
    path("connect/<slug:kind>/", connecting.connect, name="channel_connect"),
    path("trouble/", trouble.listing, name="channel_trouble"),
    path("trouble/requests/<uuid:uuid>/", trouble.dead_letter, name="channel_dead_letter"),
    path("messages/<uuid:uuid>/", trouble.message_ledger, name="channel_ledger"),
    path("messages/<uuid:uuid>/again/", trouble.send_again, name="channel_send_again"),
    path("<uuid:uuid>/", views.channel, name="channel"),
    path("<uuid:uuid>/heard/", connecting.heard, name="channel_heard"),
    path("<uuid:uuid>/change/", views.change, name="channel_change"),
]
