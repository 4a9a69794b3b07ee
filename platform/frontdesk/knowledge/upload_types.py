"""Whether an upload can be learned at all, by its first bytes: so that a program is told at once and not later."""

from __future__ import annotations

from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from frontdesk.core.errors import WrongMediaType
from frontdesk.workspaces.models import Workspace

from . import contents
from .errors import EmptyFile, FileTooLarge
from .reading import media
from .reading.errors import sentence

# A container may hold anything; the reader looks inside.
CONTAINERS = frozenset({media.ZIP, media.OLE})
SPREADSHEETS = CONTAINERS | {media.XLSX, media.CSV, media.EMPTY}
READABLE = SPREADSHEETS | {media.PDF, media.DOCX, media.PPTX, media.HTML, media.MARKDOWN, media.TEXT}


class WrongFile(WrongMediaType):
    code = "WRONG_FILE_TYPE"


def check_size(size: int) -> None:
    """Raises FileTooLarge, EmptyFile."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise FileTooLarge(settings.UPLOAD_MAX_BYTES)
    if not size:
        raise EmptyFile


def check_file(workspace: Workspace, file: IO[bytes], name: str) -> None:
    """Raises WrongFile for what neither we nor a plugin that is on can read."""
    found = _type_of(file, name)
    if found not in READABLE and not name.lower().endswith(tuple(contents.plugin_suffixes(workspace))):
        raise WrongFile(sentence("unsupported", "image" if found.startswith("image/") else ""))


def check_spreadsheet(file: IO[bytes], name: str) -> None:
    """Raises WrongFile for what is no spreadsheet."""
    if _type_of(file, name) not in SPREADSHEETS:
        raise WrongFile(_("This is not a spreadsheet. Upload an .xlsx, .xls or .csv file."))


def _type_of(file: IO[bytes], name: str) -> str:
    file.seek(0)
    head = file.read(media.HEAD_BYTES)
    file.seek(0)
    return media.detect(head, name)
