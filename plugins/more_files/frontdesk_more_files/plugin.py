"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.loaders import FileLoader, SourceLoader

from . import __version__
from .books import Epub
from .mail import Mail
from .subtitles import Subtitles
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="more_files",
        name=phrase("More kinds of files"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Lets agents learn from e-mails (.eml), subtitles of videos (.srt, .vtt) and e-books (.epub)."),
        permissions=Permissions(data=("knowledge",)),
        icon="draft",
    )


@hookimpl
def register_loaders() -> Sequence[type[FileLoader] | type[SourceLoader]]:
    return [Mail, Subtitles, Epub]
