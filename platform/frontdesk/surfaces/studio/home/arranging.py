"""Arranging Home: add a card from the gallery, move it, set it up, take it away."""

from __future__ import annotations

from typing import Any, Literal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import Invalid
from frontdesk.insights import actions, queries
from frontdesk.plugins.host import host
from frontdesk.sdk.words import said

from ..page import go, partial, render, studio_page, toast
from ..request import StudioRequest
from ..schema_forms import SchemaForm
from .cards import slots

Way = Literal["earlier", "later"]


@require_GET
@studio_page("manage_workspace")
def arrange(request: StudioRequest) -> HttpResponse:
    home = {"url": reverse("studio:index"), "title": _("Home")}
    context = {"slots": slots(request.actor.workspace), "gallery": _gallery(request)}
    return render(request, "studio/home/arrange.html", title=_("Arrange your cards"), back=home, **context)


@require_POST
@studio_page("manage_workspace")
def add(request: StudioRequest) -> HttpResponse:
    slug = request.POST.get("card", "")
    card_id = actions.add(request.actor, slug)
    label = said(host().offers(queries.KIND)[slug].item.label, get_language() or "")
    return _board(request, _("“%(card)s” stands at the end.") % {"card": label}, focus=card_id, way="earlier")


@require_POST
@studio_page("manage_workspace")
def move(request: StudioRequest, card_id: str, way: Way) -> HttpResponse:
    place = actions.move(request.actor, card_id, 1 if way == "later" else -1)
    return _board(request, _("Now at place %(n)s.") % {"n": place + 1}, focus=card_id, way=way)


@require_POST
@studio_page("manage_workspace")
def remove(request: StudioRequest, card_id: str) -> HttpResponse:
    actions.remove(request.actor, card_id)
    response = _board(request, "", focus="board")
    return toast(response, _("The card is taken away."), undo=reverse("studio:card_restore", args=[card_id]))


@require_POST
@studio_page("manage_workspace")
def restore(request: StudioRequest, card_id: str) -> HttpResponse:
    actions.restore(request.actor, card_id)
    messages.success(request, _("The card is back."))
    return go(request, reverse("studio:arrange"))


@require_http_methods(["GET", "POST"])
@studio_page("manage_workspace")
def set_up(request: StudioRequest, card_id: str) -> HttpResponse:
    card = queries.card(request.actor.workspace, card_id)
    assert card.widget is not None
    form = SchemaForm(card.widget.config_model, request.POST or None, workspace=request.actor.workspace, initial=card.settings)
    language = get_language() or ""
    for field in form.fields.values():
        field.label, field.help_text = said(field.label, language), said(field.help_text, language)
    if form.is_valid():
        try:
            actions.set_up(request.actor, card_id, form.values)
            messages.success(request, _("Saved."))
            return redirect("studio:arrange")
        except Invalid as error:
            form.add_errors(error)
    back = {"url": reverse("studio:arrange"), "title": _("Arrange your cards")}
    title, status = said(card.widget.label, language), 422 if form.errors else 200
    about = said(card.widget.description, language)
    return render(request, "studio/home/set_up.html", title=title, back=back, form=form, about=about, status=status)


def _board(request: StudioRequest, text: str, *, focus: str, way: Way = "earlier") -> HttpResponse:
    """The cards again. The one that changed keeps the focus, on the same button unless it is at that end now."""
    if not request.htmx:
        return redirect("studio:arrange")
    found = slots(request.actor.workspace)
    at_end = found[:1] if way == "earlier" else found[-1:]
    if focus in [slot.card.id for slot in at_end]:
        way = "later" if way == "earlier" else "earlier"
    response = partial(request, "studio/home/board.html", slots=found, focus=focus, focus_way=way)
    return toast(response, text) if text else response


def _gallery(request: StudioRequest) -> list[dict[str, Any]]:
    language = get_language() or ""
    return [
        {
            "slug": offer.slug,
            "label": said(offer.item.label, language),
            "description": said(offer.item.description, language),
            "icon": offer.item.icon,
            "plugin": said(host().manifests[offer.plugin].name, language),
        }
        for offer in queries.gallery(request.actor.workspace)
    ]
