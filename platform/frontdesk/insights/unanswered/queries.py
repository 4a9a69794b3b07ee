"""Questions that found nothing, for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from ..errors import QuestionNotFound
from .jobs import WINDOW
from .models import QuestionGroup, UnansweredQuestion

EXAMPLES = 3


def groups(state: str = "open") -> QuerySet[QuestionGroup]:
    """Groups with their newest `question`, `times` and `last`, most frequent first. `state`: open, answered or dismissed."""
    found = _counted(QuestionGroup.objects.filter(questions__asked_at__gte=timezone.now() - WINDOW))
    found = found.filter(dismissed_at__isnull=state != "dismissed")
    if state != "dismissed":
        found = found.filter(answered_at__isnull=state != "answered")
    return found.order_by("-times", "-last")


def _counted(rows: QuerySet[QuestionGroup]) -> QuerySet[QuestionGroup]:
    newest = UnansweredQuestion.objects.filter(group=OuterRef("pk")).order_by("-asked_at").values("message__text")[:1]
    counted = rows.annotate(question=Subquery(newest), times=Count("questions"), last=Max("questions__asked_at"))
    return counted.select_related("answer__base")


def number_open() -> int:
    """Groups that wait for an answer. One query."""
    recent = UnansweredQuestion.objects.filter(asked_at__gte=timezone.now() - WINDOW).values("group")
    return QuestionGroup.objects.filter(pk__in=recent, dismissed_at=None, answered_at=None).count()


def group(uuid: UUID) -> QuestionGroup:
    """With its newest `question`, `times` and `last`. Raises QuestionNotFound."""
    found = _counted(QuestionGroup.objects.filter(uuid=uuid)).first()
    if found is None:
        raise QuestionNotFound
    return found


def examples(of: Sequence[QuestionGroup]) -> dict[int, list[UnansweredQuestion]]:
    """The newest questions of each group with their conversations, by the group's id. One query."""
    rows = UnansweredQuestion.objects.filter(group__in=list(of)).select_related("message__conversation").order_by("-asked_at")
    found: defaultdict[int, list[UnansweredQuestion]] = defaultdict(list)
    for row in rows[: 20 * max(1, len(of))]:
        if len(found[row.group_id]) < EXAMPLES:
            found[row.group_id].append(row)
    return found
