"""Addresses of files that are given to whoever has them, for a short time."""

from django.urls import path

from . import views

app_name = "files"
urlpatterns = [
    path("knowledge/<str:token>", views.source_by_link, name="source-by-link"),
    path("<str:token>", views.by_link, name="by-link"),
]
