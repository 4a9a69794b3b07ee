"""Small nasty files, made when a test needs them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

STYLES = getSampleStyleSheet()
WORD_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
WORD_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pdf_table(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    table = Table([list(row) for row in rows], repeatRows=1, colWidths=list(widths))
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    return table


def pdf(path: Path, *story: Flowable | str, foot: str = "") -> Path:
    """Strings are "# Heading" or paragraphs; `foot` is drawn on each page, {page} filled in."""

    def draw_foot(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.drawString(72, 30, foot.format(page=document.page))

    flowables = [
        item
        if isinstance(item, Flowable)
        else Paragraph(item.removeprefix("# "), STYLES["Heading1" if item.startswith("# ") else "BodyText"])
        for item in story
    ]
    SimpleDocTemplate(str(path), pagesize=A4).build(flowables, onFirstPage=draw_foot, onLaterPages=draw_foot)
    return path


def pdf_pages(path: Path, texts: Sequence[str]) -> Path:
    canvas = Canvas(str(path), pagesize=A4)
    for text in texts:
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return path


def encrypted(path: Path, *, user: str, owner: str) -> Path:
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(user, owner, algorithm="AES-256")
    writer.write(path)
    return path


def pdf_of_glyphs(path: Path, drawn: str, meaning: dict[str, str]) -> Path:
    """A page on which each letter of `drawn`, from left to right, means another character, as subset fonts do."""
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("Helvetica", 20)
    canvas.drawString(72, 700, drawn)
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(path))
    pairs = "\n".join(f"<{ord(code):02X}> <{text.encode('utf-16-be').hex()}>" for code, text in meaning.items())
    cmap = DecodedStreamObject()
    cmap.set_data(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def 1 begincodespacerange <00> <FF> "
        f"endcodespacerange {len(meaning)} beginbfchar\n{pairs}\nendbfchar endcmap end end".encode()
    )
    font = next(iter(writer.pages[0]["/Resources"]["/Font"].values())).get_object()
    font[NameObject("/ToUnicode")] = writer._add_object(cmap)
    writer.write(path)
    return path


def looping_pdf(path: Path) -> Path:
    """Its tree of pages leads back to itself."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    pages = writer._root_object["/Pages"].get_object()
    pages[NameObject("/Kids")] = ArrayObject([writer._root_object.raw_get("/Pages")])
    pages[NameObject("/Count")] = NumberObject(1)
    writer._root_object[NameObject("/Names")] = DictionaryObject()
    writer.write(path)
    return path


def package(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def word(path: Path, body: str, **members: str | bytes) -> Path:
    """A .docx of raw WordprocessingML."""
    document = body if body.startswith("<?xml") else f"<w:document {WORD}><w:body>{body}</w:body></w:document>"
    return package(path, {"[Content_Types].xml": WORD_TYPES, "_rels/.rels": WORD_RELS, "word/document.xml": document, **members})


def with_member(path: Path, name: str, content: bytes) -> Path:
    """The same package, one member replaced."""
    kept = {}
    with zipfile.ZipFile(path) as archive:
        kept = {member: archive.read(member) for member in archive.namelist() if member != name}
    return package(path, {**kept, name: content})


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def legacy_workbook(rows: Sequence[Sequence[str | float]], *, hidden: bool = False) -> bytes:
    """A BIFF8 stream (MS-XLS) with one sheet; numbers carry the format 0.00%."""
    bound = struct.pack("<I2BBB", 0, 1 if hidden else 0, 0, 6, 0) + b"Prices"
    font = struct.pack("<5H4B", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + bytes([5, 0]) + b"Arial"
    formats = b"".join(_record(0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 10))
    start = _record(0x809, struct.pack("<4H2I", 0x600, 5, 0, 0, 0, 0)) + _record(0x31, font) + formats
    place = len(start) + 4 + len(bound) + 4
    sheet = [_record(0x809, struct.pack("<4H2I", 0x600, 0x10, 0, 0, 0, 0))]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                sheet.append(_record(0x204, struct.pack("<3H", row, column, 0) + text))
            else:
                sheet.append(_record(0x203, struct.pack("<3Hd", row, column, 1, cell)))
    return start + _record(0x85, struct.pack("<I", place) + bound[4:]) + _record(0x0A, b"") + b"".join(sheet) + _record(0x0A, b"")


def ole(path: Path, stream: str, content: bytes) -> Path:
    """A compound file (MS-CFB) with one stream: header, FAT, directory, then the stream's sectors."""
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    sectors = len(content) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        encoded = name.encode("utf-16-le")
        links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        length = len(encoded) + 2 if name else 0
        return (
            encoded.ljust(64, b"\0") + struct.pack("<HBB", length, kind, 1) + links + bytes(36) + struct.pack("<IQ", first, size)
        )

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(stream, 2, 0xFFFFFFFF, 2, len(content))
    buffer = io.BytesIO()
    buffer.write(header)
    buffer.write(struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff"))
    buffer.write(directory.ljust(512, b"\0"))
    buffer.write(content)
    path.write_bytes(buffer.getvalue())
    return path
