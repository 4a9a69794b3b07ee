"""What kind of file it is, by its content. The name only decides between kinds of text."""

from __future__ import annotations

import re
from pathlib import PurePath

HEAD_BYTES = 64 * 1024

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLS = "application/vnd.ms-excel"
HTML = "text/html"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TEXT = "text/plain"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
RTF = "application/rtf"
EMPTY = "application/x-empty"
BINARY = "application/octet-stream"

_MAGIC = (
    (b"{\\rtf", RTF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
)
_ZIP_MEMBERS = ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX))
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta)[\s>]", re.IGNORECASE)
_HTML_FRAGMENT = re.compile(rb"\s*<(?:div|p|h[1-6]|table|ul|ol|section|article|main|span|br)[\s>/]", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_BY_SUFFIX = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), CSV),
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd"), MARKDOWN),
    **dict.fromkeys((".txt", ".text", ".log", ".rst", ".json", ".xml", ".yaml", ".yml", ".ini"), TEXT),
}


def detect(head: bytes, name: str) -> str:
    """The media type, from the first `HEAD_BYTES` of a file and its name.

    A zip or OLE file whose head does not say what it holds gives `ZIP` or `OLE`; `containers.identify` looks inside.
    """
    if not head:
        return EMPTY
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((media_type for prefix, media_type in _ZIP_MEMBERS if prefix in head), ZIP)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OLE
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and not (magic == b"BM" and _is_text(head)):
            return media_type
    return _text_type(head, name) if _is_text(head) else BINARY


def _is_text(head: bytes) -> bool:
    if head.startswith(_BOMS):
        return True
    if zeros := head.count(0):
        # UTF-16 without its mark: every other byte of Latin text is zero, and no control characters are left.
        halves = head[::2].count(0), head[1::2].count(0)
        return min(halves) == 0 and zeros > 0.35 * len(head)
    return len(_CONTROLS.findall(head)) <= max(3, 0.001 * len(head))


def _text_type(head: bytes, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    named = _BY_SUFFIX.get(suffix)
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    start = plain[:1024] if named is None or plain.startswith((b"<!", b"<h", b"<H")) else b""
    if suffix in {".html", ".htm", ".xhtml"} or _HTML.search(start) or _HTML_FRAGMENT.match(start):
        return HTML
    if named:
        return named
    return CSV if _is_delimited(plain) else TEXT


def _is_delimited(plain: bytes) -> bool:
    """Whether nearly every line has the same number of tabs, semicolons, pipes or commas, and at least one."""
    lines = [line for line in plain.splitlines()[:50] if line.strip()]
    if plain.count(b"\n") > 50 or len(lines) > 1:
        lines = lines[:-1] or lines
    if len(lines) < 2:
        return False
    for delimiter in (b"\t", b";", b"|", b","):
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts), key=counts.count)
        if usual and counts.count(usual) >= 0.9 * len(counts):
            return True
    return False
