"""PDF: order, headings, tables, running heads, right-to-left words, and everything that can be wrong with the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from reportlab.platypus import Image as Picture
from reportlab.platypus import PageBreak

from frontdesk.knowledge.reading import Limits, read

from . import builders


def test_text_with_headings_and_pages(tmp_path: Path) -> None:
    path = builders.pdf(
        tmp_path / "a.pdf", "# Returns", "Send it back within 30 days. " * 8, "# Shipping", "We ship on Mondays. " * 8
    )
    document = read(path, name="a.pdf")
    assert document.media_type == "application/pdf"
    assert (document.title, document.pages) == ("Returns", 1)
    assert [(block.kind, block.headings, block.page) for block in document.blocks] == [
        ("heading", (), 1),
        ("paragraph", ("Returns",), 1),
        ("heading", (), 1),
        ("paragraph", ("Shipping",), 1),
    ]
    assert document.blocks[1].text == ("Send it back within 30 days. " * 8).strip()


def test_a_table_over_many_pages_keeps_its_header_and_every_row(tmp_path: Path) -> None:
    rows = [["Item", "Price", "Delivery"], *([f"Chair {number}", f"${number}.00", f"{number} days"] for number in range(120))]
    path = builders.pdf(
        tmp_path / "a.pdf", "Our prices.", builders.pdf_table(rows, [150, 100, 100]), foot="Acme Ltd, page {page}"
    )
    document = read(path, name="a.pdf")
    table = [block for block in document.blocks if block.kind == "table"]
    assert [block.text for block in table] == [
        f"Item: Chair {number}; Price: ${number}.00; Delivery: {number} days" for number in range(120)
    ]
    assert {block.header for block in table} == {"Item | Price | Delivery"}
    assert {block.page for block in table} == set(range(1, document.pages + 1))


def test_a_cell_over_several_lines_stays_one_cell(tmp_path: Path) -> None:
    long = builders.Paragraph("A chair with a name that is much too long for its narrow column", builders.STYLES["BodyText"])
    rows = [["Item", "Price"], ["Stool", "$10"], [long, "$20"], ["Table", "$30"]]
    document = read(builders.pdf(tmp_path / "a.pdf", builders.pdf_table(rows, [120, 80])), name="a.pdf")
    assert "Item: A chair with a name that is much too long for its narrow column; Price: $20" in [
        block.text for block in document.blocks
    ]


def test_the_running_foot_is_read_once(tmp_path: Path) -> None:
    story = [f"Paragraph {number}: {'words and words ' * 40}" for number in range(20)]
    document = read(builders.pdf(tmp_path / "a.pdf", *story, foot="Acme Ltd, call 555 1234, page {page}"), name="a.pdf")
    assert document.pages > 2
    assert document.text.count("call 555 1234") == 1


def test_words_divided_at_the_end_of_a_line_are_whole(tmp_path: Path) -> None:
    path = builders.pdf(tmp_path / "a.pdf", "We deliver the confir-<br/>mation by mail. " + "More text follows here. " * 10)
    assert "the confirmation by mail" in read(path, name="a.pdf").text


@pytest.mark.parametrize(
    ("drawn", "meaning", "text"),
    [
        ("ABCD", "مالس", "سلام"),
        ("ABCD EFG", "مالس123", "123 سلام"),
        ("iOS 15 ABCD", "مالس", "سلام iOS 15"),
        (".ABCD", "مالس", "سلام."),
        ("ABCD", "םולש", "שלום"),
        ("A ABCD", "\ufee1\ufe8e\ufedf\ufeb3", "سلام م"),
    ],
)
def test_right_to_left_words_are_put_in_order(tmp_path: Path, drawn: str, meaning: str, text: str) -> None:
    path = builders.pdf_of_glyphs(tmp_path / "a.pdf", drawn, dict(zip("ABCDEFG", meaning, strict=False)))
    assert read(path, name="a.pdf").text == text


def test_ligatures_are_folded(tmp_path: Path) -> None:
    path = builders.pdf_of_glyphs(tmp_path / "a.pdf", "oABCe", {"A": "\ufb03", "B": "c", "C": "\x00"})
    assert read(path, name="a.pdf").text == "office"


def test_password(tmp_path: Path, refusal) -> None:
    path = builders.encrypted(builders.pdf(tmp_path / "a.pdf", "Secret"), user="open sesame", owner="x")
    error = refusal(path)
    assert error.code == "password"
    assert "Remove the password" in str(error)


def test_a_password_for_changes_only_does_not_hinder_reading(tmp_path: Path) -> None:
    path = builders.encrypted(builders.pdf(tmp_path / "a.pdf", "Everyone may read this."), user="", owner="x")
    assert read(path, name="a.pdf").text == "Everyone may read this."


def test_a_scan_says_that_it_has_no_text(tmp_path: Path, refusal) -> None:
    Image.new("RGB", (60, 60), "gray").save(tmp_path / "scan.png")
    error = refusal(builders.pdf(tmp_path / "a.pdf", Picture(str(tmp_path / "scan.png"), 400, 400)))
    assert error.code == "no_text"
    assert "text recognition" in str(error)


def test_a_blank_page_has_no_text(tmp_path: Path, refusal) -> None:
    assert refusal(builders.pdf_pages(tmp_path / "a.pdf", [""])).code == "no_text"


def test_a_scanned_page_among_others_is_a_warning(tmp_path: Path) -> None:
    Image.new("RGB", (60, 60), "gray").save(tmp_path / "scan.png")
    path = builders.pdf(tmp_path / "a.pdf", Picture(str(tmp_path / "scan.png"), 400, 400), PageBreak(), "Typed words.")
    document = read(path, name="a.pdf")
    assert document.warnings == ("pages_without_text",)
    assert document.text == "Typed words."


def test_a_truncated_file_is_rescued_or_damaged(tmp_path: Path, refusal) -> None:
    path = builders.pdf(tmp_path / "a.pdf", *["Text to rescue."] * 5)
    path.write_bytes(path.read_bytes()[:200])
    assert refusal(path).code == "corrupt"


def test_a_lost_table_of_objects_is_rebuilt(tmp_path: Path) -> None:
    path = builders.pdf(tmp_path / "a.pdf", "Still readable.")
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"xref")])
    assert "Still readable." in read(path, name="a.pdf").text


def test_a_tree_of_pages_with_a_loop(tmp_path: Path, refusal) -> None:
    assert refusal(builders.looping_pdf(tmp_path / "a.pdf")).code == "corrupt"


def test_too_many_pages(tmp_path: Path, refusal) -> None:
    path = builders.pdf_pages(tmp_path / "a.pdf", ["x"] * 12)
    assert refusal(path, limits=Limits(pages=10)).code == "too_many_pages"
