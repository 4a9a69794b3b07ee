"""Places that a base learns from again and again: the list, connecting one, how it is, disconnecting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError, Malformed, NotFound
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import actions, loaders, queries
from frontdesk.knowledge.connections.errors import UnknownLoader
from frontdesk.knowledge.connections.items import Item
from frontdesk.knowledge.connections.queries import Progress
from frontdesk.knowledge.models import KnowledgeBase, SourceConnection
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.web import read_page
from frontdesk.sdk.words import said
from frontdesk.workspaces.permissions import require

from ..page import partial, render, studio_page
from ..paging import page_of
from ..request import StudioRequest
from ..schema_forms import SchemaForm, in_one_line
from .bases import back
from .forms import INTERVALS
from .rows import row_of

SHOWN_ITEMS = 25
LONGEST_BEGINNING = 20_000


class PlaceForm(forms.Form):
    """What is the host's about a place; the loader's own settings are a SchemaForm."""

    place_name = forms.CharField(label=gettext_lazy("What do you call it?"), max_length=120, required=False)
    interval = forms.ChoiceField(label=gettext_lazy("Look there"), required=False)
    forgets = forms.BooleanField(
        label=gettext_lazy("Delete here what is no longer there"),
        required=False,
        help_text=gettext_lazy("You can bring it back for 30 days. Without this, what was learned once stays."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.initial.get("interval") or ""
        choices = [("", _("as often as this knowledge reads web pages"))]
        choices += [(str(int(each.total_seconds())), text) for each, text in INTERVALS]
        if now not in dict(choices):
            choices.append((now, str(timedelta(seconds=int(now)))))
        self.fields["interval"].choices = choices

    @property
    def fields_of_place(self) -> dict[str, Any]:
        data = self.cleaned_data
        interval = timedelta(seconds=int(data["interval"])) if data["interval"] else None
        return {"name": data["place_name"], "interval": interval, "forgets": data["forgets"]}


@dataclass(frozen=True, slots=True)
class Place:
    """A connected place as the pages show it. `kind` is its loader's label, as far as that is known."""

    row: SourceConnection
    progress: Progress
    kind: str
    icon: str = "cloud_sync"


def _place(row: SourceConnection) -> Place:
    offer = loaders.known(row.loader)
    return Place(row, queries.progress(row), said(offer.item.label, get_language() or "") if offer else row.loader)


@require_GET
@studio_page()
def listing(request: StudioRequest, uuid: UUID) -> HttpResponse:
    base = knowledge.base(uuid)
    places = [_place(row) for row in queries.connections_of(base)]
    context = {
        "base": base,
        "tab": "places",
        "places": places,
        "busy": any(place.progress.busy for place in places),
        "loaders": [offer.item for offer in loaders.available(request.actor.workspace)],
    }
    return render(request, "studio/knowledge/connections/list.html", title=base.name, back=back(), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("edit_knowledge")
def new(request: StudioRequest, uuid: UUID, loader: str) -> HttpResponse:
    base, offer = knowledge.base(uuid), _offer(request, loader)
    form = _settings_form(request, offer)
    label = said(offer.item.label, get_language() or "")
    place_form = PlaceForm(_data(request), initial={"place_name": label, "forgets": offer.item.lists_all})
    if form.is_valid() and place_form.is_valid():
        try:
            made = actions.connect(request.actor, base, loader, form.values, **place_form.fields_of_place)
        except FrontdeskError as error:
            form.add_errors(error)
        else:
            messages.success(request, _("Connected. It is looked at now."))
            return redirect("studio:place", made.uuid)
    context = {"base": base, "loader": offer.item, "form": form, "place_form": place_form}
    context |= {"test_url": reverse("studio:place_test", args=[uuid, loader]), "back": _back_to(base)}
    return render(request, "studio/knowledge/connections/new.html", title=label, status=_status(form, place_form), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page()
def place(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What was learned there, how it is, and its settings as long as its plugin is on."""
    found = queries.connection(uuid)
    if request.method == "POST":
        return _save(request, found)
    return _page(request, found, *_forms(request, found))


def _save(request: StudioRequest, found: SourceConnection) -> HttpResponse:
    require(request.actor, "edit_knowledge")
    form, place_form = _forms(request, found)
    if place_form.is_valid() and (form is None or form.is_valid()):
        try:
            actions.change(request.actor, found, form.values if form else None, **place_form.fields_of_place)
        except FrontdeskError as error:
            if form is None:
                raise
            form.add_errors(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:place", found.uuid)
    return _page(request, found, form, place_form)


def _page(request: StudioRequest, found: SourceConnection, form: SchemaForm | None, place_form: PlaceForm) -> HttpResponse:
    page = page_of(request, queries.sources(found), size=SHOWN_ITEMS)
    context = {"place": _place(found), "page": page, "rows": [row_of(source) for source in page.rows], "base": found.base}
    context |= {"form": form, "place_form": place_form, "back": _back_to(found.base)}
    if form is not None:
        context["test_url"] = reverse("studio:place_try", args=[found.uuid])
    return render(
        request, "studio/knowledge/connections/place.html", title=found.name, status=_status(form, place_form), **context
    )


def _forms(request: StudioRequest, found: SourceConnection) -> tuple[SchemaForm | None, PlaceForm]:
    """Without the loader's own settings while its plugin is off."""
    seconds = str(int(found.interval.total_seconds())) if found.interval is not None else ""
    initial = {"place_name": found.name, "interval": seconds, "forgets": found.forgets}
    place_form = PlaceForm(_data(request), initial=initial)
    try:
        return _settings_form(request, _offer(request, found.loader), found), place_form
    except NotFound:
        return None, place_form


@require_GET
@studio_page()
def state(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Asked for every second while the place is looked at; once that is over, the page is loaded anew."""
    found = _place(queries.connection(uuid))
    response = partial(request, "studio/knowledge/connections/state.html", place=found)
    if not found.progress.busy:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@sensitive_post_parameters()
@studio_page("edit_knowledge")
def test_new(request: StudioRequest, uuid: UUID, loader: str) -> HttpResponse:
    """What stands in the form, before anything is saved."""
    knowledge.base(uuid)
    return _tested(request, _offer(request, loader), None)


@require_POST
@sensitive_post_parameters()
@studio_page("edit_knowledge")
def test_again(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.connection(uuid)
    return _tested(request, _offer(request, found.loader), found)


def _tested(request: StudioRequest, offer: Offer, found: SourceConnection | None) -> HttpResponse:
    form = _settings_form(request, offer, found)
    items: list[tuple[Item, str]] = []
    if form.is_valid():
        try:
            items = [
                (item, _beginning(item)) for item in actions.preview(request.actor, offer.slug, form.values, connection=found)
            ]
        except FrontdeskError as error:
            form.add_errors(error)
    problem = in_one_line(form) if form.errors else ""
    return partial(request, "studio/knowledge/connections/tested.html", items=items, problem=problem)


def _beginning(item: Item) -> str:
    text = item.text[:LONGEST_BEGINNING]
    return read_page(text).text if item.media_type == "text/html" else text


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One of the small changes, named by the button `do`."""
    found = queries.connection(uuid)
    match request.POST.get("do"):
        case "refresh":
            actions.refresh(request.actor, found)
            messages.success(request, _("It is looked at now."))
        case "stop":
            actions.stop(request.actor, found)
            messages.success(request, _("Stopped. What was found so far is learned."))
        case _:
            raise Malformed
    return redirect("studio:place", uuid)


@require_POST
@studio_page("edit_knowledge")
def disconnect(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.connection(uuid)
    keep = request.POST.get("learned") != "delete"
    actions.disconnect(request.actor, found, keep=keep)
    if keep:
        sentence = _("“%(name)s” is disconnected. What was learned stays.")
    else:
        sentence = _("“%(name)s” is disconnected. What was learned there is deleted; you can bring it back for 30 days.")
    messages.success(request, sentence % {"name": found.name})
    return redirect("studio:base_places", found.base.uuid)


def _offer(request: StudioRequest, slug: str) -> Offer:
    try:
        return loaders.chosen(request.actor.workspace, slug)
    except UnknownLoader as error:
        raise NotFound(error.message) from error


def _settings_form(request: StudioRequest, offer: Offer, found: SourceConnection | None = None) -> SchemaForm:
    kept = [name for name, value in found.secrets.items() if value] if found else ()
    initial = found.settings if found else None
    return SchemaForm(
        offer.item.config_model, _data(request), workspace=request.actor.workspace, initial=initial, kept_secrets=kept
    )


def _data(request: StudioRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _status(*of: forms.Form | None) -> int:
    return 422 if any(form is not None and form.errors for form in of) else 200


def _back_to(base: KnowledgeBase) -> dict[str, str]:
    return {"url": reverse("studio:base_places", args=[base.uuid]), "title": base.name}
