"""What a card shows, ready for its template: shares of the width, points of a line, numbers as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from frontdesk.sdk.widgets import Note, Number, Ranking, Trend, Unit, View

# The drawing's own units; it is stretched to the card.
WIDTH, HEIGHT, MARGIN = 600, 120, 6
A_CHANGE = 0.005


@dataclass(frozen=True, slots=True)
class Drawing:
    """A template, and what it needs beside `view`."""

    template: str
    view: View
    parts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """`good` is None where nothing changed."""

    text: str
    icon: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: str
    percent: float
    link: str


def draw(view: View) -> Drawing:
    """Every view that `sdk.widgets.checked` lets through can be drawn."""
    match view:
        case Number():
            value = amount(view.value, view.unit) if view.value is not None else ""
            parts = {"value": value, "change": _change(view.change, view.more_is_better) if view.change is not None else None}
            return Drawing("studio/home/views/number.html", view, parts)
        case Trend():
            return Drawing("studio/home/views/trend.html", view, _line(view))
        case Ranking():
            return Drawing("studio/home/views/ranking.html", view, {"bars": _bars(view)})
        case Note():
            return Drawing("studio/home/views/note.html", view, {})


def amount(value: float, unit: Unit = "") -> str:
    """ "1,234", "87%", "3.2 s", "2.5 min"."""
    if unit == "%":
        return _("%(n)s%%") % {"n": _plain(value, 0)}
    if unit == "s" and value >= 90:
        return _("%(n)s min") % {"n": _plain(value / 60, 1)}
    return _("%(n)s s") % {"n": _plain(value, 1)} if unit == "s" else _plain(value, 1)


def _plain(value: float, places: int) -> str:
    """Decimals only of what is small and has some."""
    if abs(value) >= 100 or round(value, places) == round(value):
        return intcomma(round(value))
    return number_format(round(value, places), decimal_pos=places)


def _change(change: float, more_is_better: bool) -> Change:
    if abs(change) < A_CHANGE:
        return Change(_("As in the days before"), "trending_flat", None)
    percent = _plain(100 * abs(change), 0)
    text = _("%(n)s%% more than before") if change > 0 else _("%(n)s%% less than before")
    return Change(text % {"n": percent}, "trending_up" if change > 0 else "trending_down", (change > 0) == more_is_better)


def _line(view: Trend) -> dict[str, Any]:
    """`line` and `area` are points of an SVG of WIDTH by HEIGHT, from the first day at its left to the last."""
    days = [(_day(day), value, amount(value, view.unit)) for day, value in view.points]
    highest = max((value for _name, value, _words in days), default=0.0)
    lowest = min(0.0, *(value for _name, value, _words in days)) if days else 0.0
    step = WIDTH / max(1, len(days) - 1)
    span = (highest - lowest) or 1.0
    points = [
        f"{number * step:.1f},{HEIGHT - MARGIN - (value - lowest) / span * (HEIGHT - 2 * MARGIN):.1f}"
        for number, (_name, value, _words) in enumerate(days)
    ]
    most = max(days, key=lambda each: each[1]) if highest > 0 else None
    return {
        "days": days,
        "line": " ".join(points),
        "area": " ".join([f"0,{HEIGHT}", *points, f"{WIDTH},{HEIGHT}"]),
        "total": amount(view.total, view.unit) if view.total is not None else "",
        "most": _("Most on %(day)s: %(n)s") % {"day": most[0], "n": most[2]} if most else "",
        "width": WIDTH,
        "height": HEIGHT,
    }


def _day(day: date) -> str:
    return date_format(day, "j M")


def _bars(view: Ranking) -> list[Bar]:
    most = max((row.value for row in view.rows), default=0.0) or 1.0
    return [
        Bar(row.name, amount(row.value, view.unit), round(max(0.0, min(100 * row.value / most, 100.0)), 1), row.link)
        for row in view.rows
    ]
