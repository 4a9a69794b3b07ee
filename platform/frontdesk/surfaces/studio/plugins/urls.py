from django.urls import path

from . import changing, views

urlpatterns = [
    path("", views.gallery, name="plugins"),
    path("<slug:slug>/", views.plugin, name="plugin"),
    path("<slug:slug>/test/", views.test, name="plugin_test"),
    path("<slug:slug>/connect/", changing.connect, name="plugin_connect"),
    path("<slug:slug>/turn-on/", changing.turn_on, name="plugin_turn_on"),
    path("<slug:slug>/turn-off/", changing.turn_off, name="plugin_turn_off"),
    path("<slug:slug>/change/", changing.change, name="plugin_change"),
]
