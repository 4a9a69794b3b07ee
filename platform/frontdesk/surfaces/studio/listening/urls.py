from django.urls import path

from . import views

urlpatterns = [
    path("<uuid:run>/", views.player, name="listen"),
    path("<uuid:run>/audio/", views.audio, name="listen_audio"),
]
