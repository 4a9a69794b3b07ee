"""The content of a source, read: typed text as it is, files and fetched pages through `reading`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from django.core.files.storage import default_storage
from django.utils import timezone

from frontdesk.core.jobs import Work
from frontdesk.plugins import activation, incidents
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.workspaces.models import Workspace

from . import reading
from .crawling import pages, politeness
from .crawling.errors import TooBusy
from .crawling.pages import NotModified as NotModified
from .crawling.pages import Page
from .models import Source
from .reading.document import Block, Document
from .reading.errors import Unreadable

CHECK_SECONDS = 0.5

# What people drop by mistake or in another program's format; everything else is judged by its content.
_REFUSED = {
    "document": "doc dot odt ott rtf pages wpd epub",
    "spreadsheet": "ods numbers xlsb",
    "presentation": "ppt pps odp key",
    "image": "png jpg jpeg gif webp heic heif tif tiff bmp ico psd",
    "": "zip rar 7z gz tgz tar bz2 xz exe msi dmg iso apk mp3 wav m4a ogg flac aac mp4 mov avi mkv webm wmv ttf otf woff woff2 "
    "sqlite db mdb pst bin dll",
}


# How markup in `body` becomes a whole file: its frame and its ending.
_MARKUP = {
    "text/html": ('<!doctype html><meta charset="utf-8"><body>%s', ".html"),
    "text/markdown": ("%s", ".md"),
}


def read(source: Source, work: Work) -> Document:
    """Raises Unreadable, FetchRefused, PageRefused, NotModified, or JobCancelled when somebody asked to stop."""
    if source.body:
        return _read_body(source, work)
    if source.url:
        return _read_page(source, work)
    if source.file:
        with _local(source.file) as path:
            return _parse(source, path, source.name, work)
    return of_text(source.name, source.body)


def _read_body(source: Source, work: Work) -> Document:
    """Typed text is as it is; markup goes the way of a file, because a stranger may have written it."""
    if source.media_type not in _MARKUP:
        return of_text(source.name, source.body)
    frame, suffix = _MARKUP[source.media_type]
    with NamedTemporaryFile(suffix=suffix) as copy:
        copy.write((frame % source.body).encode("utf-8", "replace"))
        copy.flush()
        return replace(_parse(source, Path(copy.name), f"text{suffix}", work), title=source.name, media_type=source.media_type)


def of_text(title: str, text: str) -> Document:
    """Typed text: an empty line ends a paragraph."""
    blocks = tuple(Block("paragraph", part.strip()) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())
    if not blocks:
        raise Unreadable("empty")
    return Document(title, blocks, "text/plain")


def _parse(source: Source, path: Path, name: str, work: Work) -> Document:
    watch = _Watch(work)
    offers = _loaders(source.workspace)
    classes = [(offer.item.__module__, offer.item.__qualname__) for offer in offers]
    try:
        return reading.read(path, name=name, progress=watch.progress, cancelled=watch.cancelled, loaders=classes)
    except Unreadable as error:
        work.checkpoint()
        for offer in offers:
            if error.code == "plugin" and offer.slug == error.variant:
                incidents.note(source.workspace.uuid, offer.plugin, f"loader {offer.slug}", error.cause)
        raise


def _loaders(workspace: Workspace) -> list[Offer]:
    """The file loaders of the plugins that are on."""
    offers = host().offers("file_loaders").values()
    active = activation.active(workspace) if offers else frozenset()
    return [offer for offer in offers if offer.plugin in active]


def plugin_suffixes(workspace: Workspace) -> frozenset[str]:
    """Endings of the files that plugins which are on can read: `{".epub"}`."""
    return frozenset(suffix.lower() for offer in _loaders(workspace) for suffix in offer.item.suffixes)


def refused_suffixes(workspace: Workspace) -> dict[str, str]:
    """Endings of files that no reader can read, as `reading.errors.SENTENCES` tells them apart: `{".doc": "document"}`."""
    read = plugin_suffixes(workspace)
    return {f".{ending}": kind for kind, endings in _REFUSED.items() for ending in endings.split() if f".{ending}" not in read}


class _Watch:
    """Tells a reader, which asks often, about the job's row, which should be asked seldom."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._looked = 0.0
        self._stopped = False

    def cancelled(self) -> bool:
        if not self._stopped and time.monotonic() - self._looked > CHECK_SECONDS:
            self._looked = time.monotonic()
            self._stopped = self._work.cancelled()
        return self._stopped

    def progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._looked > CHECK_SECONDS:
            self._looked = time.monotonic()
            self._work.progress(done, total, "reading")


@contextmanager
def _local(name: str) -> Iterator[Path]:
    """A stored file as a path on this machine, wherever the storage is."""
    try:
        yield Path(default_storage.path(name))
        return
    except NotImplementedError:
        pass
    with default_storage.open(name) as stored, NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as copy:
        for piece in stored.chunks():
            copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def _read_page(source: Source, work: Work) -> Document:
    work.progress(0, 0, "fetching")
    mine = Source.objects.filter(pk=source.pk)
    mine.update(tried_at=timezone.now(), wait_until=None)
    validators = {"etag": source.etag, "last_modified": source.last_modified} if source.chunk_count else {}
    try:
        with politeness.turn(source.url, politeness.usual_pause(), work.checkpoint):
            page = pages.fetch(source.url, **validators)
    except TooBusy as error:
        mine.update(wait_until=timezone.now() + timedelta(seconds=error.wait))
        raise
    return of_page(source, page, work)


def of_page(source: Source, page: Page, work: Work) -> Document:
    """A fetched page; its validators and its digest go into `source`, to be saved with what is learned.

    Raises Unreadable, or JobCancelled when somebody asked to stop.
    """
    source.etag, source.last_modified = page.etag, page.last_modified
    source.size, source.digest = len(page.body), page.digest
    with NamedTemporaryFile(suffix=PurePosixPath(page.name).suffix) as copy:
        copy.write(page.body)
        copy.flush()
        return _parse(source, Path(copy.name), page.name, work)
