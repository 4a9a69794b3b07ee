"""Knowledge bases: the list, a new one, its settings, deleting it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError
from frontdesk.knowledge import actions, deletion, queries
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces.permissions import require

from ..accounts.forms import blame
from ..page import go, render, studio_page
from ..paging import page_of
from ..request import StudioRequest
from .forms import FineTuneForm, NewBaseForm
from .rows import users_of


@dataclass(frozen=True, slots=True)
class Card:
    base: KnowledgeBase
    sources: int
    learning: int
    failed: int


def back() -> dict[str, str]:
    return {"url": reverse("studio:knowledge"), "title": _("Knowledge")}


@require_GET
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    page = page_of(request, queries.bases())
    states = queries.states(page.rows)
    cards = [_card(base, states[base.pk]) for base in page.rows]
    context = {"cards": cards, "page": page, "deleted": queries.deleted().exists()}
    return render(request, "studio/knowledge/list.html", title=_("Knowledge"), **context)


def _card(base: KnowledgeBase, states: dict[str, int]) -> Card:
    return Card(base, sum(states.values()), sum(states.get(each, 0) for each in UNFINISHED), states.get(Source.State.FAILED, 0))


@require_http_methods(["GET", "POST"])
@studio_page("edit_knowledge")
def new(request: StudioRequest) -> HttpResponse:
    form = NewBaseForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect("studio:base", actions.create_base(request.actor, **form.cleaned_data).uuid)
        except FrontdeskError as error:
            blame(form, error)
    status = 422 if form.errors else 200
    return render(request, "studio/knowledge/new.html", title=_("New knowledge"), form=form, back=back(), status=status)


@require_http_methods(["GET", "POST"])
@studio_page()
def fine_tune(request: StudioRequest, uuid: UUID) -> HttpResponse:
    base = queries.base(uuid)
    form = FineTuneForm(base, request.POST or None)
    if request.method == "POST":
        require(request.actor, "edit_knowledge")
        if form.is_valid() and _saved(request, base, form):
            messages.success(request, _("Saved."))
            return redirect("studio:base_fine_tune", uuid)
    status = 422 if form.errors else 200
    context = {"base": base, "form": form, "users": users_of(base), "tab": "fine_tune"}
    return render(request, "studio/knowledge/fine_tune.html", title=base.name, back=back(), status=status, **context)


def _saved(request: StudioRequest, base: KnowledgeBase, form: FineTuneForm) -> bool:
    try:
        actions.update_base(request.actor, base, **form.cleaned_data)
    except FrontdeskError as error:
        blame(form, error)
        return False
    return True


@require_POST
@studio_page("edit_knowledge")
def delete(request: StudioRequest, uuid: UUID) -> HttpResponse:
    base = queries.base(uuid)
    deletion.delete_base(request.actor, base)
    messages.success(request, _("“%(name)s” is deleted. You can bring it back for 30 days.") % {"name": base.name})
    return go(request, reverse("studio:knowledge_deleted"))
