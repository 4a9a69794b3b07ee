"""Turning a plugin on with consent, turning it off, and its account at a vendor."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import Conflict, Malformed
from frontdesk.plugins import actions, queries
from frontdesk.plugins.activation import State
from frontdesk.plugins.errors import ConnectionRefused, ConsentOutdated
from frontdesk.plugins.queries import Card
from frontdesk.sdk.manifest import Permissions

from ..page import render, studio_page
from ..request import SESSION_KEY, StudioRequest
from . import words
from .dependents import dependents
from .views import form_of, page, saved

SALT = "frontdesk.studio.consent"


def _back(card: Card) -> dict[str, Any]:
    return {"url": reverse("studio:plugin", args=[card.manifest.slug]), "title": card.manifest.name}


@require_http_methods(["GET", "POST"])
@studio_page("manage_plugins")
def turn_on(request: StudioRequest, slug: str) -> HttpResponse:
    """The consent: what is agreed to is what was shown, which comes back with the form."""
    card = queries.card(request.actor.workspace, slug)
    problem = ""
    if request.method == "POST":
        try:
            actions.turn_on(request.actor, slug, agreed=_agreed(request, slug))
        except ConsentOutdated as error:
            problem = str(error.message)
        else:
            return _turned_on(request, slug)
    context = {
        "card": card,
        "problem": problem,
        "new": words.asks(card.asks, card) if card.state is State.PAUSED else [],
        "asks": words.asks(card.manifest.permissions, card),
        "shown": signing.dumps(card.manifest.permissions.as_json(), salt=f"{SALT}.{slug}"),
    }
    title = _("Turn on %(name)s") % {"name": card.manifest.name}
    status = 409 if problem else 200
    return render(request, "studio/plugins/turn_on.html", title=title, back=_back(card), status=status, **context)


def _agreed(request: StudioRequest, slug: str) -> Permissions:
    """What was shown, as this plugin's page had it."""
    try:
        return Permissions.of(signing.loads(request.POST.get("agreed", ""), salt=f"{SALT}.{slug}"))
    except signing.BadSignature:
        raise Malformed from None


def _turned_on(request: StudioRequest, slug: str) -> HttpResponse:
    card = queries.card(request.actor.workspace, slug)
    if card.state is State.INCOMPLETE or card.needs_account:
        messages.info(request, _("%(name)s works as soon as it is set up below.") % {"name": card.manifest.name})
    else:
        messages.success(request, _("%(name)s is on.") % {"name": card.manifest.name})
    return redirect("studio:plugin", slug)


@require_http_methods(["GET", "POST"])
@studio_page("manage_plugins")
def turn_off(request: StudioRequest, slug: str) -> HttpResponse:
    """What depends on it first, then whether its data is kept."""
    card = queries.card(request.actor.workspace, slug)
    if request.method == "POST":
        actions.turn_off(request.actor, slug, forget=request.POST.get("data") == "forget")
        messages.success(request, _("%(name)s is off.") % {"name": card.manifest.name})
        return redirect("studio:plugin", slug)
    context = {"card": card, "dependents": dependents(card, request.actor.workspace)}
    title = _("Turn off %(name)s") % {"name": card.manifest.name}
    return render(request, "studio/plugins/turn_off.html", title=title, back=_back(card), **context)


@require_POST
@studio_page("manage_plugins")
def change(request: StudioRequest, slug: str) -> HttpResponse:
    """One of the small changes, named by the button `do`."""
    card = queries.card(request.actor.workspace, slug)
    match request.POST.get("do"):
        case "again":
            actions.forget_incidents(request.actor, slug)
            messages.success(request, _("%(name)s is tried again from now on.") % {"name": card.manifest.name})
        case "disconnect":
            told = actions.disconnect(request.actor, slug)
            messages.success(request, _disconnected(card, told=told))
        case _:
            raise Malformed
    return redirect("studio:plugin", slug)


def _disconnected(card: Card, *, told: bool) -> str:
    vendor = card.manifest.oauth.label if card.manifest.oauth else ""
    if told:
        return _("%(vendor)s is disconnected.") % {"vendor": vendor}
    return _("%(vendor)s is disconnected here. It could not be told; you can end the access in your account there, too.") % {
        "vendor": vendor
    }


@require_POST
@sensitive_post_parameters()
@studio_page("manage_plugins")
def connect(request: StudioRequest, slug: str) -> HttpResponse:
    """Save the set-up, then show the way to the vendor: a link, for the policy lets no form lead elsewhere."""
    card = queries.card(request.actor.workspace, slug)
    form = form_of(request, card)
    if not saved(request, card, form):
        return page(request, card, form)
    try:
        url = actions.connect(request.actor, slug)
    except Conflict as error:
        form.add_errors(error)
        return page(request, card, form)
    title = _("Connect %(vendor)s") % {"vendor": card.manifest.oauth.label if card.manifest.oauth else ""}
    context = {"card": card, "url": url, "host": urlsplit(url).hostname}
    return render(request, "studio/plugins/connect.html", title=title, back=_back(card), **context)


@require_GET
@studio_page()
def callback(request: StudioRequest, slug: str) -> HttpResponse:
    """`/oauth/<plugin>`: back from the vendor. Leads to the plugin's page of the workspace that the owner left from."""
    given = {name: request.GET.get(name, "")[:4_000] for name in ("state", "code", "error")}
    try:
        workspace = actions.connected(request.actor.user, slug, **given)
    except ConnectionRefused as refused:
        messages.error(request, str(refused.message))
        outcome = refused.outcome
    else:
        request.session[SESSION_KEY] = str(workspace.uuid)
        messages.success(request, _("The account is connected."))
        outcome = "connected"
    return redirect(f"{reverse('studio:plugin', args=[slug])}?connection={outcome}")
