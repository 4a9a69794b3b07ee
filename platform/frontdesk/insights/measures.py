"""What is counted: for each measure its rows in a period, what to take of them. Without tests, trials and blocked customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, get_args

from django.db.models import Aggregate, Avg, Count, DurationField, ExpressionWrapper, F, Model, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from frontdesk.billing.models import LedgerEntry
from frontdesk.conversations.models import Conversation, Message
from frontdesk.runs.models import Run
from frontdesk.sdk.widgets import Measure

from .periods import Period

Rows = QuerySet[Any]
# Greetings and thanks need no source: a question has a question mark (in Latin, Arabic, Greek or CJK script), or three words.
LOOKS_LIKE_A_QUESTION = r"[?؟;？]|\S+\s+\S+\s+\S+"


def _in(model: type[Model], period: Period) -> Rows:
    return model._default_manager.filter(created_at__gte=period.begin, created_at__lt=period.end)


def conversations(period: Period) -> Rows:
    """Begun in the period."""
    return _in(Conversation, period).filter(test=False, contact__blocked_at=None)


def said_by(author: str, period: Period) -> Rows:
    rows = _in(Message, period).filter(author=author, conversation__test=False, conversation__contact__blocked_at=None)
    return rows.exclude(metadata__has_key="blocked")


def questions(period: Period) -> Rows:
    return said_by(Message.Author.CUSTOMER, period)


def answers(period: Period) -> Rows:
    return said_by(Message.Author.AI, period)


def not_found(period: Period) -> Rows:
    """Answers to a question that rest on nothing."""
    return answers(period).filter(sources=[], reply_to__text__regex=LOOKS_LIKE_A_QUESTION)


def _handed_over(period: Period) -> Rows:
    with_a_person = Message.objects.filter(author=Message.Author.PERSON, created_at__gte=period.begin).values("conversation_id")
    return conversations(period).filter(Q(status=Conversation.Status.SUPPORT_ACTIVE) | Q(pk__in=with_a_person))


def _runs(period: Period, state: str) -> Rows:
    return _in(Run, period).filter(test=False, state=state)


def _moved_credits(period: Period) -> Rows:
    return _in(LedgerEntry, period).filter(kind__in=[LedgerEntry.Kind.HOLD, LedgerEntry.Kind.SETTLE])


@dataclass(frozen=True, slots=True)
class Counted:
    """`value` is taken of the `rows`; of nothing it is None."""

    rows: Callable[[Period], Rows]
    value: Aggregate


_COUNT = Count("pk")
_DURATION = ExpressionWrapper(F("ended_at") - F("created_at"), output_field=DurationField())

MEASURES: dict[Measure, Counted] = {
    "conversations": Counted(conversations, _COUNT),
    "questions": Counted(questions, _COUNT),
    "answers": Counted(answers, _COUNT),
    "handed_over": Counted(_handed_over, _COUNT),
    "not_found": Counted(not_found, _COUNT),
    "failed": Counted(lambda period: _runs(period, Run.State.FAILED), _COUNT),
    "helpful": Counted(lambda period: answers(period).filter(rating=Message.Rating.UP), _COUNT),
    "not_helpful": Counted(lambda period: answers(period).filter(rating=Message.Rating.DOWN), _COUNT),
    # What is held and not given back is spent.
    "credits": Counted(_moved_credits, Sum(-F("amount"))),
    "answer_seconds": Counted(lambda period: _runs(period, Run.State.COMPLETED), Avg(_DURATION)),
}


def total(measure: str, period: Period) -> float:
    """One query."""
    counted = _counted(measure)
    return _number(counted.rows(period).aggregate(value=counted.value)["value"])


def daily(measure: str, period: Period) -> list[tuple[date, float]]:
    """One query."""
    counted = _counted(measure)
    by_day = counted.rows(period).annotate(day=TruncDate("created_at", tzinfo=period.zone)).order_by().values("day")
    found = {row["day"]: _number(row["value"]) for row in by_day.annotate(value=counted.value)}
    return [(day, found.get(day, 0.0)) for day in period.days()]


def _counted(measure: str) -> Counted:
    try:
        return MEASURES[measure]  # type: ignore[index]
    except KeyError:
        raise ValueError(f"there is no measure {measure!r}; there are {', '.join(get_args(Measure))}") from None


def _number(value: Any) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value or 0)
