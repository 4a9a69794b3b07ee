"""The business itself, and how its chats and pages look."""

from __future__ import annotations

from django.contrib import messages
from django.forms import ChoiceField, Form, RadioSelect
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces import actions

from ...site import themes
from ..accounts.forms import blame
from ..channels.looks import Look, key_to_try, looks
from ..page import studio_page
from ..request import StudioRequest
from .forms import ZONES, BusinessForm
from .frame import sections_for, show


@require_GET
@studio_page()
def first(request: StudioRequest) -> HttpResponse:
    """The first tab that this person may see."""
    return redirect(f"studio:{sections_for(request.actor)[0].url_name}")


@require_http_methods(["GET", "POST"])
@studio_page("manage_workspace")
def business(request: StudioRequest) -> HttpResponse:
    form = BusinessForm(request.actor.workspace, request.POST or None)
    if form.is_valid() and _changed(request, form):
        return redirect("studio:settings_business")
    return show(request, "business", form=form, zones=ZONES, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@studio_page("manage_workspace")
def look(request: StudioRequest) -> HttpResponse:
    workspace = request.actor.workspace
    choices = looks(workspace)
    form = LookForm(choices, request.POST or None, initial={"theme": themes.get(workspace.theme, workspace).slug})
    if form.is_valid() and _changed(request, form):
        return redirect("studio:settings_look")
    return show(request, "look", form=form, looks=choices, public_key=key_to_try(), status=422 if form.errors else 200)


class LookForm(Form):
    theme = ChoiceField(widget=RadioSelect)

    def __init__(self, choices: list[Look], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].label = _("How should your chats and pages look?")
        self.fields["theme"].choices = [(each.slug, each.name) for each in choices]


def _changed(request: StudioRequest, form: Form) -> bool:
    try:
        actions.change_workspace(request.actor, **form.cleaned_data)
    except FrontdeskError as error:
        blame(form, error)
        return False
    messages.success(request, _("Saved."))
    return True
