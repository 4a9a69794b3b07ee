"""Arranging the cards of Home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

from django.db import transaction

from frontdesk.core.events import emit
from frontdesk.plugins import config
from frontdesk.plugins.offers import Offer
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from .errors import BoardFull, CardNotFound
from .models import Board
from .queries import entries, gallery

MOST_CARDS = 24
# So many that were taken away can be put back.
KEPT = 10


@transaction.atomic
def add(actor: Actor, slug: str) -> str:
    """Put a card at the end; gives its id. Raises CardNotFound for what no plugin that is on here offers, and BoardFull."""
    offer = _offer(actor.workspace, slug)
    board = _locked(actor)
    if len(board.cards) >= MOST_CARDS:
        raise BoardFull
    settings, _secrets = config.split(offer.item.config_model, {}, kept={})
    card = {"id": uuid4().hex, "widget": slug, "settings": settings}
    board.cards.append(card)
    _save(actor, board, "card.added", slug)
    return card["id"]


@transaction.atomic
def move(actor: Actor, card_id: str, by: Literal[-1, 1]) -> int:
    """One place earlier or later; at the end it stays. Gives its place, from 0."""
    board = _locked(actor)
    card = _find(board, card_id)
    place = board.cards.index(card)
    target = max(0, min(place + by, len(board.cards) - 1))
    board.cards.insert(target, board.cards.pop(place))
    _save(actor, board, "card.moved", card["widget"])
    return target


@transaction.atomic
def set_up(actor: Actor, card_id: str, values: Mapping[str, Any]) -> None:
    """Raises Invalid with one entry a field."""
    board = _locked(actor)
    card = _find(board, card_id)
    offer = _offer(actor.workspace, card["widget"])
    card["settings"], _secrets = config.split(offer.item.config_model, values, kept={})
    _save(actor, board, "card.set_up", card["widget"])


@transaction.atomic
def remove(actor: Actor, card_id: str) -> None:
    """Take a card away. `restore` puts it back."""
    board = _locked(actor)
    card = _find(board, card_id)
    place = board.cards.index(card)
    board.cards.remove(card)
    board.removed = [*board.removed, {**card, "place": place}][-KEPT:]
    _save(actor, board, "card.removed", card["widget"])


@transaction.atomic
def restore(actor: Actor, card_id: str) -> None:
    """Put a card back to where it was."""
    board = _locked(actor)
    card = next((each for each in board.removed if each["id"] == card_id), None)
    if card is None:
        raise CardNotFound
    if len(board.cards) >= MOST_CARDS:
        raise BoardFull
    board.removed.remove(card)
    board.cards.insert(card.pop("place"), card)
    _save(actor, board, "card.restored", card["widget"])


def _locked(actor: Actor) -> Board:
    """The workspace's board; a first one is what everybody sees at first."""
    require(actor, "manage_workspace")
    Board.objects.get_or_create(workspace=actor.workspace, defaults={"cards": entries(None)})
    return Board.objects.select_for_update(of=("self",)).get()


def _find(board: Board, card_id: str) -> dict[str, Any]:
    found = next((card for card in board.cards if card["id"] == card_id), None)
    if found is None:
        raise CardNotFound
    return found


def _offer(workspace: Workspace, slug: str) -> Offer:
    found = next((offer for offer in gallery(workspace) if offer.slug == slug), None)
    if found is None:
        raise CardNotFound
    return found


def _save(actor: Actor, board: Board, verb: str, widget: str) -> None:
    board.save()
    audit.record(actor, verb, widget)
    emit(actor.workspace.uuid, "board.changed")
