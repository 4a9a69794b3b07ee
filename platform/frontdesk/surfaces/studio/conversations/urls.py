from django.urls import path

from . import views

urlpatterns = [
    path("", views.listing, name="conversations"),
    path("<uuid:uuid>/", views.thread, name="conversation"),
    path("<uuid:uuid>/news/", views.news, name="conversation_news"),
    path("<uuid:uuid>/reply/", views.reply, name="conversation_reply"),
    path("<uuid:uuid>/who/", views.who_answers, name="conversation_who"),
]
