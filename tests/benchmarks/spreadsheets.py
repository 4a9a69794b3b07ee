"""Spreadsheets as tables: real files against plain Python over their cells, and what size costs.

`python tests/benchmarks/spreadsheets.py --documents <folder> --rows 1000 20000 100000`
"""

from __future__ import annotations

import argparse
import csv
import datetime
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "platform"))

from frontdesk.knowledge.reading import read
from frontdesk.knowledge.reading.limits import MIB, Limits
from frontdesk.knowledge.tables import asking

ENDINGS = {".xlsx", ".xls", ".csv"}
# The same question to the cells, in plain Python: rows are dicts by the names in the header.
Rows = list[dict[str, Any]]
FINANCIAL: list[tuple[str, Callable[[Rows], list[tuple[Any, ...]]]]] = [
    ("SELECT count(*) FROM financial_sample", lambda rows: [(len(rows),)]),
    ("SELECT sum(sales), sum(profit) FROM financial_sample", lambda rows: [(_sum(rows, "Sales"), _sum(rows, "Profit"))]),
    (
        "SELECT country, sum(units_sold) FROM financial_sample GROUP BY 1 ORDER BY 1",
        lambda rows: sorted(_sums(rows, "Country", "Units Sold").items()),
    ),
    (
        "SELECT segment, product, profit FROM financial_sample ORDER BY profit DESC, segment LIMIT 1",
        lambda rows: [max(((row["Segment"], row["Product"], _exact(row["Profit"])) for row in rows), key=lambda row: row[2])],
    ),
    (
        "SELECT count(*) FROM financial_sample WHERE discount_band = 'High' AND date >= DATE '2014-06-01'",
        lambda rows: [
            (sum(row["Discount Band"] == "High" and row["Date"] >= datetime.datetime(2014, 6, 1) for row in rows),)  # noqa: DTZ001
        ],
    ),
    (
        "SELECT min(sale_price), max(sale_price) FROM financial_sample WHERE country = 'Germany'",
        lambda rows: [
            tuple(function(_exact(row["Sale Price"]) for row in rows if row["Country"] == "Germany") for function in (min, max))
        ],
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 20_000])
    arguments = parser.parse_args()
    if arguments.documents:
        _real_files(arguments.documents)
        _against_cells(arguments.documents / "financial-sample.xlsx")
    for count in arguments.rows:
        _size(count)


def _real_files(folder: Path) -> None:
    print("| file | tables | columns | rows | read |\n|---|---|---|---|---|")
    for path in sorted(path for path in folder.iterdir() if path.suffix in ENDINGS):
        seconds, document = _timed(lambda path=path: read(path, name=path.name))
        columns, rows = sum(len(table.columns) for table in document.tables), sum(table.row_count for table in document.tables)
        print(f"| {path.name} | {len(document.tables)} | {columns} | {rows} | {seconds:.1f} s |")


def _against_cells(path: Path) -> None:
    cells = list(openpyxl.load_workbook(path, data_only=True).active.iter_rows(values_only=True))
    names = [str(name).strip() for name in cells[0]]
    rows = [{name: _clean(value) for name, value in zip(names, row, strict=True)} for row in cells[1:]]
    tables = read(path, name=path.name).tables
    right = 0
    for sql, plain in FINANCIAL:
        answered = [tuple(map(_exact, row)) for row in asking.ask(tables, sql).rows]
        expected = [tuple(map(_exact, row)) for row in plain(rows)]
        right += answered == expected
        if answered != expected:
            print(f"WRONG {sql}: {answered} instead of {expected}")
    print(f"\n{path.name}: {right} of {len(FINANCIAL)} as plain Python over the cells\n")


def _size(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["Order", "Customer", "City", "Amount", "Day", "Paid"])
            for number in range(count):
                day = datetime.date(2024, 1, 1) + datetime.timedelta(days=number % 600)
                writer.writerow(
                    [f"A-{number}", f"Customer {number % 977}", f"City {number % 31}", f"{number % 500}.25", day, "yes"]
                )
        limits = Limits(file_size=200 * MIB, output=400 * MIB)
        whole, document = _timed(lambda: read(path, name=path.name, limits=limits))
        bare, _none = _timed(lambda: read(path, name=path.name, limits=Limits(cells=0, file_size=200 * MIB, output=400 * MIB)))
        [table] = document.tables
        asked, result = _timed(lambda: asking.ask([table], "SELECT city, sum(amount) FROM orders WHERE paid GROUP BY 1"))
        assert len(result.rows) == min(31, count)
        times = f"read {whole:.2f} s, without tables {bare:.2f} s, asked {asked:.2f} s"
        print(f"{count} rows: {times}, {len(table.rows) / MIB:.2f} MiB kept")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _clean(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _exact(value: object) -> object:
    try:
        return Decimal(f"{float(str(value)):.6f}").normalize()
    except ValueError:
        return value


def _sum(rows: Rows, name: str) -> float:
    return sum(float(row[name] or 0) for row in rows)


def _sums(rows: Rows, by: str, name: str) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        found[row[by]] += float(row[name])
    return dict(found)


if __name__ == "__main__":
    main()
