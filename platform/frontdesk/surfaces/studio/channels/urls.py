from django.urls import path

from . import views

urlpatterns = [
    path("", views.listing, name="channels"),
    path("new/", views.new, name="channel_new"),
    path("<uuid:uuid>/", views.channel, name="channel"),
    path("<uuid:uuid>/change/", views.change, name="channel_change"),
]
