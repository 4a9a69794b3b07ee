"""The file of a source as it was uploaded, and an address of it for somebody who cannot sign in."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces.models import Workspace

from .errors import SourceNotFound
from .models import Source

SALT = "frontdesk.source"
LINK_SECONDS = 24 * 3600


def link(source: Source, *, seconds: int = LINK_SECONDS) -> str | None:
    """An address that gives the file to whoever has it, for so long; None without a file. From the root of the site, or of
    the S3 storage where browsers reach that.
    """
    if not source.file:
        return None
    if settings.S3_GIVES_LINKS:
        as_download = {"ResponseContentDisposition": content_disposition_header(True, source.name)}
        return str(default_storage.url(source.file, parameters=as_download, expire=seconds))
    return "/files/knowledge/" + signing.dumps([source.uuid.hex, int(time.time() + seconds)], salt=SALT)


def by_link(token: str) -> Source:
    """The source whose file an address stands for. Raises SourceNotFound also for one that is forged or over."""
    try:
        uuid, until = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise SourceNotFound from None
    if until < time.time():
        raise SourceNotFound
    with unscoped():
        found = Source.objects.filter(uuid=UUID(uuid), deleted_at=None, base__deleted_at=None).exclude(file="").first()
    if found is None:
        raise SourceNotFound
    return found


def read(source: Source) -> bytes:
    """The content. Raises SourceNotFound when the storage has lost it."""
    try:
        with default_storage.open(source.file) as stored:
            return bytes(stored.read())
    except FileNotFoundError as error:
        raise SourceNotFound from error


def forget(workspace: Workspace, name: str) -> None:
    """Have a file taken out of the storage, once the transaction is over, and again later while the storage is down."""
    enqueue("knowledge.forget_file", workspace=workspace, name=name)


@job("knowledge.forget_file", max_attempts=30)
def forget_file(work: Work, *, name: str) -> None:
    default_storage.delete(name)


def plain_file_name(name: str) -> str:
    """The last part of what a browser says, at most 255 characters, its ending kept."""
    path = PurePosixPath(name.replace("\\", "/").replace("\x00", "")).name.strip() or _("file")
    suffix = PurePosixPath(path).suffix[:20]
    return path if len(path) <= 255 else path[: 255 - len(suffix)] + suffix
