"""Asking a plugin what its card shows now. What it gave is kept for a minute."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence

from django.core.cache import cache
from pydantic import BaseModel, ValidationError
from redis import RedisError

from frontdesk.core.threads import in_thread
from frontdesk.plugins import calling, config
from frontdesk.plugins.capabilities import context, manifest_of
from frontdesk.sdk.context import Context
from frontdesk.sdk.widgets import AnalyticsWidget, View, checked
from frontdesk.workspaces.models import Workspace

from .figures import WorkspaceFigures
from .queries import Card

logger = logging.getLogger(__name__)

KEPT_SECONDS = 60
# Longer than any card needs; the page is there already and waits for this card only.
SECONDS = 5.0


async def look(workspace: Workspace, card: Card, *, language: str) -> View:
    """What a card shows. Raises PluginFailed, a PluginError that the plugin meant, or Invalid for settings that do not fit."""
    if card.offer is None:
        raise ValueError(f"the plugin of the card {card.slug} is off")
    key = _key(workspace, card, language)
    kept = await in_thread(_kept, [key])
    if key in kept:
        return kept[key]
    handed, figures = await in_thread(_handed, workspace, card, language)
    view = await calling.call(
        card.offer.plugin, f"card {card.slug}", _look, card.offer.item, figures, handed, seconds=SECONDS, workspace=workspace.uuid
    )
    await in_thread(_keep, key, view)
    return view


def kept(workspace: Workspace, cards: Sequence[Card], *, language: str) -> dict[str, View]:
    """Card id → what it showed less than a minute ago. Asks no plugin."""
    keys = {card.id: _key(workspace, card, language) for card in cards if card.offer is not None}
    found = _kept(list(keys.values()))
    return {card_id: found[key] for card_id, key in keys.items() if key in found}


async def _look(widget: type[AnalyticsWidget], figures: WorkspaceFigures, handed: Context) -> View:
    """In the plugin's thread, so that a view that cannot be drawn counts as the plugin's failure."""
    return checked(await widget().look(figures, handed))


def _handed(workspace: Workspace, card: Card, language: str) -> tuple[Context, WorkspaceFigures]:
    assert card.offer is not None
    settings = _settings(card.offer.item.config_model, card)
    manifest = manifest_of(card.offer.plugin)
    return context(workspace, card.offer.plugin, settings, language=language), WorkspaceFigures(workspace, manifest)


def _settings(model: type[BaseModel], card: Card) -> BaseModel:
    try:
        return model.model_validate(card.settings)
    except ValidationError as error:
        raise config.invalid(error) from error


def _key(workspace: Workspace, card: Card, language: str) -> str:
    """Other settings, another language or another version of the plugin is another card."""
    assert card.offer is not None
    version = manifest_of(card.offer.plugin).version
    told = json.dumps([card.offer.plugin, version, card.slug, card.settings, language, workspace.time_zone], sort_keys=True)
    return f"card:{workspace.pk}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _kept(keys: list[str]) -> dict[str, View]:
    try:
        return cache.get_many(keys) if keys else {}
    except RedisError:
        logger.warning("cards cannot be kept: the Redis-protocol server does not answer")
        return {}


def _keep(key: str, view: View) -> None:
    try:
        cache.set(key, view, KEPT_SECONDS)
    except RedisError:
        logger.warning("a card could not be kept", exc_info=True)
