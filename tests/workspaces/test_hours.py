"""Opening hours: several spans a day, holidays, nights, the days on which clocks change, and what is said when it is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.workspaces import actions, hours
from frontdesk.workspaces.models import Workspace

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = [{"opens": "09:00", "closes": "17:00"}]
LUNCH = [{"opens": "12:00", "closes": "14:30"}, {"opens": "18:00", "closes": "23:00"}]
NIGHT = [{"opens": "20:00", "closes": "03:00"}]
ALL_DAY = [{"opens": "00:00", "closes": "00:00"}]


def business(*week, zone="Europe/Berlin", **fields) -> Workspace:
    days = [*week, *[[]] * (7 - len(week))]
    value = hours.parse({"enabled": True, "week": days, **fields}).model_dump(mode="json")
    return Workspace(name="Café", language="en", time_zone=zone, opening_hours=value)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-23 11:59", False, "2026-11-23 12:00"),
        ("2026-11-23 12:00", True, None),
        ("2026-11-23 14:29", True, None),
        ("2026-11-23 14:30", False, "2026-11-23 18:00"),
        ("2026-11-23 22:59", True, None),
        ("2026-11-23 23:00", False, "2026-11-24 12:00"),
        ("2026-11-25 13:00", False, "2026-11-30 12:00"),
    ],
)
def test_several_spans_a_day(moment, is_open, opens) -> None:
    café = business(LUNCH, LUNCH)
    assert hours.open_at(café, at(moment)) is is_open
    assert hours.next_opening(café, at(moment)) == (at(opens) if opens else None)


def test_who_never_said_is_always_open() -> None:
    assert hours.open_at(Workspace(), at("2026-12-25 03:00"))
    assert hours.next_opening(Workspace(), at("2026-12-25 03:00")) is None


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    bar = business([], [], [], [], NIGHT)
    assert hours.open_at(bar, at("2026-11-28 02:59")), "Friday's night, on Saturday"
    assert not hours.open_at(bar, at("2026-11-28 03:00"))
    assert not hours.open_at(bar, at("2026-11-28 21:00"))
    assert hours.open_since(bar, at("2026-11-28 01:00")) == at("2026-11-27 20:00")


def test_a_whole_day_has_no_gap_at_midnight() -> None:
    shop = business(*[ALL_DAY] * 7)
    assert all(hours.open_at(shop, at(f"2026-11-2{day} {clock}")) for day in (3, 4) for clock in ("00:00", "12:00", "23:59"))


def test_the_clock_is_that_of_the_business() -> None:
    tokyo = business(NINE_TO_FIVE, zone="Asia/Tokyo")
    assert hours.open_at(tokyo, datetime(2026, 11, 23, 0, 30, tzinfo=UTC)), "half past nine in Tokyo"
    assert not hours.open_at(tokyo, at("2026-11-23 10:00"))


def test_holidays_and_special_hours_come_before_the_week() -> None:
    special = [
        {"date": "2026-12-24", "until": "2026-12-26", "name": "Christmas"},
        {"date": "2026-12-27", "spans": [{"opens": "10:00", "closes": "12:00"}]},
    ]
    café = business(*[NINE_TO_FIVE] * 7, special=special)
    assert not any(hours.open_at(café, at(f"2026-12-{day} 10:00")) for day in (24, 25, 26))
    assert hours.next_opening(café, at("2026-12-24 08:00")) == at("2026-12-27 10:00")
    assert not hours.open_at(café, at("2026-12-27 13:00"))
    assert hours.open_at(café, at("2026-12-28 10:00"))


def test_a_business_that_never_opens_says_so() -> None:
    assert hours.next_opening(business(), at("2026-11-23 10:00")) is None
    assert "{back}" not in hours.said_outside(business(texts={"en": "Back {back}."}), "en", at("2026-11-23 10:00"))


# --- the days on which clocks change --------------------------------------------------------------------------------


def test_an_hour_that_comes_twice_counts_whole() -> None:
    """On 25 October 2026 it is 2:30 twice in Berlin: at 0:30 and at 1:30 of UTC."""
    bar = business([], [], [], [], [], [{"opens": "20:00", "closes": "02:30"}])
    inside = [datetime(2026, 10, 25, 0, 29, tzinfo=UTC), datetime(2026, 10, 25, 1, 29, tzinfo=UTC)]
    assert all(hours.open_at(bar, moment) for moment in inside)
    assert not hours.open_at(bar, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    baker = business(*[[]] * 6, [{"opens": "02:30", "closes": "05:00"}])
    opens = hours.next_opening(baker, at("2026-10-25 00:00"))
    assert opens is not None and opens.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_that_is_skipped_is_the_one_that_comes_instead() -> None:
    """On 29 March 2026 it is 3:00 after 1:59 in Berlin."""
    baker = business(*[[]] * 6, [{"opens": "02:30", "closes": "05:00"}])
    opens = hours.next_opening(baker, at("2026-03-29 00:00"))
    assert opens == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert f"{opens:%H:%M}" == "03:30"
    gone = business(*[[]] * 6, [{"opens": "02:00", "closes": "02:45"}])
    assert hours.open_at(gone, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert not hours.open_at(gone, datetime(2026, 3, 29, 1, 45, tzinfo=UTC))


def test_nine_oclock_stays_nine_oclock_when_clocks_change() -> None:
    café = business(*[NINE_TO_FIVE] * 7)
    assert hours.next_opening(café, at("2026-03-28 18:00")) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert hours.next_opening(café, at("2026-03-27 18:00")) == datetime(2026, 3, 28, 8, 0, tzinfo=UTC)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"week": [[*NINE_TO_FIVE, {"opens": "16:00", "closes": "18:00"}], *[[]] * 6]}, "overlap: 09:00–17:00 and 16:00–18:00"),
        ({"week": [[*NIGHT, {"opens": "21:00", "closes": "22:00"}], *[[]] * 6]}, "overlap"),
        ({"week": [[]] * 6}, "at least 7"),
        ({"special": [{"date": "2026-12-25", "until": "2026-12-24"}]}, "last day comes before the first"),
        ({"special": [{"date": "2026-12-24", "until": "2026-12-26"}, {"date": "2026-12-25"}]}, "stands there twice"),
        ({"texts": {"klingon": "nuqneH"}}, "no language"),
        ({"outside": "never"}, "Input should be"),
        ({"week": [[{"opens": "25:00", "closes": "26:00"}], *[[]] * 6]}, "hour value"),
        ({"week": [[{"opens": "09:00Z", "closes": "17:00+02:00"}], *[[]] * 6]}, "your own time zone"),
    ],
)
def test_what_makes_no_sense_is_said(value, sentence) -> None:
    with pytest.raises(Invalid) as refused:
        hours.parse(value)
    assert sentence in refused.value.errors[0]["message"]
    assert refused.value.errors[0]["field"].startswith("opening_hours.")


@pytest.mark.django_db
def test_only_owners_change_them(owner, editor, in_workspace) -> None:
    value = {"enabled": True, "week": [NINE_TO_FIVE, *[[]] * 6]}
    with pytest.raises(NotAllowed):
        actions.change_workspace(editor, opening_hours=value)
    workspace = actions.change_workspace(owner, opening_hours=value)
    assert hours.read(workspace).spans_on(date(2026, 11, 23))[0].closes.hour == 17


# --- what is said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-11-23 08:00", "today at 9 a.m."),
        ("2026-11-23 18:00", "tomorrow at 9 a.m."),
        ("2026-11-27 18:00", "on Monday at 9 a.m."),
        ("2026-12-21 18:00", "on 4 January at 9 a.m."),
    ],
)
def test_when_it_opens_is_said_as_people_say_it(now, said) -> None:
    closed = [{"date": "2026-12-22", "until": "2027-01-03"}]
    café = business(*[NINE_TO_FIVE] * 5, special=closed)
    expected = f"We are closed at the moment. Your message is kept, and {said} a colleague will answer you."
    assert hours.said_outside(café, "en", at(now)) == expected


def test_the_owners_words_in_the_customers_language_or_the_teams() -> None:
    texts = {"en": "Closed. Back {back}.", "de": "Geschlossen, wieder da {back}.", "ar": "مغلق، نعود {back}."}
    café, now = business(NINE_TO_FIVE, NINE_TO_FIVE, texts=texts), at("2026-11-23 18:00")
    assert hours.said_outside(café, "fr", now) == "Closed. Back tomorrow at 9 a.m."
    assert hours.said_outside(café, "de", now).startswith("Geschlossen, wieder da ")
    assert hours.said_outside(café, "ar", now).startswith("مغلق، نعود ")
    with translation.override("ar"):
        assert hours.said_outside(café, "en", now) == "Closed. Back tomorrow at 9 a.m.", "not in the language of the request"
