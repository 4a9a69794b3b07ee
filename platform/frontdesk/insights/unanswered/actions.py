"""What an owner does about questions that found nothing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from frontdesk.core.jobs import enqueue
from frontdesk.core.models import Job
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from ..errors import QuestionNotFound
from . import jobs  # noqa: F401  (registers the jobs)
from .models import QuestionGroup


@transaction.atomic
def collect(actor: Actor) -> Job:
    """Look for questions that found nothing now, not only at night."""
    require(actor, "edit_knowledge")
    return enqueue("insights.collect_questions", workspace=actor.workspace, key=str(actor.workspace.pk))


@transaction.atomic
def answer(actor: Actor, group: QuestionGroup, base: KnowledgeBase, question: str, text: str) -> Source:
    """Have an answer learned; once it is, the search is asked whether it finds it. Raises Invalid, QuestionNotFound."""
    require(actor, "edit_knowledge")
    current = QuestionGroup.objects.select_for_update(of=("self",)).filter(pk=group.pk).first()
    if current is None:
        raise QuestionNotFound
    source = knowledge.add_answer(actor, base, question, text)
    current.answer, current.answered_at, current.missed_at, current.dismissed_at = source, None, None, None
    current.save()
    enqueue("insights.verify_answer", workspace=actor.workspace, key=str(group.pk), group_id=group.pk)
    return source


@transaction.atomic
def dismiss(actor: Actor, uuids: Sequence[UUID]) -> int:
    """Questions that this business does not answer. Gives how many."""
    return _change(actor, uuids, "questions.dismissed", done=True)


@transaction.atomic
def reopen(actor: Actor, uuids: Sequence[UUID]) -> int:
    return _change(actor, uuids, "questions.reopened", done=False)


def _change(actor: Actor, uuids: Sequence[UUID], verb: str, *, done: bool) -> int:
    require(actor, "edit_knowledge")
    rows = QuestionGroup.objects.filter(uuid__in=list(uuids), dismissed_at__isnull=done)
    changed = rows.update(dismissed_at=timezone.now() if done else None, updated_at=timezone.now())
    if changed:
        audit.record(actor, verb, "questions", number=changed)
    return changed
