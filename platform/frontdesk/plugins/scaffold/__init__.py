"""A new plugin of a kind, whose own tests pass at once."""

from __future__ import annotations

import keyword
from pathlib import Path
from string import Template

from frontdesk.sdk import preview, themes
from frontdesk.sdk.manifest import SLUG

FOLDER = Path(__file__).parent
KINDS = ("provider", "channel", "tool", "widget", "speech", "loader", "theme")


class ScaffoldError(ValueError):
    """Nothing was written; the sentence says why."""


def create(path: Path, kind: str) -> list[Path]:
    """Write a plugin into a new folder, whose name becomes its own. Gives the files. Raises ScaffoldError."""
    words = _words(path.name)
    if kind not in KINDS:
        raise ScaffoldError(f"There is no kind {kind!r}. Choose one of: {', '.join(KINDS)}.")
    if path.exists() and any(path.iterdir()):
        raise ScaffoldError(f"{path} is not empty. Name a new folder.")
    groups = [FOLDER / "all", FOLDER / kind]
    written = [_write(path, group, template, words) for group in groups for template in sorted(group.rglob("*.tmpl"))]
    for file in [file for file in written if file.name == "theme.toml"]:
        for drawn in ("tokens.css", "preview.png"):
            (file.parent / drawn).touch()
        theme = themes.load(file.parent)
        theme.stylesheet.write_text(themes.css(theme), encoding="utf-8")
        theme.preview.write_bytes(preview.draw(theme))
        written += [theme.stylesheet, theme.preview]
    return written


def _words(name: str) -> dict[str, str]:
    slug = name.lower().removeprefix("frontdesk-").replace("-", "_").replace(" ", "_").replace(".", "_")
    if not SLUG.match(slug) or keyword.iskeyword(slug):
        raise ScaffoldError(
            f"{name!r} cannot be a plugin's name. Use lower-case letters, digits and dashes, with a letter first: weather-report."
        )
    parts = slug.split("_")
    return {
        "slug": slug,
        "package": f"frontdesk_{slug}",
        "dashed": slug.replace("_", "-"),
        "name": " ".join(parts).capitalize(),
        "class": "".join(part.capitalize() for part in parts),
    }


def _write(path: Path, group: Path, template: Path, words: dict[str, str]) -> Path:
    """Templates lie as the files will, in a folder called "package" instead of the package's name."""
    inside = template.relative_to(group).with_suffix("")
    target = path / Template("/".join(words["package"] if part == "package" else part for part in inside.parts)).substitute(words)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return target
