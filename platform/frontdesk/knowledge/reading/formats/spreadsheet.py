"""Excel workbooks: .xlsx through openpyxl in its streaming mode, .xls through xlrd."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import openpyxl
import xlrd
from lxml import etree
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from ..document import Block
from ..numbers import display
from ..source import Refused, Source
from ..tables import Row, table_blocks

_MERGE = "{*}mergeCell"
_MANY_MERGES = 20_000
_TALLEST_MERGE = 1_000
_ROWS_CHECKED = 500
# Merged cells, by row: column → (column, row) of the cell that holds the text; zero-based columns.
_Merges = dict[int, dict[int, tuple[int, int]]]


def read(source: Source) -> Iterator[Block]:
    """Rows of every visible sheet, with the values that the program last saved for formulas."""
    # Given a path, openpyxl judges the file by its name.
    with source.path.open("rb") as file, zipfile.ZipFile(file) as archive:
        try:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except (InvalidFileException, KeyError, ValueError, TypeError, etree.XMLSyntaxError, SyntaxError) as error:
            raise Refused("corrupt", cause=repr(error)) from error
        source.title = (workbook.properties.title or "").strip()
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        for number, sheet in enumerate(sheets):
            source.progress(number, len(sheets))
            # Some programs write a wrong size of the sheet; without it every row is read.
            sheet.reset_dimensions()
            rows = _fill_merges(_rows(sheet), _scan(source, archive, sheet))
            yield from table_blocks(source.watch_sheet(sheet.title, rows), _place(sheet.title, len(sheets)))


def read_legacy(source: Source) -> Iterator[Block]:
    """The same for .xls (BIFF)."""
    try:
        book = xlrd.open_workbook(str(source.path), formatting_info=True, on_demand=True)
    except xlrd.XLRDError as error:
        encrypted = "encrypted" in str(error).lower()
        raise Refused("password" if encrypted else "corrupt", cause=repr(error)) from error
    names = [name for index, name in enumerate(book.sheet_names()) if book.sheet_by_index(index).visibility == 0]
    for number, name in enumerate(names):
        source.progress(number, len(names))
        sheet = book.sheet_by_name(name)
        merges = _spread((low + 1, left, high, right - 1) for low, high, left, right in sheet.merged_cells)
        rows = source.watch_sheet(name, _fill_merges(_legacy_rows(book, sheet), merges))
        yield from table_blocks(rows, _place(name, len(names)))
        book.unload_sheet(name)


def _place(sheet: str, sheets: int) -> Block:
    default = sheets == 1 and sheet.rstrip("0123456789 ").lower() in {"sheet", "feuil", "tabelle", "blad", "hoja", "ورقة"}
    return Block("table", "", headings=() if default else (sheet,), sheet=sheet)


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        shown = ["" if cell.data_type == "e" else display(cell.value, cell.number_format) for cell in cells]
        yield Row(number, shown, [None if cell.data_type == "e" else cell.value for cell in cells])


def _legacy_rows(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> Iterator[Row]:
    for row in range(sheet.nrows):
        cells = enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True))
        pairs = [_legacy_cell(book, sheet, row, column, kind, value) for column, (kind, value) in cells]
        yield Row(row + 1, [shown for shown, _value in pairs], [value for _shown, value in pairs])


def _legacy_cell(book: xlrd.Book, sheet: xlrd.sheet.Sheet, row: int, column: int, kind: int, value: Any) -> tuple[str, object]:
    """What is shown, and the value."""
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return "", None
    if kind == xlrd.XL_CELL_TEXT:
        return display(value), value
    if kind == xlrd.XL_CELL_BOOLEAN:
        return display(bool(value)), bool(value)
    number_format = book.format_map[book.xf_list[sheet.cell_xf_index(row, column)].format_key].format_str
    if kind == xlrd.XL_CELL_DATE:
        try:
            value = xlrd.xldate_as_datetime(value, book.datemode)
        except (xlrd.XLDateError, OverflowError):
            return display(value), value
    return display(value, number_format), value


def _scan(source: Source, archive: zipfile.ZipFile, sheet: ReadOnlyWorksheet) -> _Merges:
    """Merged cells, and formulas never calculated: the streaming mode tells neither, so the part is read once more."""
    ranges = []
    rows = 0
    with archive.open(sheet._worksheet_path) as part:
        for _, element in etree.iterparse(part, tag=(_MERGE, "{*}row"), resolve_entities=False, no_network=True):
            if element.tag.endswith("mergeCell"):
                left, top, right, bottom = range_boundaries(element.get("ref", "A1"))
                ranges.append((top, left - 1, bottom, right - 1))
            elif (rows := rows + 1) <= _ROWS_CHECKED and _lacks_result(element):
                source.warn("formulas_without_results")
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return _spread(ranges[:_MANY_MERGES])


def _lacks_result(row: etree._Element) -> bool:
    return any(not cell.findtext("{*}v") and cell.findtext("{*}is/{*}t") is None for cell in row.iterfind("{*}c[{*}f]"))


def _spread(ranges: Iterable[tuple[int, int, int, int]]) -> _Merges:
    merges: _Merges = {}
    for top, left, bottom, right in ranges:
        if bottom - top <= _TALLEST_MERGE and right - left <= _TALLEST_MERGE:
            for row in range(top, bottom + 1):
                merges.setdefault(row, {}).update(dict.fromkeys(range(left, right + 1), (left, top)))
    return merges


def _fill_merges(rows: Iterable[Row], merges: _Merges) -> Iterator[Row]:
    """Each cell of a merge gets its text, except where the merge is all that the row holds: that is a title.

    Its value counts for the rows below, but not for the columns beside, where it would be added up again.
    """
    origins: dict[tuple[int, int], tuple[str, object]] = {}
    for row in rows:
        here = merges.get(row.number)
        if here:
            for column, origin in here.items():
                if origin == (column, row.number) and column < len(row.cells):
                    origins[origin] = (row.cells[column], row.values[column])
            whole = len({here.get(column, column) for column in row.filled}) == 1 and max(row.filled) in here
            for column, origin in sorted(here.items()):
                text, value = origins.get(origin, ("", None))
                if text and not (whole and origin[1] == row.number):
                    missing = column + 1 - len(row.cells)
                    row.cells.extend([""] * missing)
                    row.values.extend([None] * missing)
                    row.cells[column] = text
                    row.values[column] = value if column == origin[0] or isinstance(value, str) else None
        yield row
