"""Addresses that customers' browsers open."""

from django.urls import path
from django.views.generic import RedirectView

from . import views
from .sending import visitor_files
from .widget import widget_script

app_name = "site"
urlpatterns = [
    path("widget.js", widget_script, name="widget-script"),
    path("widget/files", visitor_files, name="visitor-files"),
    path("widget/config", views.widget_config, name="widget-config"),
    path("chat/<str:public_key>", views.chat_page, name="chat-page"),
    path("favicon.ico", RedirectView.as_view(url="/static/studio/favicon.svg"), name="favicon"),
    path("themes/<slug:slug>.png", views.theme_preview, name="theme-preview"),
    path("themes/<slug:slug>.css", views.theme_stylesheet, name="theme-stylesheet"),
]
