"""Looks of chats and public pages: a folder with `theme.toml`, `tokens.css` and `preview.png`, named as the theme.

A theme is a light and a dark set of tokens. The widget gets them as JSON, public pages as the custom properties of `tokens.css`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .manifest import SLUG

SHAPE = ("radius", "radius_small", "font")
COLORS = (
    "primary",
    "on_primary",
    "secondary",
    "on_secondary",
    "background",
    "surface",
    "on_surface",
    "muted",
    "border",
    "outline",
    "bubble_agent",
    "on_bubble_agent",
    "bubble_visitor",
    "on_bubble_visitor",
    "link",
    "danger",
)
# What is written on what, and the least contrast for it: WCAG 2.2, 1.4.3 for text and 1.4.11 for the edge of a field.
PAIRS = (
    ("on_primary", "primary", 4.5),
    ("on_secondary", "secondary", 4.5),
    ("on_surface", "surface", 4.5),
    ("on_surface", "background", 4.5),
    ("on_bubble_agent", "bubble_agent", 4.5),
    ("on_bubble_visitor", "bubble_visitor", 4.5),
    ("muted", "surface", 4.5),
    ("muted", "background", 4.5),
    ("muted", "bubble_agent", 4.5),
    ("link", "surface", 4.5),
    ("link", "background", 4.5),
    ("link", "bubble_agent", 4.5),
    ("danger", "surface", 4.5),
    ("primary", "surface", 3.0),
    ("outline", "surface", 3.0),
)
_HEX = re.compile(r"#[0-9a-f]{6}")
_LENGTH = re.compile(r"\d+(\.\d+)?(px|rem)")
_FONT = re.compile(r"[\w ,.'-]+")


class ThemeError(ValueError):
    """A theme's folder cannot be used; the sentence says which token is wrong."""


@dataclass(frozen=True, slots=True)
class Theme:
    """`tokens` is {"light": {token: CSS value}, "dark": {…}}, both complete."""

    slug: str
    name: str
    description: str
    tokens: dict[str, dict[str, str]]
    folder: Path

    @property
    def preview(self) -> Path:
        return self.folder / "preview.png"

    @property
    def stylesheet(self) -> Path:
        return self.folder / "tokens.css"


def load(folder: Path) -> Theme:
    """Read and check one theme. Raises ThemeError with a sentence for its author."""
    if not SLUG.match(folder.name):
        raise ThemeError(f"{folder.name}: a theme's folder is named with lower-case letters, digits and underscores.")
    try:
        data = tomllib.loads((folder / "theme.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ThemeError(f"{folder.name}: theme.toml cannot be read ({error}).") from error
    shape = _tokens(folder.name, data, "shape", SHAPE)
    tokens = {scheme: _tokens(folder.name, data, scheme, COLORS) | shape for scheme in ("light", "dark")}
    theme = Theme(folder.name, str(data.get("name", "")), str(data.get("description", "")), tokens, folder)
    if not theme.name or not theme.description:
        raise ThemeError(f"{folder.name}: name and description must be filled in.")
    if weak := weak_pairs(theme):
        raise ThemeError(f"{folder.name}: hard to read: {'; '.join(weak)}.")
    if not theme.preview.is_file():
        raise ThemeError(f"{folder.name}: there is no preview.png.")
    return theme


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two #rrggbb colors, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def weak_pairs(theme: Theme) -> list[str]:
    """The pairs of PAIRS that fall short, as words."""
    return [
        f"{scheme} {text} on {ground} is {ratio:.2f}, must be {least}"
        for scheme, tokens in theme.tokens.items()
        for text, ground, least in PAIRS
        if (ratio := contrast(tokens[text], tokens[ground])) < least
    ]


def css(theme: Theme) -> str:
    """The text of `tokens.css`. `data-scheme` on the root element goes before the visitor's system."""
    dark = {key: theme.tokens["dark"][key] for key in COLORS}
    return (
        f"/* {theme.name}: made from theme.toml. */\n"
        f":root {{\n{_properties(theme.tokens['light'], 2)}  color-scheme: light;\n}}\n\n"
        f"@media (prefers-color-scheme: dark) {{\n"
        f'  :root:not([data-scheme="light"]) {{\n{_properties(dark, 4)}    color-scheme: dark;\n  }}\n}}\n\n'
        f':root[data-scheme="dark"] {{\n{_properties(dark, 2)}  color-scheme: dark;\n}}\n'
    )


def _properties(tokens: dict[str, str], indent: int) -> str:
    return "".join(f"{' ' * indent}--fd-{key.replace('_', '-')}: {value};\n" for key, value in tokens.items())


def _tokens(slug: str, data: dict[str, object], table: str, names: tuple[str, ...]) -> dict[str, str]:
    given = data.get(table)
    if not isinstance(given, dict) or set(given) != set(names):
        raise ThemeError(f"{slug}: [{table}] must have exactly these tokens: {', '.join(names)}.")
    for name in names:
        if not isinstance(given[name], str) or not _pattern(name).fullmatch(given[name]):
            raise ThemeError(f"{slug}: [{table}] {name} is not a value that can be used: {given[name]!r}.")
    return {name: given[name] for name in names}


def _pattern(name: str) -> re.Pattern[str]:
    if name == "font":
        return _FONT
    return _LENGTH if name.startswith("radius") else _HEX


def _luminance(color: str) -> float:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
