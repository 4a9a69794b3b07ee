"""Zip and OLE files, looked into before any parser opens them."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from . import media
from .limits import MIB, Limits
from .source import Refused

# Content types of the main part (ISO/IEC 29500-1 §11.3, §12.3, §13.3), whose name the format leaves open.
_OOXML_TYPES = (
    (b"wordprocessingml.document.main+xml", media.DOCX),
    (b"spreadsheetml.sheet.main+xml", media.XLSX),
    (b"ms-excel.sheet.macroEnabled.main+xml", media.XLSX),
    (b"presentationml.presentation.main+xml", media.PPTX),
    (b"ms-powerpoint.presentation.macroEnabled.main+xml", media.PPTX),
)
_OTHER_OOXML_TYPES = (
    (b"ms-word.", "document"),
    (b"wordprocessingml.template", "document"),
    (b"ms-excel.", "spreadsheet"),
    (b"spreadsheetml.template", "spreadsheet"),
    (b"ms-powerpoint.", "presentation"),
    (b"presentationml.", "presentation"),
)
_OTHER_PARTS = (
    ("Index/Document.iwa", "document"),
    ("Index/Tables/", "spreadsheet"),
    ("Index/Slide", "presentation"),
)
_ODF = {
    b"application/vnd.oasis.opendocument.text": "document",
    b"application/vnd.oasis.opendocument.spreadsheet": "spreadsheet",
    b"application/vnd.oasis.opendocument.presentation": "presentation",
    b"application/epub+zip": "document",
}
_OLE_STREAMS = (
    ("WordDocument", "document"),
    ("PowerPoint Document", "presentation"),
)
_OTHER_TYPES = {
    media.RTF: "document",
    **dict.fromkeys(("image/png", "image/jpeg", "image/gif", "image/tiff", "image/bmp"), "image"),
}
# A DTD has no place in an Office file (OPC, ISO/IEC 29500-2 §9.1.1) and is how entities are multiplied. It can only
# stand before the root element, which honest files begin at once.
_PROLOG = 64 * 1024
_BEFORE_ROOT = re.compile(rb"(?:[\xef\xbb\xbf\xfe\xff\s]|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(rb"<[^!?]")


def identify(path: Path, name: str, limits: Limits) -> str:
    """The media type of a file that can be read. Raises `Refused` for every other file."""
    with path.open("rb") as file:
        media_type = media.detect(file.read(media.HEAD_BYTES), name)
    if media_type == media.EMPTY:
        raise Refused("empty")
    if media_type in {media.ZIP, media.DOCX, media.XLSX, media.PPTX}:
        return _open_zip(path, limits)
    if media_type == media.OLE:
        return _look_into_ole(path)
    if media_type in {media.PDF, media.HTML, media.MARKDOWN, media.CSV, media.TEXT}:
        return media_type
    raise Refused("unsupported", variant=_OTHER_TYPES.get(media_type, ""), cause=media_type)


def _open_zip(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, path.stat().st_size, limits)
            media_type = _zip_type(archive)
            _check_xml(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise Refused("corrupt", cause=repr(error)) from error
    return media_type


def _check_sizes(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    """Sizes are those of the directory; zipfile never unpacks more of a member than it says there."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > 10 * MIB and unpacked > limits.ratio * packed:
        raise Refused("too_large", variant="unpacked", cause=f"{unpacked} bytes unpacked from {packed}")
    if len(members) > limits.members or unpacked > limits.unpacked:
        raise Refused("too_large", cause=f"{len(members)} members, {unpacked} bytes unpacked")
    for member in members:
        if member.flag_bits & 0x1:
            raise Refused("password", cause=member.filename)
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise Refused("corrupt", cause=f"member named {member.filename!r}")


def _zip_type(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        types = archive.read("[Content_Types].xml")
        for content_type, media_type in _OOXML_TYPES:
            if content_type in types:
                return media_type
        variant = next((variant for content_type, variant in _OTHER_OOXML_TYPES if content_type in types), "")
        raise Refused("unsupported", variant=variant, cause="Office file of another type")
    for part, variant in _OTHER_PARTS:
        if any(name.startswith(part) for name in names):
            raise Refused("unsupported", variant=variant, cause=part)
    if "mimetype" in names:
        kind = archive.read("mimetype")[:100].strip()
        raise Refused("unsupported", variant=_ODF.get(kind, ""), cause=repr(kind))
    raise Refused("unsupported", cause="zip archive")


def _check_xml(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        if member.is_dir() or member.filename.lower().endswith(".svg"):
            continue
        with archive.open(member) as part:
            # UTF-16 parts hide the same signs behind zeros.
            head = part.read(_PROLOG).replace(b"\x00", b"")
        start = head[_BEFORE_ROOT.match(head).end() :]
        if start.startswith(b"<") and not _ROOT.match(start):
            raise Refused("corrupt", cause=f"{member.filename} does not begin with its root element")


def _look_into_ole(path: Path) -> str:
    """Names of streams are UTF-16 in the file's directory (MS-CFB §2.6.1), which may lie anywhere in it."""
    data = path.read_bytes()

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise Refused("password", cause="EncryptedPackage")
    for stream, variant in _OLE_STREAMS:
        if holds(stream):
            raise Refused("unsupported", variant=variant, cause=stream)
    if holds("Workbook") or holds("Book"):
        return media.XLS
    raise Refused("unsupported", cause="OLE storage")
