from django.urls import path

from . import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="login"),
    path("sign-up/", views.sign_up, name="sign_up"),
    path("sign-out/", views.sign_out, name="logout"),
    path("join/<str:token>/", views.join, name="join"),
    path("no-workspace/", views.no_workspace, name="no_workspace"),
    path("password/", views.password, name="password"),
    path("language/", views.language, name="language"),
]
