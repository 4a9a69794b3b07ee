"""Figures are counted from what happened: in the business's days, without tests, of this business alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frontdesk.billing import actions as billing
from frontdesk.core.scoping import scope
from frontdesk.insights import dimensions, measures
from frontdesk.insights.figures import MOST_QUESTIONS, WorkspaceFigures
from frontdesk.insights.periods import last_days, zone_of
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.sdk.errors import DataRefused
from frontdesk.sdk.manifest import Manifest, Permissions
from frontdesk.sdk.widgets import MOST_BARS
from frontdesk.workspaces.models import Workspace

pytestmark = pytest.mark.django_db
UTC_ZONE = ZoneInfo("UTC")
NOBODYS = Workspace(name="Nobody's")
MENU = {"n": 1, "title": "Menu.pdf", "source_id": 0}


def week(zone: ZoneInfo = UTC_ZONE) -> Any:
    return last_days(7, zone=zone)


def total(measure: str, **period: Any) -> float:
    return measures.total(measure, last_days(period.pop("days", 7), zone=UTC_ZONE, **period))


def top(dimension: str, workspace: Any, limit: int = 5) -> list[tuple[str, float]]:
    return dimensions.top(dimension, workspace, week(), limit)


def test_what_is_said_is_counted(ask) -> None:
    ask("Are dogs welcome?", sources=[MENU], rating="up")
    ask("Do you have oat milk?", rating="down", person="We do.")
    ask("Hello")
    wanted = {"conversations": 3, "questions": 3, "answers": 3, "handed_over": 1, "not_found": 1, "helpful": 1, "not_helpful": 1}
    assert {measure: total(measure) for measure in wanted} == wanted


@pytest.mark.parametrize(
    ("question", "counts"),
    [("Hi", 0), ("Thank you!", 0), ("Parking?", 1), ("أين الموقف؟", 1), ("tell me the prices", 1)],
)
def test_greetings_need_no_source(ask, question: str, counts: int) -> None:
    ask(question)
    assert total("not_found") == counts


def test_whoever_waits_for_a_person_is_handed_over_too(ask) -> None:
    ask("Can I speak to somebody?", status="support_active")
    ask("When do you open?", status="closed")
    assert total("handed_over") == 1


def test_tests_and_trials_are_left_out(ask, answered) -> None:
    ask("Are dogs welcome?", test=True, rating="up", person="Yes")
    answered(5, test=True)
    answered(5, test=True, state="failed")
    assert {measure: total(measure) for measure in measures.MEASURES} == dict.fromkeys(measures.MEASURES, 0)


def test_answers_take_their_average_time_and_failures_count(answered) -> None:
    answered(2)
    answered(4)
    answered(60, state="failed")
    assert (total("answer_seconds"), total("failed")) == (3, 1)


def test_what_is_held_and_not_given_back_is_spent(in_workspace) -> None:
    for cost in (3, 0):
        reference = f"run:{uuid4()}"
        billing.hold(in_workspace, 10, reference)
        billing.settle(in_workspace, reference, cost)
    billing.grant(in_workspace, 500)
    assert total("credits") == 3


def test_the_period_before_is_the_period_before(ask) -> None:
    now = timezone.now()
    for days in (0, 6, 7, 13, 14):
        ask("When?", at=now - timedelta(days=days))
    assert [total("conversations", before=before) for before in (0, 7, 14)] == [2, 2, 1]


def test_a_day_begins_at_midnight_of_the_business(ask) -> None:
    zone = ZoneInfo("Asia/Tokyo")
    midnight = datetime.combine(timezone.localdate(timezone=zone), datetime.min.time(), tzinfo=zone)
    ask("When?", at=midnight)
    ask("When?", at=midnight - timedelta(seconds=1))
    *_earlier, yesterday, today = measures.daily("conversations", week(zone))
    assert (yesterday[1], today[1]) == (1, 1)
    assert (today[0], today[0] - yesterday[0]) == (midnight.date(), timedelta(days=1))


def test_days_without_anything_are_there(ask) -> None:
    ask("When?")
    days = measures.daily("questions", week())
    assert [value for _day, value in days] == [0, 0, 0, 0, 0, 0, 1]
    assert days[0][0] == timezone.now().astimezone(UTC).date() - timedelta(days=6)


def test_a_day_of_a_clock_change_has_its_own_length() -> None:
    period = last_days(1, zone=ZoneInfo("Europe/Berlin"))
    sunday = replace(period, first=date(2026, 10, 25), last=date(2026, 10, 25))
    assert sunday.end.astimezone(UTC) - sunday.begin.astimezone(UTC) == timedelta(hours=25)


def test_the_most_of_each(ask, in_workspace) -> None:
    base = KnowledgeBase.objects.create(workspace=in_workspace, name="Menu")
    source = Source.objects.create(workspace=in_workspace, base=base, kind="text", name="New name")
    at = datetime.now(UTC).replace(hour=0, minute=0, second=1, microsecond=0)
    cited = {**MENU, "source_id": source.pk}
    ask("Are dogs welcome?", sources=[cited, {**cited, "n": 2}], at=at)
    ask("Is there cake today?", sources=[{**MENU, "title": "Gone.pdf", "source_id": 10**9}], at=at)
    ask("Prices  of oat\nmilk?", at=at)
    ask("Prices  of oat\nmilk?", at=at)
    assert top("source", in_workspace) == [("Gone.pdf", 1), ("New name", 1)]
    assert top("agent", in_workspace) == [("Mila", 4)]
    assert top("channel", in_workspace) == [("widget", 4)]
    assert top("hour", in_workspace) == [("0", 4)]
    assert top("weekday", in_workspace) == [(str(at.isoweekday()), 4)]
    assert top("question_not_found", in_workspace) == [("Prices of oat milk?", 2)]


@pytest.mark.parametrize("dimension", dimensions.DIMENSIONS)
def test_no_more_than_asked_for_in_few_queries(ask, in_workspace, dimension: str) -> None:
    for number in range(4):
        ask(f"Is there cake number {number}?", sources=[{**MENU, "source_id": number}] if dimension == "source" else [])
    with CaptureQueriesContext(connection) as queries:
        assert len(top(dimension, in_workspace, limit=2)) <= 2
    assert len(queries) <= 2


@pytest.mark.parametrize("measure", measures.MEASURES)
def test_a_measure_is_one_query(in_workspace, measure: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        measures.total(measure, week())
        measures.daily(measure, week())
    assert len(queries) == 2


def test_nothing_of_others_is_counted(ask, in_workspace, stranger) -> None:
    ask("Are dogs welcome?", sources=[MENU])
    with scope(workspace=stranger.workspace):
        assert total("conversations") == 0
        assert [top(dimension, stranger.workspace) for dimension in dimensions.DIMENSIONS] == [[]] * len(dimensions.DIMENSIONS)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_period_has_its_limits(days: int) -> None:
    with pytest.raises(ValueError, match="days must be 1 to 366"):
        last_days(days, zone=UTC_ZONE)


def test_an_odd_time_zone_is_utc() -> None:
    assert {zone_of(name).key for name in ("", "Nowhere/Else", "../etc/passwd", "UTC")} == {"UTC"}


@pytest.mark.parametrize("call", [lambda: measures.total("mood", week()), lambda: dimensions.top("mood", None, week(), 3)])
def test_what_is_not_counted_is_said(call) -> None:
    with pytest.raises(ValueError, match="there is no .* 'mood'"):
        call()


def figures(workspace: Any, *data: str) -> WorkspaceFigures:
    asks = Permissions(data=data)
    return WorkspaceFigures(workspace, Manifest("mine", "Mine", "1.0", ">=0", permissions=asks))


@pytest.mark.django_db(transaction=True)
async def test_a_plugin_gets_the_data_that_it_asked_for(workspace) -> None:
    counted = figures(workspace, "figures", "conversations")
    assert await counted.total("conversations", days=7) == 0
    assert len(await counted.daily("credits", days=30)) == 30
    assert await counted.top("question_not_found", days=7, limit=MOST_BARS * 10) == []


async def test_a_plugin_gets_no_data_that_it_did_not_ask_for() -> None:
    with pytest.raises(DataRefused, match="did not ask for the data “figures”"):
        await figures(NOBODYS, "conversations").total("conversations", days=7)
    with pytest.raises(DataRefused, match="did not ask for the data “conversations”"):
        await figures(NOBODYS, "figures").top("question_not_found", days=7)


@pytest.mark.django_db(transaction=True)
async def test_a_card_that_asks_in_a_loop_is_ended(workspace) -> None:
    counted = figures(workspace, "figures")
    for _number in range(MOST_QUESTIONS):
        await counted.total("answers", days=1)
    with pytest.raises(DataRefused, match="more than 12 figures"):
        await counted.total("answers", days=1)
