"""A file is what its bytes are, whatever its name says."""

from __future__ import annotations

import pytest

from frontdesk.knowledge.reading import detect

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (b"", "empty.pdf", "application/x-empty"),
        (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "a.docx", "application/pdf"),
        (b"junk from a mail program\r\n" * 30 + b"%PDF-1.4", "a.txt", "application/pdf"),
        (b"PK\x03\x04" + b"\0" * 26 + b"word/document.xml", "a.pdf", DOCX),
        (b"PK\x03\x04" + b"\0" * 26 + b"readme.txt", "a.docx", "application/zip"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500), "a.xlsx", "application/x-ole-storage"),
        (b"{\\rtf1\\ansi", "a.doc", "application/rtf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.pdf", "image/png"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "a.txt", "application/octet-stream"),
        (b"<!DOCTYPE html><html><body>Hi</body></html>", "report.xls", "text/html"),
        (b"\xef\xbb\xbf  <HTML><head>", "a.txt", "text/html"),
        (b"<p>One</p><p>Two</p>", "page", "text/html"),
        (b"A <b>bold</b> word", "a.txt", "text/plain"),
        (b"# Title\n\n<div>inline</div>\n", "a.md", "text/markdown"),
        (b"Item;Price\nTea;2\nCoffee;3\n", "prices.xls", "text/csv"),
        (b"Item\tPrice\nTea\t2\nCoffee\t3\n", "prices", "text/csv"),
        (b"Name,City\nAnn,Rome\n", "a.csv", "text/csv"),
        (b"First line, with a comma\nSecond line\nThird, and, so on\n", "notes", "text/plain"),
        ("Größe\n".encode("utf-16"), "a.txt", "text/plain"),
        ("Plain words\n".encode("utf-16-le"), "a.txt", "text/plain"),
    ],
)
def test_detects_by_content(head: bytes, name: str, media_type: str) -> None:
    assert detect(head, name) == media_type
