"""What every card must do. A plugin's tests name the module, and all its cards are tried:

    class TestCards(WidgetContract):
        module = "frontdesk_cards.plugin"
        languages = ("en", "ar")

Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, SecretStr

from ..manifest import SLUG, Manifest
from ..widgets import AnalyticsWidget, View, checked
from ..words import said
from .context import context_for
from .figures import PlayedFigures

SECONDS = 5.0
MOST_FIGURES = 12


class WidgetContract:
    """What the cards of a plugin owe the host."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_cards.plugin"."""
    languages: ClassVar[tuple[str, ...]] = ("en",)
    """Those that the plugin speaks; the first is the one it is written in."""

    @pytest.fixture
    def manifest(self) -> Manifest:
        return import_module(self.module).manifest()

    def cards(self) -> list[type[AnalyticsWidget]]:
        """All that the plugin offers."""
        return list(import_module(self.module).register_analytics_widgets())

    def test_the_plugin_asks_for_figures(self, manifest: Manifest) -> None:
        assert self.cards()
        assert "figures" in manifest.permissions.data

    def test_each_card_has_a_name_of_its_own(self) -> None:
        offered = self.cards()
        assert len({card.slug for card in offered}) == len(offered)
        for card in offered:
            assert SLUG.fullmatch(card.slug)
            assert card.label and card.description and card.icon

    def test_each_card_can_stand_on_the_page_before_it_is_set_up(self) -> None:
        for card in self.cards():
            assert isinstance(card.config_model(), BaseModel), f"{card.slug}: give each field a default"
            secret = [name for name, field in card.config_model.model_fields.items() if field.annotation is SecretStr]
            assert not secret, f"{card.slug}: secrets belong to the plugin's own config"

    @pytest.mark.parametrize("empty", [True, False], ids=["nothing yet", "much"])
    async def test_each_card_draws(self, manifest: Manifest, empty: bool) -> None:
        for card, language in self._each():
            figures = PlayedFigures(empty=empty, data=manifest.permissions.data)
            view = await draw(card, figures, manifest, language)
            assert figures.asked <= MOST_FIGURES, f"{card.slug} asks for {figures.asked} figures"
            assert any(texts(view)), f"{card.slug} says nothing"

    async def test_each_card_speaks_every_language(self, manifest: Manifest) -> None:
        first, *others = self.languages
        for card in self.cards():
            for language in others:
                assert said(card.label, language) != card.label, f"the label of {card.slug} is not in {language}"
                assert said(card.description, language) != card.description, (
                    f"the description of {card.slug} is not in {language}"
                )
                for empty in (True, False):
                    figures = PlayedFigures(empty=empty, data=manifest.permissions.data)
                    here = texts(await draw(card, figures, manifest, first))
                    there = texts(await draw(card, figures, manifest, language))
                    same = [text for text in here & there if text]
                    assert not same, f"{card.slug} says {same} in {language}"

    def _each(self) -> Iterator[tuple[type[AnalyticsWidget], str]]:
        for card in self.cards():
            for language in (*self.languages, "", "xx"):
                yield card, language


async def draw(card: type[AnalyticsWidget], figures: PlayedFigures, manifest: Manifest, language: str, **chosen: Any) -> View:
    """What a card shows, in the time that the host gives it. Raises as the host would refuse it."""
    settings = card.config_model(**chosen)
    context = context_for(manifest, settings, language=language, time_zone="Europe/Berlin")
    async with asyncio.timeout(SECONDS):
        return checked(await card().look(figures, context))


def texts(view: View) -> set[str]:
    """What a card says of itself, without the names that the figures brought along."""
    return {str(getattr(view, name, "")) for name in ("caption", "empty", "text", "link_text")}
