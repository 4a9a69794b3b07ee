"""Sheets as people make them: titles, merged cells, two-row headers, several tables, formats."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from frontdesk.knowledge.reading import Document, read
from frontdesk.knowledge.reading.numbers import display

from . import builders


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Document]:
    """Reads a workbook of one sheet, filled by rows or by a function."""

    def _read(*rows: list[object], fill: Callable[[Worksheet], None] = lambda sheet: None) -> Document:
        workbook = openpyxl.Workbook()
        workbook.active.title = "Prices"
        for row in rows:
            workbook.active.append(row)
        fill(workbook.active)
        workbook.save(tmp_path / "a.xlsx")
        return read(tmp_path / "a.xlsx", name="a.xlsx")

    return _read


def test_rows_carry_their_header(sheet) -> None:
    document = sheet(["Product", "Price", "Stock"], ["Chair", 20, 3], ["Table", 99.5, None])
    assert [block.text for block in document.blocks] == ["Product: Chair; Price: 20; Stock: 3", "Product: Table; Price: 99.5"]
    assert [(block.sheet, block.rows, block.header) for block in document.blocks] == [
        ("Prices", (2, 2), "Product | Price | Stock"),
        ("Prices", (3, 3), "Product | Price | Stock"),
    ]


def test_title_rows_stand_above_the_header(sheet) -> None:
    document = sheet(["Price list 2026"], [], ["All prices in euro"], ["Product", "Price"], ["Chair", 20], ["Table", 30])
    assert [block.text for block in document.blocks] == [
        "Price list 2026",
        "All prices in euro",
        "Product: Chair; Price: 20",
        "Product: Table; Price: 30",
    ]
    assert document.blocks[2].headings == ("Prices", "All prices in euro")


def test_merged_cells(sheet) -> None:
    def merge(active: Worksheet) -> None:
        for cells in ("A1:D1", "C2:D2", "A2:A3", "B2:B3", "A4:A5"):
            active.merge_cells(cells)

    document = sheet(
        ["Rates of the Harbour Hotel"],
        ["Room", "Beds", "Price"],
        [None, None, "Summer", "Winter"],
        ["Sea view", 2, 90, 60],
        [None, 3, 110, 80],
        fill=merge,
    )
    assert [block.text for block in document.blocks] == [
        "Rates of the Harbour Hotel",
        "Room: Sea view; Beds: 2; Price Summer: 90; Price Winter: 60",
        "Room: Sea view; Beds: 3; Price Summer: 110; Price Winter: 80",
    ]


def test_a_label_counts_for_the_rows_below_it(sheet) -> None:
    document = sheet(["", "2019", "2018"], ["Current:"], ["Cash", 5, 4], ["Debt", 2, 1], ["Long-term:"], ["Debt", 8, 9])
    assert [block.text for block in document.blocks] == [
        "Current:",
        "Current; Cash; 2019: 5; 2018: 4",
        "Current; Debt; 2019: 2; 2018: 1",
        "Long-term:",
        "Long-term; Debt; 2019: 8; 2018: 9",
    ]


def test_two_tables_on_one_sheet(sheet) -> None:
    document = sheet(
        ["Drink", "Price"], ["Tea", 2], ["Coffee", 3], [], ["Cake", "Slices", "Price"], ["Apple", 8, 4], [], ["Plum", 6, 5]
    )
    assert [block.text for block in document.blocks] == [
        "Drink: Tea; Price: 2",
        "Drink: Coffee; Price: 3",
        "Cake: Apple; Slices: 8; Price: 4",
        "Cake: Plum; Slices: 6; Price: 5",
    ]


def test_names_and_values_are_no_table(sheet) -> None:
    document = sheet(["Company", "Acme"], ["Phone", "+31 20 555 1234"], ["E-mail", "hi@acme.example"], ["Owner", "Ann"])
    assert [block.text for block in document.blocks] == [
        "Company: Acme",
        "Phone: +31 20 555 1234",
        "E-mail: hi@acme.example",
        "Owner: Ann",
    ]


def test_questions_and_answers(sheet) -> None:
    document = sheet(["Question", "Answer"], ["Do you ship?", "Yes,\nto the EU."], ["Can I return it?", "Within 30 days."])
    assert document.blocks[0].text == "Question: Do you ship?; Answer: Yes, to the EU."


def test_hidden_sheets_and_errors_are_left_out(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Item", "Price"])
    workbook.active.append(["Tea", "#N/A"])
    workbook.active["B2"].data_type = "e"
    secret = workbook.create_sheet("Margins")
    secret.append(["Item", "Margin"])
    secret.append(["Tea", 0.8])
    secret.sheet_state = "hidden"
    workbook.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx", name="a.xlsx").text == "Tea"


def test_formulas_that_were_never_calculated_are_a_warning(sheet) -> None:
    document = sheet(["Item", "Price"], ["Tea", "=1+1"], ["Coffee", 3])
    assert document.warnings == ("formulas_without_results",)


def test_several_sheets_name_themselves(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for title in ("Drinks", "Food"):
        active = workbook.create_sheet(title)
        active.append(["Item", "Price"])
        active.append([f"{title} 1", 5])
    del workbook["Sheet"]
    workbook.save(tmp_path / "a.xlsx")
    blocks = read(tmp_path / "a.xlsx", name="a.xlsx").blocks
    assert [(block.sheet, block.headings) for block in blocks] == [("Drinks", ("Drinks",)), ("Food", ("Food",))]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        (True, "General", "TRUE"),
        (5, "General", "5"),
        (0.1 + 0.2, "General", "0.3"),
        (123456789012, "General", "123456789012"),
        (1e-7, "General", "0.0000001"),
        (1234.5, "#,##0.00", "1234.50"),
        (0.025, "0%", "3%"),
        (0.025, "0.00%", "2.50%"),
        (20, '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "$20.00"),
        (-20, '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "-$20.00"),
        (18421.2, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$18421.20"),
        (3.5, "#,##0.00 [$€-407]", "3.50 €"),
        (5, '0 "kg"', "5 kg"),
        (42, "00000", "00042"),
        (2_500_000, '0.0,,"M"', "2.5M"),
        (2.5, "# ?/?", "2.5"),
        (2.0, "0.##", "2"),
        (-0.001, "0.00", "0.00"),
        (198356388, "0.00E+00", "1.98E+8"),
        (5551234, "000-0000", "5551234"),
        ("a\nb", "@", "a b"),
        (datetime.datetime(2026, 3, 1), "mm-dd-yy", "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 14, 30), "m/d/yy h:mm", "2026-03-01 14:30"),
        (datetime.datetime(2026, 3, 1, 14, 30), "mmm d", "2026-03-01"),
        (datetime.datetime(1992, 12, 28, 18, 15, 0, 703000), "h:mm AM/PM", "18:15"),
        (datetime.time(9, 5), "h:mm", "09:05"),
        (datetime.timedelta(hours=27, minutes=5), "[h]:mm", "27:05"),
    ],
)
def test_values_look_as_in_the_program(value: object, number_format: str, text: str) -> None:
    assert display(value, number_format) == text


def test_dates_in_a_sheet(sheet) -> None:
    document = sheet(["Event", "When"], ["Market", datetime.datetime(2026, 5, 4)], ["Sale", datetime.datetime(2026, 6, 1, 9, 30)])
    assert document.blocks[0].text == "Event: Market; When: 2026-05-04"
    assert document.blocks[1].text == "Event: Sale; When: 2026-06-01 09:30"


def test_the_old_format(tmp_path: Path) -> None:
    content = builders.legacy_workbook([["Item", "Share"], ["Tea", 0.25], ["Größe", 0.755]])
    document = read(builders.ole(tmp_path / "a.xls", "Workbook", content), name="a.xls")
    assert document.media_type == "application/vnd.ms-excel"
    assert [(block.text, block.sheet, block.rows) for block in document.blocks] == [
        ("Item: Tea; Share: 25.00%", "Prices", (2, 2)),
        ("Item: Größe; Share: 75.50%", "Prices", (3, 3)),
    ]


def test_a_hidden_sheet_of_the_old_format(tmp_path: Path, refusal) -> None:
    content = builders.legacy_workbook([["Item", "Share"], ["Tea", 0.25]], hidden=True)
    assert refusal(builders.ole(tmp_path / "a.xls", "Workbook", content)).code == "empty"


@pytest.mark.parametrize(
    ("stream", "code", "variant"),
    [
        ("EncryptedPackage", "password", ""),
        ("WordDocument", "unsupported", "document"),
        ("PowerPoint Document", "unsupported", "presentation"),
        ("Something", "unsupported", ""),
        ("Workbook", "corrupt", ""),
    ],
)
def test_compound_files(tmp_path: Path, refusal, stream: str, code: str, variant: str) -> None:
    error = refusal(builders.ole(tmp_path / "a.xlsx", stream, b"nothing of use"))
    assert (error.code, error.variant) == (code, variant)


def test_a_damaged_sheet(tmp_path: Path, refusal, sheet) -> None:
    sheet(["a", "b"], [1, 2])
    broken = builders.with_member(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>")
    assert refusal(broken).code == "corrupt"
