"""What is ranked: names with how often, most first. One query each, and one more for the present names of sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from django.db import connection
from django.db.models import Count, Max
from django.db.models import Value as Text
from django.db.models.functions import Coalesce, ExtractHour, ExtractIsoWeekDay, Left, NullIf

from frontdesk.knowledge.models import Source
from frontdesk.sdk.widgets import MOST_CHARACTERS, Dimension
from frontdesk.workspaces.models import Workspace

from .measures import conversations, not_found, questions
from .periods import Period

Ranked = list[tuple[str, float]]

# An answer that cites three passages of a source rests on it once.
_BY_SOURCE = """
SELECT item->>'source_id', max(item->>'title'), count(DISTINCT message.id) AS answers
FROM conversations_message message
JOIN conversations_conversation conversation ON conversation.id = message.conversation_id AND NOT conversation.test
CROSS JOIN LATERAL jsonb_array_elements(message.sources) item
WHERE message.workspace_id = %s AND message.author = 'AI' AND message.created_at >= %s AND message.created_at < %s
GROUP BY 1 ORDER BY answers DESC, 2 LIMIT %s
"""


def top(dimension: str, workspace: Workspace, period: Period, limit: int) -> Ranked:
    """In the workspace in scope."""
    if dimension not in DIMENSIONS:
        raise ValueError(f"there is no dimension {dimension!r}; there are {', '.join(get_args(Dimension))}")
    return DIMENSIONS[dimension](workspace, period, limit)  # type: ignore[index]


def _ranked(rows: Any, limit: int, **name: Any) -> Ranked:
    """Rows counted by an expression."""
    counted = rows.annotate(**name).order_by().values(*name).annotate(times=Count("pk")).order_by("-times", *name)
    (key,) = name
    return [(str(row[key]), float(row["times"])) for row in counted[:limit]]


def _by_agent(workspace: Workspace, period: Period, limit: int) -> Ranked:
    return _ranked(conversations(period).filter(agent__isnull=False), limit, name=Coalesce("agent__name", Text("")))


def _by_channel(workspace: Workspace, period: Period, limit: int) -> Ranked:
    return _ranked(conversations(period), limit, name=Coalesce(NullIf("channel__name", Text("")), "channel_kind"))


def _by_hour(workspace: Workspace, period: Period, limit: int) -> Ranked:
    return _ranked(questions(period), limit, hour=ExtractHour("created_at", tzinfo=period.zone))


def _by_weekday(workspace: Workspace, period: Period, limit: int) -> Ranked:
    return _ranked(questions(period), limit, weekday=ExtractIsoWeekDay("created_at", tzinfo=period.zone))


def _by_source(workspace: Workspace, period: Period, limit: int) -> Ranked:
    with connection.cursor() as cursor:
        cursor.execute(_BY_SOURCE, [workspace.pk, period.begin, period.end, limit])
        found = cursor.fetchall()
    now = dict(Source.objects.filter(pk__in=[int(pk) for pk, _title, _times in found if pk]).values_list("pk", "name"))
    return [(now.get(int(pk or 0)) or title or "", float(times)) for pk, title, times in found]


def _by_question_not_found(workspace: Workspace, period: Period, limit: int) -> Ranked:
    """The same words count as one question; the newest come first among those that were asked as often."""
    asked = not_found(period).annotate(question=Left("reply_to__text", MOST_CHARACTERS)).order_by().values("question")
    rows = asked.annotate(times=Count("pk"), newest=Max("created_at")).order_by("-times", "-newest")[:limit]
    return [(" ".join(row["question"].split()), float(row["times"])) for row in rows]


DIMENSIONS: dict[Dimension, Callable[[Workspace, Period, int], Ranked]] = {
    "agent": _by_agent,
    "channel": _by_channel,
    "source": _by_source,
    "hour": _by_hour,
    "weekday": _by_weekday,
    "question_not_found": _by_question_not_found,
}
