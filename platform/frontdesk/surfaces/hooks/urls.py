"""Addresses that vendors of channels post to."""

from django.urls import path

from . import views

app_name = "hooks"
urlpatterns = [
    path("<str:token>", views.webhook, name="webhook"),
    path("<str:token>/", views.webhook),
]
