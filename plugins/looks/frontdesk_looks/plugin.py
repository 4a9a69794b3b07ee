"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from frontdesk.sdk import Manifest, hookimpl

from . import __version__
from .words import phrase

PACKED = Path(__file__).parent / "themes"
# In a checkout they are where everybody looks for them.
FOLDER = PACKED if PACKED.is_dir() else Path(__file__).resolve().parents[3] / "themes"


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="looks",
        name=phrase("Looks"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Calm, Café, Midnight and Ocean Professional, for your chats and your public page."),
        icon="palette",
    )


@hookimpl
def register_themes() -> Sequence[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/theme.toml"))
