from django.urls import path

from . import views

urlpatterns = [
    path("<uuid:run>/why/", views.why, name="why"),
    path("<uuid:run>/checks/", views.checks, name="why_checks"),
]
