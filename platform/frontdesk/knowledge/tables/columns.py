"""Columns of cells → typed columns. What a value means is decided for its whole column, and where that leaves two readings, as in
most of the other columns of the table."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from .names import identifier
from .values import Amount, DateOrder, NumberStyle, amount, boolean, is_code, is_nothing, moment

Type = Literal["text", "integer", "decimal", "date", "datetime", "boolean"]
# As much of a column must be of a type; what is not stands beside it, in a column of its own.
MOSTLY = 0.8
LONGEST_TEXT = 2_000
# Digits after the point that are added exactly; with more a column holds binary fractions.
FINEST = 10
MOST_DIGITS = 28
SAMPLES = 8
LONGEST_SAMPLE = 60


class Cell(NamedTuple):
    """`value` is what the file holds (None, text, a number, a date, …), `text` what is shown of it."""

    value: object
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """`unit` is a currency or `%` (then 0.12 stands for 12 %); `scale` the digits after the point, None for binary fractions.

    `note` is "day_first" where nothing in the table tells whether 03/04 is in March or in April.
    """

    name: str
    label: str
    type: Type
    filled: int
    unit: str = ""
    scale: int | None = 0
    note: str = ""
    samples: tuple[str, ...] = ()


class _Typed(NamedTuple):
    """A column before it has a name. `suffix` tells what it holds of the column that it was split from."""

    type: Type
    values: list[object]
    unit: str = ""
    scale: int | None = 0
    note: str = ""
    suffix: str = ""


class Reading(NamedTuple):
    """How the numbers and dates of a table are written."""

    style: NumberStyle
    order: DateOrder
    sure_of_order: bool


def typed(
    labels: Sequence[str], vectors: Sequence[Sequence[Cell]], *, style: NumberStyle = "."
) -> tuple[list[Column], list[list[object]]]:
    """The columns and their values: int, Decimal, float, bool, date, datetime, text or None. `style` is for want of a sign."""
    whole = _reading([cell for vector in vectors for cell in vector], Reading(style, "dmy", sure_of_order=False))
    columns: list[Column] = []
    values: list[list[object]] = []
    taken = {"_row"}
    for number, (label, vector) in enumerate(zip(labels, vectors, strict=True), 1):
        first = identifier(label, taken, otherwise=f"column_{number}")
        for part in _split(vector, whole):
            name = identifier(f"{first}_{part.suffix}", taken, otherwise=first) if part.suffix else first
            taken.add(name)
            shown = f"{label} ({part.suffix})" if part.suffix else label
            filled = [value for value in part.values if value is not None]
            samples = tuple(as_text(value)[:LONGEST_SAMPLE] for value in Counter(filled[:5_000]))[:SAMPLES]
            columns.append(Column(name, shown or name, part.type, len(filled), part.unit, part.scale, part.note, samples))
            values.append(part.values)
    return columns, values


def as_text(value: object) -> str:
    """A value as it is written down: no exponents, ISO 8601."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _reading(cells: Sequence[Cell], otherwise: Reading) -> Reading:
    """How these cells are written, as those tell that can be read in one way only."""
    styles: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    for text in {cell.text for cell in cells if isinstance(cell.value, str) and any(map(str.isdecimal, cell.text))}:
        point, comma = amount(text, "."), amount(text, ",")
        if (point is None) != (comma is None):
            styles["." if comma is None else ","] += 1
        day_first, month_first = moment(text, "dmy"), moment(text, "mdy")
        if (day_first is None) != (month_first is None):
            orders["dmy" if month_first is None else "mdy"] += 1
    style: NumberStyle = "." if styles["."] > styles[","] else "," if styles["."] < styles[","] else otherwise.style
    order: DateOrder = "dmy" if orders["dmy"] > orders["mdy"] else "mdy" if orders["dmy"] < orders["mdy"] else otherwise.order
    return Reading(style, order, sure_of_order=otherwise.sure_of_order or orders["dmy"] != orders["mdy"])


def _split(vector: Sequence[Cell], whole: Reading) -> Iterator[_Typed]:
    """The column, and beside it what does not fit its type."""
    held = [None if cell.value is None or (isinstance(cell.value, str) and is_nothing(cell.text)) else cell for cell in vector]
    filled = [cell for cell in held if cell is not None]
    reading = _reading(filled, whole)
    found = (_booleans(held) or _moments(held, reading) or _numbers(held, reading)) if filled else None
    if found is None:
        yield _Typed("text", [None if cell.value is None else cell.text[:LONGEST_TEXT] or None for cell in vector])
        return
    yield found[0]
    yield from found[1:]
    rest = [
        None if cell is None or value is not None else cell.text[:LONGEST_TEXT]
        for cell, value in zip(held, found[0].values, strict=True)
    ]
    if any(rest):
        yield _Typed("text", list(rest), suffix="text")


def _fits(values: Sequence[object], held: Sequence[Cell | None]) -> bool:
    good = sum(value is not None for value in values)
    wanted = sum(cell is not None for cell in held)
    return good == wanted or (good >= 2 and good >= MOSTLY * wanted)


def _booleans(held: Sequence[Cell | None]) -> list[_Typed] | None:
    values = [
        None
        if cell is None
        else cell.value
        if isinstance(cell.value, bool)
        else boolean(cell.text)
        if isinstance(cell.value, str)
        else None
        for cell in held
    ]
    whole = all((cell is None) == (value is None) for cell, value in zip(held, values, strict=True))
    return [_Typed("boolean", values)] if whole else None


def _moments(held: Sequence[Cell | None], reading: Reading) -> list[_Typed] | None:
    values = [None if cell is None else _moment(cell, reading.order) for cell in held]
    if not _fits(values, held):
        return None
    timed = any(isinstance(value, datetime.datetime) and value.time() != datetime.time() for value in values)
    if timed:
        values = [value if value is None else _as_datetime(value) for value in values]
    else:
        values = [value.date() if isinstance(value, datetime.datetime) else value for value in values]
    return [_Typed("datetime" if timed else "date", list(values), note=_doubt(held, reading))]


def _moment(cell: Cell, order: DateOrder) -> datetime.date | datetime.datetime | None:
    if isinstance(cell.value, datetime.date):
        return cell.value
    return moment(cell.text, order) if isinstance(cell.value, str) else None


def _as_datetime(value: datetime.date) -> datetime.datetime:
    return value if isinstance(value, datetime.datetime) else datetime.datetime.combine(value, datetime.time())


def _doubt(held: Sequence[Cell | None], reading: Reading) -> str:
    if reading.sure_of_order:
        return ""
    texts = {cell.text for cell in held if cell is not None and isinstance(cell.value, str)}
    return "day_first" if any(moment(text, "dmy") != moment(text, "mdy") for text in texts) else ""


def _numbers(held: Sequence[Cell | None], reading: Reading) -> list[_Typed] | None:
    amounts = [None if cell is None else _amount(cell, reading.style) for cell in held]
    codes = any(cell is not None and isinstance(cell.value, str) and is_code(cell.text) for cell in held)
    if codes or not _fits(amounts, held):
        return None
    numbers = [None if each is None else each.number for each in amounts]
    units = Counter(each.unit for each in amounts if each is not None)
    kind, values, scale = _stored(numbers)
    mixed = len(set(units) - {""}) > 1
    found = [_Typed(kind, values, "" if mixed else max(units), scale)]
    if mixed:
        found.append(_Typed("text", [None if each is None else each.unit or None for each in amounts], suffix="unit"))
    return found


def _amount(cell: Cell, style: NumberStyle) -> Amount | None:
    """Of a number that the file holds, only the unit is taken from what is shown."""
    if isinstance(cell.value, str):
        return amount(cell.text, style)
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float | Decimal):
        return None
    number = Decimal(cell.value) if isinstance(cell.value, int) else Decimal(f"{cell.value:.15g}")
    shown = amount(cell.text, ".")
    return Amount(number, shown.unit if shown else "") if number.is_finite() else None


def _stored(numbers: Sequence[Decimal | None]) -> tuple[Type, list[object], int | None]:
    """Whole numbers, exact decimals where their digits suffice, or else binary fractions."""
    plain = [None if number is None else number.normalize() for number in numbers]
    exponents = [int(number.as_tuple().exponent) for number in plain if number is not None]
    scale = max(0, -min(exponents, default=0))
    largest = max((number.adjusted() for number in plain if number is not None), default=0)
    if scale == 0 and largest < 18:
        return "integer", [None if number is None else int(number) for number in plain], 0
    if scale <= FINEST and largest < MOST_DIGITS - FINEST:
        return "decimal", list(plain), scale
    return "decimal", [None if number is None else float(number) for number in plain], None
