"""Which of a customer's messages are one question, and how long to wait for the rest of it.

People write a question in several messages. On a messenger the agent waits until they have been quiet for some seconds; each
message brings a job that is due then (`jobs.begin`), and the one of the newest begins. What comes while an answer is written
waits for its end. On a website and from programs nobody waits: there one sees the answer being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from frontdesk.agents.content import AgentContent
from frontdesk.conversations import told
from frontdesk.conversations.attachments import on_their_way
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.prepared import prepared

from .models import Run

WEBSITE = "widget"
# Who goes on writing is answered after so many times the wait.
MOST_WAITS = 4
# What one question may be put together from.
MOST_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Question:
    """Messages of a customer that get one answer, oldest first. It is given to the newest."""

    messages: Sequence[Message]

    @property
    def first(self) -> Message:
        return self.messages[0]

    @property
    def newest(self) -> Message:
        return self.messages[-1]

    @property
    def text(self) -> str:
        """As a model is told of it, files included."""
        return "\n".join(told.texts(self.messages))


def seconds_for(conversation: Conversation, content: AgentContent) -> int:
    """How long the customer must have been quiet."""
    on_messenger = conversation.channel_id is not None and conversation.channel_kind != WEBSITE
    return content.wait_seconds if on_messenger and content.together else 0


def next_question(conversation: Conversation, *, after: int = 0) -> Question | None:
    """What is to be answered now, of what came after that message: everything together, or the oldest alone.

    Nothing while files of the customer's are on their way; whoever fetches them begins then.
    """
    found = pending(conversation, after=after)
    if not found or conversation.agent is None or on_their_way(found):
        return None
    return Question(found if conversation.agent.read_content().together else found[:1])


def pending(conversation: Conversation, *, after: int = 0) -> list[Message]:
    """What the customer wrote after that message that no run took up and no person answered, oldest first, at most as many as
    make one question.

    A run that failed, or whose answer was withdrawn because a person took over, has taken nothing up.
    """
    found = _pending(conversation, after)
    for message in found:
        message.conversation = conversation
    return found


@prepared
def _pending(conversation: Any, after: Any) -> QuerySet[Message]:
    undone = Q(state=Run.State.FAILED) | Q(state=Run.State.CANCELLED, taken_over=True)
    taken_up = Run.objects.filter(conversation=OuterRef("conversation")).exclude(undone)
    by_person = Message.objects.filter(conversation=OuterRef("conversation"), author=Message.Author.PERSON)
    last = Greatest(_last(taken_up, "question"), _last(by_person, "pk"))
    rows = Message.objects.filter(conversation=conversation, author=Message.Author.CUSTOMER, deleted_at=None, pk__gt=last)
    return rows.filter(pk__gt=after).exclude(metadata__has_key="blocked").order_by("pk")[:MOST_MESSAGES]


def _last(rows: QuerySet[Run] | QuerySet[Message], field: str) -> Coalesce:
    """The highest of a column, 0 without any."""
    highest = rows.order_by().values("conversation").annotate(last=Max(field)).values("last")
    return Coalesce(Subquery(highest, output_field=BigIntegerField()), Value(0))


def seconds_left(question: Question, seconds: int, now: datetime | None = None) -> float:
    """How long to wait still; 0 when the rest has come, or the customer has been writing for long enough."""
    now = now or timezone.now()
    quiet = seconds - (now - question.newest.created_at).total_seconds()
    patience = MOST_WAITS * seconds - (now - question.first.created_at).total_seconds()
    return max(0.0, min(quiet, patience))
