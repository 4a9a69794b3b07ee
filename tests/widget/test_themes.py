"""Every theme can be read, is complete, and is the same in all its forms."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frontdesk.surfaces.site import themes

SLUGS = sorted(path.name for path in themes.FOLDER.iterdir() if path.is_dir())


def test_the_folder_has_the_promised_looks():
    available = themes.available()
    assert set(available) == set(SLUGS)
    assert next(iter(available)) == "calm"
    assert available["ocean_professional"].tokens["light"]["primary"] == "#2563eb"
    assert available["ocean_professional"].tokens["light"]["secondary"] == "#f59e0b"


@pytest.mark.parametrize("slug", SLUGS)
def test_text_can_be_read_in_light_and_dark(slug):
    theme = themes.load(themes.FOLDER / slug)
    assert {len(theme.tokens[scheme]) for scheme in ("light", "dark")} == {len(themes.COLORS) + len(themes.SHAPE)}
    assert themes.weak_pairs(theme) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_stylesheet_agrees_with_the_tokens(slug):
    theme = themes.load(themes.FOLDER / slug)
    assert theme.stylesheet.read_text(encoding="utf-8") == themes.css(theme)


@pytest.mark.parametrize("slug", SLUGS)
def test_preview_is_a_small_picture(slug):
    preview = (themes.FOLDER / slug / "preview.png").read_bytes()
    assert preview.startswith(b"\x89PNG")
    assert len(preview) < 40_000


def test_contrast_follows_wcag():
    assert themes.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert themes.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert themes.contrast("#2563eb", "#2563eb") == 1


def test_a_theme_that_is_gone_gives_the_default():
    assert themes.get("no-such-theme").slug == "calm"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('muted = "#586664"', 'muted = "#b8c6c4"', "muted on surface is"),
        ('muted = "#586664"', 'muted = "grey"', "muted is not a value"),
        ('muted = "#586664"', "", "exactly these tokens"),
        ('radius = "20px"', 'radius = "20px;} body{display:none"', "radius is not a value"),
        ('sans-serif"', 'sans-serif; color: red"', "font is not a value"),
        ('name = "Calm"', 'name = "Calm', "cannot be read"),
        ('name = "Calm"', "", "name and description"),
    ],
)
def test_a_bad_theme_is_refused_with_its_reason(tmp_path: Path, old, new, reason):
    folder = tmp_path / "calm"
    shutil.copytree(themes.FOLDER / "calm", folder)
    text = (folder / "theme.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "theme.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(themes.ThemeError, match=reason):
        themes.load(folder)
