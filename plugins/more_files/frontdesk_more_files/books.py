"""E-books (EPUB 3, w3.org/TR/epub-33): a zip of XHTML pages in the order of the package's spine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

from lxml import etree

from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import FileLoader, TextBlock

from .markup import PARSER, paragraphs_of
from .words import phrase

CONTAINER = "META-INF/container.xml"
MOST_PAGES, MOST_BYTES = 5_000, 64 * 2**20
DAMAGED = "This e-book is damaged. Download it again and upload the new copy."


class Epub(FileLoader):
    slug, label, suffixes = "epub", phrase("E-book"), (".epub",)

    def recognises(self, head: bytes, name: str) -> bool:
        return head.startswith(b"PK\x03\x04") and b"application/epub+zip" in head[:200]

    def read(self, path: Path) -> Iterator[TextBlock]:
        try:
            with ZipFile(path) as book:
                yield from _Book(book).blocks()
        except (BadZipFile, KeyError, etree.XMLSyntaxError, NotImplementedError) as error:
            raise LoaderError(DAMAGED) from error


class _Book:
    def __init__(self, book: ZipFile) -> None:
        self.book = book
        self.room = MOST_BYTES

    def blocks(self) -> Iterator[TextBlock]:
        if "META-INF/encryption.xml" in self.book.namelist():
            raise LoaderError("This e-book is protected against copying. Upload one without protection.")
        package_path = self._xml(CONTAINER).find(".//{*}rootfile").get("full-path", "")
        package = self._xml(package_path)
        title = package.findtext(".//{*}title")
        if title:
            yield TextBlock("heading", title.strip(), level=1)
        pages = {item.get("id"): item.get("href", "") for item in package.iterfind(".//{*}manifest/{*}item")}
        for number, entry in enumerate(package.iterfind(".//{*}spine/{*}itemref"), 1):
            if number > MOST_PAGES:
                raise LoaderError("This e-book has too many pages. Split it and upload the parts.")
            href = pages.get(entry.get("idref"))
            if href:
                name = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(href)))
                yield from paragraphs_of(self._bytes(name), below=1)

    def _xml(self, name: str) -> etree._Element:
        root = etree.fromstring(self._bytes(name), PARSER)  # noqa: S320 - no entities, no network
        if root is None:
            raise LoaderError(DAMAGED)
        return root

    def _bytes(self, name: str) -> bytes:
        """A member, unpacked within what is left of the limit: a few bytes can stand for gigabytes."""
        with self.book.open(name) as member:
            data = member.read(self.room + 1)
        self.room -= len(data)
        if self.room < 0:
            raise LoaderError("This e-book is too large. Split it and upload the parts.")
        return data
