"""Reading a theme: what is refused, and with which words. `plugins/looks/tests` hold that the bundled ones are good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frontdesk.sdk import themes

CALM = Path(__file__).parents[2] / "themes/calm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Calm to break."""
    return Path(shutil.copytree(CALM, tmp_path / "calm"))


def test_contrast_follows_wcag() -> None:
    assert themes.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert themes.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert themes.contrast("#2563eb", "#2563eb") == 1


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
def test_a_bad_theme_is_refused_with_its_reason(folder: Path, old, new, reason) -> None:
    text = (folder / "theme.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "theme.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(themes.ThemeError, match=reason):
        themes.load(folder)


@pytest.mark.parametrize(("file", "reason"), [("theme.toml", "cannot be read"), ("preview.png", "no preview.png")])
def test_a_theme_without_a_file_is_refused(folder: Path, file: str, reason: str) -> None:
    (folder / file).unlink()
    with pytest.raises(themes.ThemeError, match=reason):
        themes.load(folder)


def test_the_folders_name_must_be_a_slug(folder: Path) -> None:
    with pytest.raises(themes.ThemeError, match="lower-case letters"):
        themes.load(folder.rename(folder.with_name("My Theme")))
