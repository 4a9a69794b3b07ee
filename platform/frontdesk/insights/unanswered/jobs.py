"""Collecting questions that found nothing, and asking again once an owner has written an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from frontdesk.conversations.models import Message
from frontdesk.core.jobs import Again, Work, job
from frontdesk.core.periodic import daily, due
from frontdesk.knowledge import retrieval
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.runs import events
from frontdesk.runs.models import JournalSegment
from frontdesk.workspaces.everywhere import in_each
from frontdesk.workspaces.models import Workspace

from ..measures import LOOKS_LIKE_A_QUESTION
from .grouping import Groups, Question, read
from .models import QuestionGroup, UnansweredQuestion

WINDOW = timedelta(days=90)
# Looked at in one go; the newest.
MOST_QUESTIONS = 1_000
MOST_GROUPS = 2_000
# The search was this sure that the answer was there: the agent found it and did not say where.
SURE = 0.5
# An owner's answer counts as found among so many passages, and from this confidence on.
AMONG, FOUND = 3, 0.1
SECONDS = 2.0


@job("insights.collect_questions", lease=120)
def collect_questions(work: Work) -> dict[str, object] | int:
    """In the workspace of the job, or without one in all."""
    return collect(work.row.workspace) if work.row.workspace_id else in_each(collect).as_json()


def collect(workspace: Workspace) -> int:
    """Put the questions that found nothing and are in no group yet into groups. Gives how many there were."""
    answers = list(_not_found())
    sure = _confidences([answer.run_uuid for answer in answers if answer.run_uuid])
    asked = [answer.reply_to for answer in reversed(answers) if answer.reply_to and sure.get(answer.run_uuid, 0.0) < SURE]
    if asked:
        _group(workspace, asked, read(workspace, [message.text for message in asked]))
    QuestionGroup.objects.filter(questions=None, answer=None).delete()
    return len(asked)


def _not_found() -> Sequence[Message]:
    """Answers to a question that rest on nothing, newest first; those of tests left out."""
    rows = Message.objects.filter(author=Message.Author.AI, sources=[], created_at__gte=timezone.now() - WINDOW)
    rows = rows.filter(conversation__test=False, reply_to__text__regex=LOOKS_LIKE_A_QUESTION, reply_to__deleted_at=None)
    known = UnansweredQuestion.objects.values("message")
    return rows.exclude(reply_to__in=known).select_related("reply_to").order_by("-created_at")[:MOST_QUESTIONS]


def _confidences(runs: Sequence[UUID]) -> dict[UUID | None, float]:
    """How sure each run's search was; what it found stands in the first events."""
    found: dict[UUID | None, float] = {}
    segments = JournalSegment.objects.filter(run__uuid__in=runs, first_seq__lte=2).values_list("run__uuid", "events")
    for run, written in segments.iterator():
        for _seq, kind, data in written:
            if kind == events.SOURCES:
                found[run] = data.get("confidence", 0.0) if data.get("items") else 0.0
    return found


@transaction.atomic
def _group(workspace: Workspace, asked: Sequence[Message], questions: Sequence[Question]) -> None:
    rows = list(QuestionGroup.objects.select_for_update(of=("self",)).order_by("-pk")[:MOST_GROUPS])
    groups = Groups([_question(row) for row in rows])
    for message, question in zip(asked, questions, strict=True):
        place = groups.place_of(question)
        if place is None:
            place = groups.add(question)
            rows.append(QuestionGroup.objects.create(workspace=workspace, **_kept(question)))
        group = rows[place]
        UnansweredQuestion.objects.get_or_create(
            message=message, defaults={"workspace": workspace, "group": group, "asked_at": message.created_at}
        )
        if group.answered_at and message.created_at > group.answered_at:
            # The answer that was written did not help this customer.
            group.answered_at = None
            group.save(update_fields=["answered_at", "updated_at"])


def _question(row: QuestionGroup) -> Question:
    vector = np.frombuffer(row.vector, np.float32) if row.vector else None
    return Question(frozenset(row.words), row.space, vector)


def _kept(question: Question) -> dict[str, Any]:
    vector = b"" if question.vector is None else question.vector.astype(np.float32).tobytes()
    return {"words": sorted(question.words), "space": question.space, "vector": vector}


@job("insights.verify_answer", lease=60)
def verify_answer(work: Work, *, group_id: int) -> None:
    """Once an owner's answer is learned, ask the search what customers asked."""
    group = QuestionGroup.objects.select_related("answer__base").filter(pk=group_id).first()
    if group is None or group.answer is None:
        return
    if group.answer.state in UNFINISHED:
        raise Again(SECONDS)
    newest = UnansweredQuestion.objects.filter(group=group).select_related("message").order_by("-asked_at").first()
    now = timezone.now()
    if newest is not None and _finds(group, newest.message.text):
        group.answered_at, group.missed_at = now, None
    else:
        group.answered_at, group.missed_at = None, now
    group.save(update_fields=["answered_at", "missed_at", "updated_at"])


def _finds(group: QuestionGroup, question: str) -> bool:
    found = retrieval.search_now([group.answer.base], question)
    return found.confidence >= FOUND and group.answer_id in {passage.source_id for passage in found.passages[:AMONG]}


due("insights.collect_questions", daily(at=4))
