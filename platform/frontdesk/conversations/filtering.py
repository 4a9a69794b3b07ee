"""Which conversations of the inbox to show. A view keeps such a filter; the API and the Studio take one from an address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from frontdesk.workspaces.models import Membership
from frontdesk.workspaces.permissions import Actor

from .listed import NO_TRIALS
from .models import Conversation, Message, Seen, Tagging

TROUBLED = ("failed", "unknown")
YEAR_IN_MINUTES = 366 * 24 * 60
LISTS = {"tags", "priority"}


class Filters(BaseModel):
    """Everything that is set must hold. Of `tags` a conversation must have all, of `priority` one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["", "open", "active", "support_active", "closed"] = ""
    agent: UUID | None = None
    channel: str = Field("", max_length=40)
    tags: tuple[UUID, ...] = Field((), max_length=20)
    # "me", "nobody", or somebody's uuid.
    assignee: Literal["", "me", "nobody"] | UUID = ""
    unread: bool = False
    snoozed: Literal["hidden", "only", "all"] = "hidden"
    priority: tuple[Literal["low", "normal", "high", "urgent"], ...] = Field((), max_length=4)
    waiting_minutes: int | None = Field(None, ge=0, le=YEAR_IN_MINUTES)
    language: str = Field("", max_length=10)
    words: str = Field("", max_length=200)
    trouble: bool = False
    blocked: bool = False
    tests: bool = False
    contact: UUID | None = None

    @field_validator("words", "channel", "language")
    @classmethod
    def _plain(cls, text: str) -> str:
        return " ".join(text.replace("\x00", "").split())

    @classmethod
    def from_query(cls, query: MultiValueDict[str, Any]) -> Self:
        """What an address asks for; what makes no sense is left out, as an old bookmark should still work."""
        asked = {name: query.getlist(name) if name in LISTS else query[name] for name in cls.model_fields if query.get(name)}
        try:
            return cls.model_validate(asked)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors()}
            return cls.model_validate({name: value for name, value in asked.items() if name not in wrong})

    def as_json(self) -> dict[str, Any]:
        """Only what is set."""
        return self.model_dump(mode="json", exclude_defaults=True)


def filtered(filters: Filters, actor: Actor) -> QuerySet[Conversation]:
    """The conversations that a filter lets through, in no order. `words` are left to `searching`."""
    wanted = Q(contact__deleted_at=None, contact__blocked_at__isnull=not filters.blocked)
    wanted &= Q(test=True) if filters.tests else NO_TRIALS
    rows = Conversation.objects.filter(wanted & _place(filters) & _order(filters) & _assignee(filters, actor))
    for tag in filters.tags:
        rows = rows.filter(Exists(Tagging.objects.filter(conversation=OuterRef("pk"), tag__uuid=tag, tag__deleted_at=None)))
    if filters.trouble:
        rows = rows.filter(pk__in=troubled().values("conversation"))
    if filters.unread:
        rows = rows.filter(last_inbound_at__gt=seen_up_to(actor)) if actor.user else rows.none()
    return rows


def troubled() -> QuerySet[Message]:
    """Messages that did not arrive, or perhaps did not."""
    return Message.objects.filter(deliveries__state__in=TROUBLED)


def seen_up_to(actor: Actor) -> Coalesce:
    """Up to when a conversation is read by the one who asks: what was there before they joined counts as read."""
    mine = Seen.objects.filter(conversation=OuterRef("pk"), user=actor.user).values("up_to")
    return Coalesce(Subquery(mine), Subquery(joined(actor)))


def joined(actor: Actor) -> QuerySet[Membership, Any]:
    return Membership.objects.filter(user=actor.user).values("created_at")


def _place(filters: Filters) -> Q:
    """Who answers, and where."""
    wanted = Q()
    if filters.status == "open":
        wanted &= ~Q(status=Conversation.Status.CLOSED)
    elif filters.status:
        wanted &= Q(status=filters.status)
    if filters.agent:
        wanted &= Q(agent__uuid=filters.agent)
    if filters.channel:
        wanted &= Q(channel_kind=filters.channel)
    if filters.language:
        wanted &= Q(contact__language=filters.language)
    if filters.contact:
        wanted &= Q(contact__uuid=filters.contact)
    return wanted


def _order(filters: Filters) -> Q:
    """How urgent, and when."""
    wanted = Q()
    if filters.snoozed == "hidden":
        wanted &= Q(snoozed_until=None)
    elif filters.snoozed == "only":
        wanted &= Q(snoozed_until__isnull=False)
    if filters.priority:
        wanted &= Q(priority__in=[Conversation.Priority[name.upper()] for name in filters.priority])
    if filters.waiting_minutes is not None:
        wanted &= Q(waiting_since__lte=timezone.now() - timedelta(minutes=filters.waiting_minutes))
    return wanted


def _assignee(filters: Filters, actor: Actor) -> Q:
    if filters.assignee == "":
        return Q()
    if filters.assignee == "nobody":
        return Q(assignee=None)
    if filters.assignee == "me":
        return Q(assignee=actor.user) if actor.user else Q(pk__in=[])
    return Q(assignee__uuid=filters.assignee)
