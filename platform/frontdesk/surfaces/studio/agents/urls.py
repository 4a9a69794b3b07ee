from django.urls import path

from . import editor, trial, versions, views

urlpatterns = [
    path("", views.listing, name="agents"),
    path("new/", views.new, name="agent_new"),
    path("part/", editor.new_part, name="agent_part"),
    path("<uuid:uuid>/models/", editor.models, name="agent_models"),
    path("<uuid:uuid>/", editor.edit, name="agent"),
    path("<uuid:uuid>/change/", views.change, name="agent_change"),
    path("<uuid:uuid>/instructions/", editor.instructions, name="agent_instructions"),
    path("<uuid:uuid>/versions/", versions.listing, name="agent_versions"),
    path("<uuid:uuid>/versions/<int:version>/", versions.compare, name="agent_version"),
    path("<uuid:uuid>/try/", trial.ask, name="trial"),
    path("<uuid:uuid>/try/<uuid:run>/events/", trial.events, name="trial_events"),
    path("<uuid:uuid>/try/<uuid:run>/answer/", trial.answer, name="trial_answer"),
    path("<uuid:uuid>/try/<uuid:run>/stop/", trial.stop, name="trial_stop"),
]
