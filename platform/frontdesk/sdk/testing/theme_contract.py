"""What every theme must be. A plugin's tests name the module, and all its themes are tried:

    class TestLooks(ThemeContract):
        module = "frontdesk_looks.plugin"

`python -m frontdesk.sdk.testing.theme_contract FOLDER` writes the tokens.css of a theme. Needs pytest.
"""

from __future__ import annotations

import struct
import sys
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from ..themes import COLORS, SHAPE, css, load, weak_pairs

MOST_PREVIEW_BYTES = 40_000
PNG = b"\x89PNG\r\n\x1a\n"


class ThemeContract:
    """What the themes of a plugin owe the host."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_looks.plugin"."""

    def folders(self) -> list[Path]:
        """All that the plugin offers."""
        return list(import_module(self.module).register_themes())

    def test_there_are_themes_each_with_a_name_of_its_own(self) -> None:
        themes = [load(folder) for folder in self.folders()]
        assert themes
        assert len({theme.slug for theme in themes}) == len(themes)
        assert len({theme.name for theme in themes}) == len(themes)

    def test_every_token_is_there_in_light_and_dark(self) -> None:
        for folder in self.folders():
            tokens = load(folder).tokens
            assert {scheme: set(tokens[scheme]) for scheme in tokens} == dict.fromkeys(("light", "dark"), {*COLORS, *SHAPE})

    def test_everybody_can_read_it(self) -> None:
        for folder in self.folders():
            assert weak_pairs(load(folder)) == []

    def test_the_stylesheet_says_what_the_tokens_say(self) -> None:
        for folder in self.folders():
            theme = load(folder)
            assert theme.stylesheet.read_text(encoding="utf-8") == css(theme), f"write {theme.slug}/tokens.css anew"

    def test_the_preview_is_a_small_picture(self) -> None:
        for folder in self.folders():
            preview = load(folder).preview.read_bytes()
            assert preview.startswith(PNG)
            assert len(preview) < MOST_PREVIEW_BYTES
            width, height = struct.unpack(">II", preview[16:24])
            assert width >= 2 * height / 3, f"the preview of {folder.name} is {width} by {height}"


if __name__ == "__main__":
    chosen = Path(sys.argv[1]).resolve()
    (chosen / "tokens.css").write_text(css(load(chosen)), encoding="utf-8")
