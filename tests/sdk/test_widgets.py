"""What a plugin may show on a card, and what the host refuses to draw."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from frontdesk.sdk.widgets import Bar, Note, Number, Ranking, Trend, checked

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    "view",
    [
        Number(3, "answers"),
        Number(None, "answers", empty="None yet"),
        Trend([(DAY, 1.5), (DAY, 2)], "by day", total=3.5),
        Trend([], "by day"),
        Ranking([Bar("Menu", 3, "/studio/knowledge/?words=a%20b")], "most"),
        Note("All is well.", "/studio/", "Home"),
    ],
)
def test_what_can_be_drawn_passes(view: Any) -> None:
    assert checked(view) is view


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        ("<b>3</b>", "not str"),
        (None, "not NoneType"),
        (Number("3", "answers"), "is not a number"),
        (Number(float("nan"), "answers"), "is not a number"),
        (Number(3, "x" * 301), "at most 300 characters"),
        (Number(3, None), "at most 300 characters"),
        (Trend([(DAY, float("inf"))], "by day"), "is not a number"),
        (Trend([("2026-11-21", 1)], "by day"), "a day and a number"),
        (Trend([(DAY + timedelta(days=number), 1) for number in range(400)], "by day"), "at most 366 points"),
        (Ranking([Bar("Menu", True)], "most"), "is not a number"),
        (Ranking([Bar("Menu", 1)] * 25, "most"), "at most 24 bars"),
        (Ranking([Bar("Menu", 1, "https://example.org/")], "most"), "begin with /studio/"),
        (Note("Look", "javascript:alert(1)", "here"), "begin with /studio/"),
        (Note("Look", "//example.org/studio/", "here"), "begin with /studio/"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(view: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        checked(view)
