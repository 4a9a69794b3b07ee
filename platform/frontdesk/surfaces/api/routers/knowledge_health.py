"""What an owner should look at in knowledge, and the questions that found no answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.insights.unanswered import actions as questions
from frontdesk.insights.unanswered import queries as asked
from frontdesk.insights.unanswered.models import QuestionGroup
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.health import actions, queries
from frontdesk.knowledge.health.models import Finding
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of
from .knowledge import LongText, SourceOut

router = Router(tags=["Knowledge"])
BASE = "/api/knowledge-bases/{uuid:kb_uuid}"
FINDING = "/api/findings/{uuid:finding_id}"
QUESTION = "/api/unanswered-questions/{uuid:question_id}"
Kind = Literal["failing", "contradicting", "stale", "duplicate", "unused"]


class KnowledgeHealth(Schema):
    counts: dict[str, int] = Field(description="Open findings of each kind.")
    busy: bool = Field(description="Whether it is being looked at.")
    percent: int | None = Field(description="How far that is; none while it waits.")
    checked_at: datetime | None
    not_compared: int = Field(description="Passages beyond those that are compared.")
    problem: str = Field(description="Why the last look failed, if it did.")
    old_after: int = Field(description="Months after which a file is called old; 0 for never.")


class KnowledgeHealthPatch(Schema):
    old_after: int = Field(ge=0, le=actions.OLDEST)


class ExampleOut(Schema):
    passage: int
    text: str
    other_passage: int | None = None
    other_text: str = ""


class FindingOut(Schema):
    uuid: UUID
    kb_uuid: UUID = Field(alias="base.uuid")
    kind: Kind
    code: str = Field(description="What exactly, such as money, time or old_file.")
    source_id: int | None
    other_id: int | None = Field(description="The other source, where two are compared.")
    number: int = Field(description="Of places; `examples` holds the first three.")
    examples: list[ExampleOut]
    dismissed_at: datetime | None
    dismissed_by: str = Field(description="Such as “user: Alice”, or “AI: openai:gpt-5” where a model ruled it out.")
    created_at: datetime

    @staticmethod
    def resolve_number(finding: Finding) -> int:
        return finding.details.get("number", 1)

    @staticmethod
    def resolve_examples(finding: Finding) -> list[dict[str, Any]]:
        return finding.details.get("examples", [])


class Dismissal(Schema):
    dismissed: bool


class QuestionOut(Schema):
    uuid: UUID
    question: str = Field(description="As it was asked last.")
    times: int = Field(description="How often it was asked, in these or other words.")
    last_asked_at: datetime | None = Field(alias="last")
    answer_id: int | None = Field(description="The source that was written for it.")
    answered_at: datetime | None = Field(description="Since when a search for the question finds that.")
    missed_at: datetime | None = Field(description="When it was learned and not found.")
    dismissed_at: datetime | None

    @staticmethod
    def resolve_question(group: Any) -> str:
        """Empty where the messages that asked it were deleted."""
        return group.question or ""


class AnswerIn(Schema):
    question: Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)] = Field(
        "", description="Empty: as it was asked last."
    )
    answer: LongText


@router.get(BASE + "/health", response=KnowledgeHealth)
def read_health(request: ApiRequest, kb_uuid: UUID) -> dict[str, Any]:
    require(request.actor, "view")
    return _health(knowledge.base(kb_uuid))


@router.patch(BASE + "/health", response=KnowledgeHealth)
def change_health(request: ApiRequest, kb_uuid: UUID, body: KnowledgeHealthPatch) -> dict[str, Any]:
    """Say when a file is old; it is looked at again."""
    base = knowledge.base(kb_uuid)
    actions.set_old_after(request.actor, base, body.old_after)
    return _health(base)


@router.post(BASE + "/health/check", response={202: KnowledgeHealth})
def check_health(request: ApiRequest, kb_uuid: UUID) -> Status:
    """Look now. Every base is looked at each night, too."""
    base = knowledge.base(kb_uuid)
    actions.check(request.actor, base)
    return Status(202, _health(base))


@router.post(BASE + "/health/cancel", response={202: KnowledgeHealth})
def stop_check(request: ApiRequest, kb_uuid: UUID) -> Status:
    """Stop looking. What was found before stays."""
    base = knowledge.base(kb_uuid)
    actions.stop(request.actor, base)
    return Status(202, _health(base))


def _health(base: KnowledgeBase) -> dict[str, Any]:
    look = queries.look([base])
    return {
        "counts": queries.counts(base),
        "busy": look.busy,
        "percent": look.percent,
        "checked_at": look.checked_at,
        "not_compared": look.not_compared,
        "problem": look.problem,
        "old_after": queries.old_after(base),
    }


@router.get(BASE + "/findings", response=Page[FindingOut])
def list_findings_of_base(
    request: ApiRequest, kb_uuid: UUID, paging: Query[Paging], kind: Kind | None = None, dismissed: bool = False
) -> dict[str, Any]:
    """The gravest kind first, then the surest."""
    require(request.actor, "view")
    return page_of(request, queries.findings(knowledge.base(kb_uuid), kind=kind or "", dismissed=dismissed), paging)


@router.get("/api/findings", response=Page[FindingOut])
def list_findings(
    request: ApiRequest, paging: Query[Paging], kind: Kind | None = None, dismissed: bool = False
) -> dict[str, Any]:
    """Of all knowledge bases."""
    require(request.actor, "view")
    return page_of(request, queries.findings(kind=kind or "", dismissed=dismissed), paging)


@router.patch(FINDING, response=FindingOut)
def change_finding(request: ApiRequest, finding_id: UUID, body: Dismissal) -> Finding:
    """Call it fine, or take that back. It stays aside while both sides say what they said."""
    found = queries.finding(finding_id)
    change = actions.dismiss if body.dismissed else actions.reopen
    change(request.actor, [found.uuid])
    return queries.finding(finding_id)


@router.get("/api/unanswered-questions", response=Page[QuestionOut])
def list_questions(
    request: ApiRequest, paging: Query[Paging], state: Literal["open", "answered", "dismissed"] = "open"
) -> dict[str, Any]:
    """What customers asked in the last 90 days and the knowledge did not say, the most frequent first."""
    require(request.actor, "view")
    return page_of(request, asked.groups(state), paging)


@router.post("/api/unanswered-questions/collect", response={202: None})
def collect_questions(request: ApiRequest) -> Status:
    """Look for new ones now, not only at night."""
    questions.collect(request.actor)
    return Status(202, None)


@router.patch(QUESTION, response=QuestionOut)
def change_question(request: ApiRequest, question_id: UUID, body: Dismissal) -> QuestionGroup:
    """Say that it is not yours to answer, or take that back."""
    group = asked.group(question_id)
    change = questions.dismiss if body.dismissed else questions.reopen
    change(request.actor, [group.uuid])
    return asked.group(question_id)


@router.post(BASE + "/unanswered-questions/{uuid:question_id}/answer", response={201: SourceOut})
def answer_question(request: ApiRequest, kb_uuid: UUID, question_id: UUID, body: AnswerIn) -> Status:
    """Have an answer learned by this base. Then the question is asked again, to see whether it is found."""
    group = asked.group(question_id)
    text = body.question or QuestionOut.resolve_question(group)[:255]
    source: Source = questions.answer(request.actor, group, knowledge.base(kb_uuid), text, body.answer)
    return Status(201, knowledge.source(source.pk))
