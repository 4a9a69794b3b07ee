"""The Studio in the colour of the workspace's theme: every shade can be read, by day and by night."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontdesk.sdk.themes import contrast
from frontdesk.surfaces.site import themes
from frontdesk.surfaces.studio import accent, oklch

HUES = ["#0f766e", "#2563eb", "#5b3fd6", "#7a3e1d", "#b91c1c", "#be185d", "#4d7c0f", "#000000", "#6b7280", "#facc15", "#22d3ee"]


def in_color(primary: str, on_primary: str = "#ffffff") -> themes.Theme:
    light = themes.default().tokens["light"] | {"primary": primary, "on_primary": on_primary}
    return replace(themes.default(), tokens=themes.default().tokens | {"light": light})


def check(shades: dict[str, str], grounds: tuple[str, ...]) -> None:
    assert contrast(shades["--s-on-accent"], shades["--s-accent"]) >= 4.5
    assert contrast(shades["--s-on-accent"], shades["--s-accent-hover"]) >= 4.5
    for ground in (*grounds, shades["--s-tint"]):
        assert contrast(shades["--s-link"], ground) >= 4.5


@pytest.mark.parametrize("primary", HUES)
def test_every_colour_becomes_readable(primary: str) -> None:
    on_primary = "#ffffff" if contrast("#ffffff", primary) >= 4.5 else "#000000"
    theme = in_color(primary, on_primary)
    check(accent.by_day(theme), accent.DAY)
    check(accent.by_night(theme), accent.NIGHT)
    assert contrast(accent.by_day(theme)["--s-accent"], "#ffffff") >= 3


def test_the_themes_own_colour_is_used_where_it_can_be_seen() -> None:
    assert accent.by_day(in_color("#2563eb"))["--s-accent"] == "#2563eb"
    assert accent.by_day(in_color("#facc15", "#000000"))["--s-accent"] != "#facc15"


@pytest.mark.django_db
def test_each_look_has_its_accent(client) -> None:
    sheets = {slug: client.get(f"/studio/accent/{slug}.css").content.decode() for slug in themes.installed()}
    assert len(set(sheets.values())) == len(sheets) >= 4
    assert "--s-accent: #2563eb;" in sheets["ocean_professional"]
    assert all("html.dark" in sheet and "--color-primary-600" in sheet for sheet in sheets.values())


@pytest.mark.parametrize("color", HUES)
def test_there_and_back(color: str) -> None:
    assert oklch.to_hex(*oklch.from_hex(color)) == color


def test_a_colour_that_no_screen_shows_keeps_its_lightness_and_hue() -> None:
    lightness, _chroma, hue = oklch.from_hex(oklch.to_hex(0.6, 0.4, 150))
    assert lightness == pytest.approx(0.6, abs=0.01)
    assert hue == pytest.approx(150, abs=2)
