"""The golden set: sheets with odd layouts, questions about them, and the results as a person reads them off the sheet.

`GOLD` holds (sheet, SQL, rows, rows of the sheet that the answer comes from). The results are written by hand, never computed by
the code under test.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from .sheets import workbook

Make = Callable[[Path], Path]
SHEETS: dict[str, Make] = {}


def _sheet(*rows: Any, fill: Callable[[Worksheet], None] = lambda sheet: None, name: str = "Data") -> Make:
    return lambda folder: workbook(folder / "a.xlsx", *rows, fill=fill, sheet=name)


def _csv(text: str, encoding: str = "utf-8") -> Make:
    def write(folder: Path) -> Path:
        path = folder / "list.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def _merge(*areas: str) -> Callable[[Worksheet], None]:
    def merge(sheet: Worksheet) -> None:
        for area in areas:
            sheet.merge_cells(area)

    return merge


def _formats(column: str, number_format: str) -> Callable[[Worksheet], None]:
    def style(sheet: Worksheet) -> None:
        for cell in sheet[column][1:]:
            cell.number_format = number_format

    return style


def _calculated(path: Path, results: dict[str, str]) -> Path:
    """The workbook as a spreadsheet program saves it: formulas with their results."""
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    xml = parts[sheet].decode()
    for formula, result in results.items():
        xml, found = re.subn(rf"(<f>{re.escape(formula)}</f>)<v(?: ?/>|></v>)", rf"\1<v>{result}</v>", xml)
        assert found == 1
    with zipfile.ZipFile(path, "w") as new:
        for name, data in {**parts, sheet: xml.encode()}.items():
            new.writestr(name, data)
    return path


def _right_to_left(sheet: Worksheet) -> None:
    sheet.sheet_view.rightToLeft = True


D = datetime.date
SHEETS |= {
    "plain": _sheet(["Item", "Price", "Stock"], ["Chair", 20, 3], ["Table", 99.5, 1], ["Lamp", 45, None]),
    "titled": _sheet(
        ["Price list 2025"], ["Prepared for customers"], [], ["Item", "Price"], ["Soup", 4.5], ["Salad", 6], ["Steak", 21]
    ),
    "dated": _sheet(["Date", "2025-01-01"], ["Item", "Size", "Price", "Stock"], ["Shirt", "M", 15, 4], ["Shirt", "L", 17, 2]),
    "merged": _sheet(
        ["Region", "City", "Shops"], ["North", "Oslo", 4], [None, "Bergen", 2], ["South", "Rome", 7], [None, "Bari", 1],
        fill=_merge("A2:A3", "A4:A5"),
    ),
    "two headers": _sheet(
        ["Product", "2024", None, "2025", None], [None, "Sold", "Returned", "Sold", "Returned"], ["Bike", 10, 1, 14, 2],
        ["Helmet", 30, 0, 25, 5], fill=_merge("A1:A2", "B1:C1", "D1:E1"),
    ),
    "total": _sheet(["Month", "Revenue"], ["January", 100], ["February", 150], ["March", 250], ["Total", 500]),
    "total without a word": _sheet(["Month", "Revenue", "Cost"], ["Jan", 10, 4], ["Feb", 20, 5], ["Mar", 30, 7], [None, 60, 16]),
    "total below a blank row": _sheet(["Month", "Revenue"], ["Jan", 10], ["Feb", 20], [], ["Grand total:", 30]),
    "subtotals": _sheet(
        ["Item", "Amount"], ["Fruit"], ["Apple", 3], ["Pear", 4], ["Total fruit", 7], ["Drinks"], ["Water", 1], ["Juice", 5],
        ["Total drinks", 6], ["Total", 13],
    ),
    "average": _sheet(["Name", "Score"], ["Ann", 10], ["Ben", 20], ["Average", 15]),
    "a shop called Total": _sheet(["Customer", "Orders"], ["Total Wine", 5], ["Acme", 7], ["Summit", 9]),
    "german": _sheet(["Artikel", "Preis"], ["Stuhl", "1.234,56 €"], ["Tisch", "99,00 €"], ["Summe", "1.333,56 €"]),
    "french": _sheet(["Article", "Prix"], ["Chaise", "1 234,50 €"], ["Table", "12,25 €"], ["Lampe", "3 000 €"]),
    "swiss": _sheet(["Posten", "Betrag"], ["Miete", "CHF 1'500.50"], ["Strom", "CHF 99.50"], ["Wasser", "CHF 10.00"]),
    "one reading by another column": _sheet(["Teil", "Gewicht", "Preis"], ["A", "1.500", "2,50"], ["B", "2.250", "7,75"]),
    "thousands": _sheet(["City", "People"], ["Aden", "1,000,000"], ["Basel", "178,000"], ["Bonn", "336,465"]),
    "arabic": _sheet(
        ["الصنف", "السعر", "التاريخ"], ["قهوة", "١٢٫٥٠", "٠١/٠٢/٢٠٢٥"], ["شاي", "٨", "١٥/٠٢/٢٠٢٥"],
        ["كعك", "١٬٢٠٠", "٢٨/٠٢/٢٠٢٥"],
        ["المجموع", "١٬٢٢٠٫٥٠", None], fill=_right_to_left, name="الأسعار",
    ),
    "day first": _sheet(["Event", "Date"], ["Opening", "31.12.2025"], ["Party", "05.03.2025"], ["Fair", "17.06.2025"]),
    "month first": _sheet(["Event", "Date"], ["Opening", "12/31/2025"], ["Party", "03/05/2025"], ["Fair", "06/17/2025"]),
    "either first": _sheet(["Event", "Date"], ["Opening", "01/02/2025"], ["Party", "03/05/2025"]),
    "named months": _sheet(["Fest", "Date"], ["Opening", "5 March 2025"], ["Party", "Dec 24, 2025"], ["Fest", "3. Oktober 2025"]),
    "real dates": _sheet(
        ["Task", "Due", "Done at"], ["Call", D(2025, 1, 9), datetime.datetime(2025, 1, 8, 14, 30)], ["Ship", D(2025, 2, 1), None],
    ),
    "percent": _sheet(["Plan", "Discount"], ["Basic", 0.05], ["Plus", 0.125], ["Pro", 0.2], fill=_formats("B", "0.0%")),
    "typed percent": _sheet(["Plan", "Discount"], ["Basic", "5 %"], ["Plus", "12.5 %"], ["Pro", "20 %"]),
    "currency": _sheet(["Item", "Price"], ["Pen", 1.5], ["Book", 12], fill=_formats("B", '"$"#,##0.00')),
    "two currencies": _sheet(["Item", "Price"], ["Pen", "€ 1.50"], ["Book", "$ 12.00"], ["Cup", "€ 3.00"]),
    "negative": _sheet(["Account", "Balance"], ["A", "(1,200.50)"], ["B", "300.00"], ["C", "-50.25"]),
    "yes and no": _sheet(["Room", "Sea view"], ["101", "yes"], ["102", "no"], ["103", "yes"]),
    "ja und nein": _sheet(["Zimmer", "Balkon"], ["A", "ja"], ["B", "nein"], ["C", "nein"]),
    "booleans": _sheet(["Feature", "Free"], ["Chat", True], ["Calls", False]),
    "on request": _sheet(
        ["Service", "Price"], ["Cut", 20], ["Colour", 60], ["Wash", 8], ["Style", 30], ["Wedding", "on request"], ["Beard", "-"]
    ),
    "codes": _sheet(["Article", "Code"], ["Pen", "00123"], ["Book", "00456"], ["Cup", "10000"]),
    "phones": _sheet(["Branch", "Phone"], ["Bonn", "+4922812345"], ["Ulm", "+4973112345"]),
    "blank rows": _sheet(["Item", "Price"], ["Pen", 1], [], ["Book", 12], ["Cup", 3], [], ["Bag", 25]),
    "blank column": _sheet(["Item", None, "Price", "Stock"], ["Pen", None, 1, 9], ["Book", None, 12, 4]),
    "two tables": _sheet(
        ["Menu"], ["Dish", "Price"], ["Soup", 4], ["Pasta", 9], [], ["Staff"], ["Name", "Role", "Since"], ["Ann", "Cook", 2019],
        ["Ben", "Waiter", 2022],
    ),
    "side by side": _sheet(
        ["Dish", "Price", None, "Drink", "Price"], ["Soup", 4, None, "Water", 2], ["Pasta", 9, None, "Wine", 6],
        ["Steak", 21, None, None, None],
    ),
    "sections": _sheet(["Item", "Price", "Size"], ["Coffee"], ["Latte", 4, "M"], ["Mocha", 5, "L"], ["Tea"], ["Mint", 3, "M"]),
    "note at the end": _sheet(["Item", "Price"], ["Pen", 1], ["Book", 12], ["* All prices include the tax of the land."]),
    "header again": _sheet(["Item", "Price"], ["Pen", 1], ["Book", 12], ["Item", "Price"], ["Cup", 3]),
    "text that looks like formulas": _sheet(
        ["Key", "Text"], ["a", "'=1+1"], ["b", "+SUM(A1)"], ["c", "-2 left"], ["d", "@home"], ["e", "<b>x</b>"],
    ),
    "formulas without results": _sheet(["Item", "Price"], ["Pen", 2], ["Book", 3], ["Both", "=B2+B3"]),
    "same names": _sheet(["Name", "Score", "Score"], ["Ann", 1, 2], ["Ben", 3, 4]),
    "reserved names": _sheet(["Order", "Group", "2024"], ["A-1", "x", 5], ["A-2", "y", 6]),
    "no header": _sheet(["Pen", 1, 9], ["Book", 12, 4], ["Cup", 3, 7]),
    "exact cents": _sheet(["Line", "Amount"], *[[f"L{number}", 0.1] for number in range(30)]),
    "long numbers": _sheet(["Card", "Number"], ["A", "4111111111111111"], ["B", "5500005555555559"]),
    "far from the corner": _sheet([], [], [None, None, "Item", "Price"], [None, None, "Pen", 1], [None, None, "Cup", 3]),
    "semicolons": _csv("Artikel;Preis;Datum\nStuhl;1.500;01.02.2025\nTisch;99,5;03.04.2025\n"),
    "latin letters": _csv("Straße;Größe\nHöfe;1,5\nGärten;2,5\n", "cp1252"),
    "tabs": _csv("City\tShops\nOslo\t4\nRome\t7\n"),
}  # fmt: skip

_ORDERS = [["Item", "Price", "Twice"], ["Pen", 2, "=B2*2"], ["Book", 3, "=B3*2"], ["Cup", 1, "=B4*2"]]
# One of the results is not what the formula gives: it is what the program saved that counts.
SHEETS["formulas with results"] = lambda folder: _calculated(
    workbook(folder / "a.xlsx", *_ORDERS, sheet="Data"), {"B2*2": "4", "B3*2": "600", "B4*2": "2"}
)

GOLD: list[tuple[str, str, list[list[Any]], list[int] | None]] = [
    ("plain", "SELECT price FROM data WHERE item = 'Table'", [["99.5"]], [3]),
    ("plain", "SELECT item FROM data ORDER BY price DESC LIMIT 1", [["Table"]], [3]),
    ("plain", "SELECT count(*), sum(price), max(stock) FROM data", [[3, "164.5", 3]], [2, 3, 4]),
    ("plain", "SELECT item FROM data WHERE stock IS NULL", [["Lamp"]], [4]),
    ("plain", "SELECT item FROM data WHERE price = (SELECT min(price) FROM data)", [["Chair"]], [2]),
    ("titled", "SELECT avg(price) FROM price_list_2025 WHERE item <> 'Steak'", [[5.25]], [5, 6]),
    ("titled", "SELECT item FROM price_list_2025 WHERE price < 5", [["Soup"]], [5]),
    ("dated", "SELECT sum(stock) FROM data WHERE item = 'Shirt'", [[6]], [3, 4]),
    ("merged", "SELECT region, sum(shops) FROM data GROUP BY region ORDER BY 1", [["North", 6], ["South", 8]], [2, 3, 4, 5]),
    ("merged", "SELECT city FROM data WHERE region = 'South' ORDER BY city", [["Bari"], ["Rome"]], [4, 5]),
    ("two headers", "SELECT c_2025_sold - c_2024_sold FROM data WHERE product = 'Bike'", [[4]], [3]),
    ("two headers", "SELECT sum(c_2025_returned) FROM data", [[7]], [3, 4]),
    ("total", "SELECT sum(revenue), count(*) FROM data", [[500, 3]], [2, 3, 4]),
    ("total without a word", "SELECT sum(revenue), sum(cost) FROM data", [[60, 16]], [2, 3, 4]),
    ("total below a blank row", "SELECT sum(revenue), count(*) FROM data", [[30, 2]], [2, 3]),
    ("subtotals", "SELECT sum(amount), count(*) FROM data", [[13, 4]], [3, 4, 7, 8]),
    ("subtotals", "SELECT sum(amount) FROM data WHERE section = 'Drinks'", [[6]], [7, 8]),
    ("average", "SELECT avg(score), count(*) FROM data", [[15.0, 2]], [2, 3]),
    ("a shop called Total", "SELECT orders FROM data WHERE customer ILIKE 'total%'", [[5]], [2]),
    ("german", "SELECT preis FROM data WHERE artikel = 'Stuhl'", [["1234.56"]], [2]),
    ("german", "SELECT sum(preis) FROM data", [["1333.56"]], [2, 3]),
    ("french", "SELECT max(prix) FROM data", [["3000"]], [2, 3, 4]),
    ("french", "SELECT prix FROM data WHERE article = 'Chaise'", [["1234.5"]], [2]),
    ("swiss", "SELECT sum(betrag) FROM data", [["1610"]], [2, 3, 4]),
    ("one reading by another column", "SELECT sum(gewicht), sum(preis) FROM data", [[3750, "10.25"]], [2, 3]),
    ("thousands", "SELECT city FROM data WHERE people > 300000 ORDER BY people", [["Bonn"], ["Aden"]], [2, 4]),
    ("arabic", "SELECT السعر FROM الأسعار WHERE الصنف = 'قهوة'", [["12.5"]], [2]),
    ("arabic", "SELECT sum(السعر), count(*) FROM الأسعار", [["1220.5", 3]], [2, 3, 4]),
    ("arabic", "SELECT الصنف FROM الأسعار WHERE التاريخ < DATE '2025-02-10'", [["قهوة"]], [2]),
    ("day first", "SELECT date FROM data WHERE event = 'Party'", [["2025-03-05"]], [3]),
    ("day first", "SELECT event FROM data ORDER BY date DESC LIMIT 1", [["Opening"]], [2]),
    ("month first", "SELECT date FROM data WHERE event = 'Party'", [["2025-03-05"]], [3]),
    ("either first", "SELECT date FROM data WHERE event = 'Opening'", [["2025-02-01"]], [2]),
    ("named months", "SELECT fest FROM data WHERE month(date) = 10", [["Fest"]], [4]),
    ("real dates", "SELECT task FROM data WHERE due >= DATE '2025-02-01'", [["Ship"]], [3]),
    ("real dates", "SELECT done_at FROM data WHERE task = 'Call'", [["2025-01-08 14:30:00"]], [2]),
    ("percent", "SELECT discount FROM data WHERE plan = 'Plus'", [["0.125"]], [3]),
    ("typed percent", "SELECT plan FROM data WHERE discount >= 0.125 ORDER BY discount", [["Plus"], ["Pro"]], [3, 4]),
    ("currency", "SELECT sum(price) FROM data", [["13.5"]], [2, 3]),
    ("two currencies", "SELECT sum(price) FROM data WHERE price_unit = '€'", [["4.5"]], [2, 4]),
    ("negative", "SELECT sum(balance) FROM data", [["-950.75"]], [2, 3, 4]),
    ("yes and no", "SELECT room FROM data WHERE sea_view ORDER BY room", [[101], [103]], [2, 4]),
    ("ja und nein", "SELECT count(*) FROM data WHERE NOT balkon", [[2]], [3, 4]),
    ("booleans", "SELECT feature FROM data WHERE free", [["Chat"]], [2]),
    ("on request", "SELECT avg(price) FROM data", [[29.5]], [2, 3, 4, 5, 6, 7]),
    ("on request", "SELECT price_text FROM data WHERE service = 'Wedding'", [["on request"]], [6]),
    ("codes", "SELECT code FROM data WHERE article = 'Pen'", [["00123"]], [2]),
    ("phones", "SELECT phone FROM data WHERE branch = 'Ulm'", [["+4973112345"]], [3]),
    ("blank rows", "SELECT count(*), sum(price) FROM data", [[4, 41]], [2, 4, 5, 7]),
    ("blank column", "SELECT price, stock FROM data WHERE item = 'Book'", [[12, 4]], [3]),
    ("two tables", "SELECT price FROM menu WHERE dish = 'Pasta'", [[9]], [4]),
    ("two tables", "SELECT name FROM staff WHERE since < 2020", [["Ann"]], [8]),
    ("two tables", "SELECT m.dish, s.name FROM menu m, staff s WHERE s.since = 2019 AND m.price = 4", [["Soup", "Ann"]], None),
    ("side by side", "SELECT sum(price) FROM data", [[34]], [2, 3, 4]),
    ("side by side", "SELECT price FROM data_2 WHERE drink = 'Wine'", [[6]], [3]),
    ("sections", "SELECT item FROM data WHERE section = 'Coffee' AND size = 'L'", [["Mocha"]], [4]),
    ("sections", "SELECT count(*) FROM data", [[3]], [3, 4, 6]),
    ("note at the end", "SELECT count(*), sum(price) FROM data", [[2, 13]], [2, 3]),
    ("header again", "SELECT sum(price), count(*) FROM data", [[16, 3]], [2, 3, 5]),
    ("text that looks like formulas", "SELECT text FROM data WHERE key = 'b'", [["+SUM(A1)"]], [3]),
    ("text that looks like formulas", "SELECT text FROM data WHERE key = 'e'", [["<b>x</b>"]], [6]),
    ("formulas with results", "SELECT sum(twice) FROM data", [[606]], [2, 3, 4]),
    ("formulas without results", "SELECT count(price), count(*) FROM data", [[2, 3]], [2, 3, 4]),
    ("same names", "SELECT score, score_2 FROM data WHERE name = 'Ben'", [[3, 4]], [3]),
    ("reserved names", "SELECT order_, group_ FROM data WHERE c_2024 = 6", [["A-2", "y"]], [3]),
    ("no header", "SELECT sum(column_2) FROM data WHERE column_1 <> 'Pen'", [[15]], [2, 3]),
    ("exact cents", "SELECT sum(amount) FROM data", [["3"]], list(range(2, 32))),
    ("long numbers", "SELECT number FROM data WHERE card = 'A'", [["4111111111111111"]], [2]),
    ("far from the corner", "SELECT price FROM data WHERE item = 'Cup'", [[3]], [5]),
    ("semicolons", "SELECT sum(preis) FROM list", [["1599.5"]], [2, 3]),
    ("semicolons", "SELECT artikel FROM list WHERE datum = DATE '2025-04-03'", [["Tisch"]], [3]),
    ("latin letters", "SELECT größe FROM list WHERE straße = 'Gärten'", [["2.5"]], [3]),
    ("tabs", "SELECT city FROM list ORDER BY shops DESC LIMIT 1", [["Rome"]], [3]),
    ("plain", "SELECT item FROM data WHERE price > 1000", [], []),
]
