"""The cards of Home: each one loads on its own, so that a plugin that is slow or broken hurts its own card only."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from frontdesk.core.errors import Invalid
from frontdesk.core.threads import in_thread
from frontdesk.insights import looking, queries
from frontdesk.insights.queries import Card
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.host import host
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.words import said
from frontdesk.workspaces.models import Workspace

from ..page import partial, studio_page
from ..request import StudioRequest
from .drawing import Drawing, draw


@dataclass(frozen=True, slots=True)
class Slot:
    """A card's place on the page. `drawing` is None until it was asked for; `off` when its plugin is."""

    card: Card
    label: str
    description: str
    icon: str
    wide: bool
    off: bool
    drawing: Drawing | None


def slots(workspace: Workspace) -> list[Slot]:
    """In the owner's order; what was drawn less than a minute ago is drawn at once."""
    cards = queries.cards(workspace)
    language = get_language() or ""
    kept = looking.kept(workspace, cards, language=language)
    return [_slot(card, language, draw(kept[card.id]) if card.id in kept else None) for card in cards]


def _slot(card: Card, language: str, drawing: Drawing | None) -> Slot:
    widget = card.widget
    if widget is None:
        offer = host().offers(queries.KIND).get(card.slug)
        return Slot(card, said(offer.item.label, language) if offer else card.slug, "", "extension_off", False, True, None)
    return Slot(card, said(widget.label, language), said(widget.description, language), widget.icon, widget.wide, False, drawing)


@require_GET
@studio_page()
async def card(request: StudioRequest, card_id: str) -> HttpResponse:
    """What one card shows now."""
    workspace = request.actor.workspace
    found = await in_thread(queries.card, workspace, card_id)
    try:
        view = await looking.look(workspace, found, language=get_language() or "")
    except (PluginError, PluginFailed) as error:
        return partial(request, "studio/home/views/failed.html", reason=str(error))
    except Invalid:
        return partial(request, "studio/home/views/outdated.html", card=found)
    return partial(request, "studio/home/body.html", drawing=draw(view))
