"""Word documents, with what hides beside their paragraphs."""

from __future__ import annotations

from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH

from frontdesk.knowledge.reading import read

from . import builders

NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def save(tmp_path: Path, document: docx.document.Document) -> Path:
    path = tmp_path / "a.docx"
    document.save(str(path))
    return path


def paragraph(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def test_headings_lists_and_tables(tmp_path: Path) -> None:
    source = docx.Document()
    source.add_heading("House rules", 0)
    source.add_heading("Pets", 1)
    source.add_paragraph("Dogs are welcome.")
    source.add_heading("Fees", 2)
    source.add_paragraph("First night", style="List Bullet")
    source.add_paragraph("Every other night", style="List Bullet")
    table = source.add_table(rows=3, cols=2)
    for row, cells in enumerate([("Animal", "Fee"), ("Dog", "€10"), ("Cat", "€5")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document = read(save(tmp_path, source), name="a.docx")
    assert document.title == "House rules"
    assert [(block.kind, block.text, block.headings) for block in document.blocks] == [
        ("heading", "House rules", ()),
        ("heading", "Pets", ("House rules",)),
        ("paragraph", "Dogs are welcome.", ("House rules", "Pets")),
        ("heading", "Fees", ("House rules", "Pets")),
        ("list", "- First night\n- Every other night", ("House rules", "Pets", "Fees")),
        ("table", "Animal: Dog; Fee: €10", ("House rules", "Pets", "Fees")),
        ("table", "Animal: Cat; Fee: €5", ("House rules", "Pets", "Fees")),
    ]


def test_merged_cells_count_for_every_row_and_column(tmp_path: Path) -> None:
    source = docx.Document()
    table = source.add_table(rows=4, cols=3)
    texts = [("Room", "Price", ""), ("", "Summer", "Winter"), ("Sea", "90", "60"), ("", "95", "65")]
    for row, cells in enumerate(texts):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(2, 0).merge(table.cell(3, 0))
    document = read(save(tmp_path, source), name="a.docx")
    assert [block.text for block in document.blocks] == [
        "Room: Sea; Price Summer: 90; Price Winter: 60",
        "Room: Sea; Price Summer: 95; Price Winter: 65",
    ]


def test_a_line_in_bold_is_a_heading(tmp_path: Path) -> None:
    path = builders.word(
        tmp_path / "a.docx",
        paragraph(run("Opening hours", "<w:b/>"))
        + paragraph(run("Nine to five."))
        + paragraph(run("Note:", "<w:b/>") + run(" not today")),
    )
    blocks = read(path, name="a.docx").blocks
    assert [(block.kind, block.headings) for block in blocks] == [
        ("heading", ()),
        ("paragraph", ("Opening hours",)),
        ("paragraph", ("Opening hours",)),
    ]


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    deleted = "<w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
    path = builders.word(tmp_path / "a.docx", paragraph(run("The ") + deleted + f"<w:ins>{run('new ')}</w:ins>" + run("price")))
    assert read(path, name="a.docx").text == "The new price"


def test_content_controls_and_field_codes(tmp_path: Path) -> None:
    control = f"<w:sdt><w:sdtContent>{paragraph(run('Inside a control'))}</w:sdtContent></w:sdt>"
    field = '<w:r><w:instrText>INCLUDETEXT "http://example.com/x"</w:instrText></w:r>'
    path = builders.word(tmp_path / "a.docx", control + paragraph(field + run("Shown")))
    assert read(path, name="a.docx").text == "Inside a control\n\nShown"


def test_footnotes_follow_their_paragraph(tmp_path: Path) -> None:
    types = builders.WORD_TYPES.replace(
        "</Types>",
        '<Override PartName="/word/footnotes.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>',
    )
    start = builders.WORD_RELS.partition("<Relationship ")[0]
    relations = f'{start}<Relationship Id="n" Type="{NOTES}" Target="footnotes.xml"/></Relationships>'
    notes = f'<w:footnotes {builders.WORD}><w:footnote w:id="2">{paragraph(run("Except on Sundays."))}</w:footnote></w:footnotes>'
    reference = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    path = builders.word(
        tmp_path / "a.docx",
        paragraph(run("Open daily") + reference) + paragraph(run("Next")),
        **{"[Content_Types].xml": types, "word/_rels/document.xml.rels": relations, "word/footnotes.xml": notes},
    )
    assert [block.text for block in read(path, name="a.docx").blocks] == ["Open daily", "Except on Sundays.", "Next"]


def test_letterheads_are_read_once(tmp_path: Path) -> None:
    source = docx.Document()
    source.sections[0].header.paragraphs[0].text = "Harbour Hotel, 1 Pier Road"
    source.add_paragraph("Welcome.")
    source.add_section()
    assert read(save(tmp_path, source), name="a.docx").text == "Welcome.\n\nHarbour Hotel, 1 Pier Road"


def test_arabic(tmp_path: Path) -> None:
    source = docx.Document()
    source.add_heading("سياسة الإرجاع", 1)
    source.add_paragraph("يمكنك إرجاع المنتج خلال 30 يومًا.").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document = read(save(tmp_path, source), name="a.docx")
    assert document.blocks[1].headings == ("سياسة الإرجاع",)
    assert document.blocks[1].text == "يمكنك إرجاع المنتج خلال 30 يومًا."


def test_outside_references_are_not_followed(tmp_path: Path) -> None:
    relations = builders.WORD_RELS.replace(
        'Target="word/document.xml"', 'Target="http://127.0.0.1:9/x" TargetMode="External"'
    ).replace("officeDocument/2006/relationships/officeDocument", "officeDocument/2006/relationships/attachedTemplate")
    path = builders.word(tmp_path / "a.docx", paragraph(run("Safe")), **{"word/_rels/document.xml.rels": relations})
    assert read(path, name="a.docx").text == "Safe"


def test_a_document_without_words_is_empty(tmp_path: Path, refusal) -> None:
    assert refusal(save(tmp_path, docx.Document())).code == "empty"


def test_a_package_without_its_document_is_damaged(tmp_path: Path, refusal) -> None:
    path = builders.package(tmp_path / "a.docx", {"[Content_Types].xml": builders.WORD_TYPES, "_rels/.rels": builders.WORD_RELS})
    assert refusal(path).code == "corrupt"
