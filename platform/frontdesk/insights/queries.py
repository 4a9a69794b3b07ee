"""Which cards stand on Home, and which could."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.plugins import activation
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.widgets import AnalyticsWidget
from frontdesk.workspaces.models import Workspace

from .errors import CardNotFound
from .models import Board

KIND = "analytics_widgets"
AT_FIRST = (
    "conversations_by_day",
    "solved_by_ai",
    "answer_speed",
    "feedback",
    "unanswered_questions",
    "top_sources",
    "busiest_hours",
    "credits_spent",
)
"""What a new workspace sees. Their ids are their slugs."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card where the owner put it. `offer` is None while its plugin is off, or gone."""

    id: str
    slug: str
    settings: Mapping[str, Any]
    offer: Offer | None

    @property
    def widget(self) -> type[AnalyticsWidget] | None:
        return self.offer.item if self.offer else None

    @property
    def can_be_set_up(self) -> bool:
        return self.widget is not None and bool(self.widget.config_model.model_fields)


def cards(workspace: Workspace) -> list[Card]:
    """In the owner's order, those of plugins that are off included. Two queries."""
    offers = {offer.slug: offer for offer in gallery(workspace)}
    return [Card(entry["id"], entry["widget"], entry["settings"], offers.get(entry["widget"])) for entry in entries(_board())]


def card(workspace: Workspace, card_id: str) -> Card:
    """Raises CardNotFound, also while its plugin is off."""
    found = next((each for each in cards(workspace) if each.id == card_id and each.offer is not None), None)
    if found is None:
        raise CardNotFound
    return found


def gallery(workspace: Workspace) -> Sequence[Offer]:
    """What plugins that are on here offer, by name."""
    active = activation.active(workspace)
    offers = [offer for offer in host().offers(KIND).values() if offer.plugin in active]
    return sorted(offers, key=lambda offer: str(offer.item.label).casefold())


def entries(board: Board | None) -> list[dict[str, Any]]:
    """The cards of a board as it keeps them; those of a new workspace where there is none."""
    if board is None:
        return [{"id": slug, "widget": slug, "settings": {}} for slug in AT_FIRST]
    return board.cards


def _board() -> Board | None:
    return Board.objects.first()
