"""The content of a source, read: typed text as it is, files and fetched pages through `reading`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from urllib.parse import unquote, urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.files.storage import default_storage

from frontdesk.core.http import Fetched, FetchRefused, SafeClient
from frontdesk.core.jobs import Work
from frontdesk.plugins import activation, incidents
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer

from . import reading
from .models import Source
from .reading.document import Block, Document
from .reading.errors import Unreadable

CHECK_SECONDS = 0.5
_SUFFIX = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
}


# How markup in `body` becomes a whole file: its frame and its ending.
_MARKUP = {
    "text/html": ('<!doctype html><meta charset="utf-8"><body>%s', ".html"),
    "text/markdown": ("%s", ".md"),
}


class NotModified(Exception):
    """The page is the same as when it was learned."""


def read(source: Source, work: Work) -> Document:
    """Raises Unreadable, FetchRefused, NotModified, or JobCancelled when somebody asked to stop."""
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
    offers = _loaders(source)
    classes = [(offer.item.__module__, offer.item.__qualname__) for offer in offers]
    try:
        return reading.read(path, name=name, progress=watch.progress, cancelled=watch.cancelled, loaders=classes)
    except Unreadable as error:
        work.checkpoint()
        for offer in offers:
            if error.code == "plugin" and offer.slug == error.variant:
                incidents.note(source.workspace.uuid, offer.plugin, f"loader {offer.slug}", error.cause)
        raise


def _loaders(source: Source) -> list[Offer]:
    """The file loaders of plugins that are on where the source belongs."""
    offers = host().offers("file_loaders").values()
    active = activation.active(source.workspace) if offers else frozenset()
    return [offer for offer in offers if offer.plugin in active]


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
    headers = {"accept": "text/html, application/pdf;q=0.9, */*;q=0.5", "user-agent": "Frontdesk (knowledge reader)"}
    unchanged = source.chunk_count > 0
    if unchanged and source.etag:
        headers["if-none-match"] = source.etag
    elif unchanged and source.last_modified:
        headers["if-modified-since"] = source.last_modified
    client = SafeClient(max_bytes=settings.UPLOAD_MAX_BYTES, allowed_hosts=settings.KNOWLEDGE_ALLOWED_HOSTS)
    page = async_to_sync(client.fetch)(source.url, headers=headers)
    _check(page)
    source.etag = page.headers.get("etag", "")[:300]
    source.last_modified = page.headers.get("last-modified", "")[:60]
    source.size = len(page.body)
    name = _page_name(page)
    with NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as copy:
        copy.write(page.body)
        copy.flush()
        return _parse(source, Path(copy.name), name, work)


def _check(page: Fetched) -> None:
    host = urlsplit(page.url).hostname
    if page.status == 304:
        raise NotModified
    if page.status in {401, 403, 407}:
        raise FetchRefused("locked", host=host)
    if page.status in {404, 410}:
        raise FetchRefused("gone")
    if page.status >= 400:
        raise FetchRefused("status", host=host, status=page.status)


def _page_name(page: Fetched) -> str:
    """A file name for what was fetched; its ending is only a hint, the reader looks at the content."""
    last = PurePosixPath(unquote(urlsplit(page.url).path)).name or "page"
    return last if PurePosixPath(last).suffix else last + _SUFFIX.get(page.media_type, "")
