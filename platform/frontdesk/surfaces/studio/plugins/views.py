"""Plugins: the gallery, and a plugin's own page with its set-up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.plugins import actions, oauth, queries
from frontdesk.plugins.queries import Card
from frontdesk.workspaces.permissions import require

from ..page import partial, render, studio_page
from ..request import StudioRequest
from ..schema_forms import SchemaForm, in_one_line
from . import words


@require_safe
@studio_page()
def gallery(request: StudioRequest) -> HttpResponse:
    search = request.GET.get("words", "").strip()[:100]
    cards = queries.gallery(request.actor.workspace, search=search)
    context = {
        "rows": [(card, words.state(card), words.quality(card), words.in_short(card), _asked(card)) for card in cards],
        "words": search,
    }
    if request.htmx:
        return partial(request, "studio/plugins/found.html", **context)
    return render(request, "studio/plugins/gallery.html", title=_("Plugins"), broken=queries.broken(), **context)


def _asked(card: Card) -> list[words.Ask]:
    return words.asks(card.manifest.permissions, card)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@studio_page()
def plugin(request: StudioRequest, slug: str) -> HttpResponse:
    """What it is, and its set-up."""
    card = queries.card(request.actor.workspace, slug)
    form = form_of(request, card)
    if request.method == "POST":
        require(request.actor, "manage_plugins")
        if saved(request, card, form):
            messages.success(request, _("%(name)s is set up.") % {"name": card.manifest.name})
            return redirect("studio:plugin", slug)
    return page(request, card, form)


def page(request: StudioRequest, card: Card, form: SchemaForm, *, status: int = 200) -> HttpResponse:
    """A plugin's page."""
    context: dict[str, Any] = {
        "card": card,
        "form": form,
        "state": words.state(card),
        "quality": words.quality(card),
        "asks": _asked(card),
        "new": words.asks(card.asks, card),
        "offered": words.offered(card),
        "can_test": hasattr(card.manifest.config, "check"),
        "callback_url": oauth.callback_url(card.manifest.slug),
        "back": {"url": reverse("studio:plugins"), "title": _("Plugins")},
    }
    status = 422 if form.errors else status
    return render(request, "studio/plugins/plugin.html", title=card.manifest.name, status=status, **context)


def form_of(request: StudioRequest, card: Card) -> SchemaForm:
    """Its settings. A plugin that only connects an account has none, and is saved all the same."""
    return SchemaForm(
        card.manifest.config,
        request.POST if request.method == "POST" else None,
        workspace=request.actor.workspace,
        initial=card.row.settings if card.row else None,
        kept_secrets=[name for name, value in card.row.secrets.items() if value] if card.row else (),
    )


def saved(request: StudioRequest, card: Card, form: SchemaForm) -> bool:
    """Save what stands in the form; what is wrong with it stands beside its fields afterwards."""
    if not form.is_valid():
        return False
    try:
        actions.configure(request.actor, card.manifest.slug, form.values)
    except Invalid as error:
        form.add_errors(error)
        return False
    return True


@require_POST
@sensitive_post_parameters()
@studio_page("manage_plugins")
def test(request: StudioRequest, slug: str) -> HttpResponse:
    """Try what stands in the form, saved or not."""
    form = form_of(request, queries.card(request.actor.workspace, slug))
    said = ""
    if form.is_valid():
        try:
            said = actions.test_setup(request.actor, slug, form.values)
        except FrontdeskError as error:
            form.add_errors(error)
    problem = in_one_line(form) if form.errors else ""
    return partial(request, "studio/settings/tested.html", said=problem or said, kind="bad" if problem else "good")
