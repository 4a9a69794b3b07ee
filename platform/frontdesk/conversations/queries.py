"""Reading conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from . import told
from .errors import ConversationNotFound, MessageNotFound
from .listed import NO_TRIALS
from .models import Conversation, Message


def conversations(
    *, status: str = "", agent_id: int | None = None, search: str = "", tests: bool = False
) -> QuerySet[Conversation]:
    """The workspace's conversations, the last written first."""
    rows = Conversation.objects.select_related("contact", "agent").order_by("-last_message_at", "-id")
    rows = rows.filter(contact__deleted_at=None, contact__blocked_at=None)
    if not tests:
        rows = rows.filter(NO_TRIALS)
    if status:
        rows = rows.filter(status=status)
    if agent_id is not None:
        rows = rows.filter(agent_id=agent_id)
    if search:
        rows = rows.filter(pk__in=Message.objects.filter(text__icontains=search).values("conversation_id"))
    return rows


def conversation_by_uuid(uuid: UUID | str) -> Conversation:
    """Raises ConversationNotFound, also for one of another workspace and for what is no uuid."""
    try:
        value = uuid if isinstance(uuid, UUID) else UUID(str(uuid))
    except ValueError:
        raise ConversationNotFound() from None
    rows = Conversation.objects.select_related("contact", "agent", "workspace").filter(contact__deleted_at=None)
    found = rows.filter(uuid=value).first()
    if found is None:
        raise ConversationNotFound()
    return found


@dataclass(frozen=True, slots=True)
class Numbers:
    """What went on since a moment. `unsourced` are answers of the AI that rest on nothing from the knowledge."""

    conversations: int
    answers: int
    unsourced: int
    waiting: int


def numbers_since(moment: datetime) -> Numbers:
    """Tests are left out. `waiting` counts all that wait for a person, however old."""
    real = Conversation.objects.filter(test=False)
    written = Message.objects.filter(conversation__in=real.filter(last_message_at__gte=moment), created_at__gte=moment)
    answers = Q(author=Message.Author.AI)
    counts = written.aggregate(
        conversations=Count("conversation", distinct=True),
        answers=Count("pk", filter=answers),
        unsourced=Count("pk", filter=answers & Q(sources=[])),
    )
    return Numbers(**counts, waiting=real.filter(status=Conversation.Status.SUPPORT_ACTIVE).count())


def count_by_status() -> dict[str, int]:
    """Status → conversations that have it now, tests left out."""
    rows = Conversation.objects.filter(test=False).order_by().values_list("status").annotate(Count("pk"))
    return dict.fromkeys(Conversation.Status.values, 0) | dict(rows)


def count_by_agent(since: datetime) -> dict[int, int]:
    """Agent id → conversations begun since that moment, tests left out."""
    rows = Conversation.objects.filter(test=False, created_at__gte=since, agent__isnull=False)
    return dict(rows.order_by().values_list("agent_id").annotate(Count("pk")))


def messages(conversation: Conversation) -> QuerySet[Message]:
    """All messages, oldest first."""
    return conversation.messages.select_related("user").order_by("id")


def message_by_uuid(uuid: UUID) -> Message:
    """Raises MessageNotFound."""
    found = Message.objects.select_related("conversation", "reply_to", "workspace").filter(uuid=uuid).first()
    if found is None:
        raise MessageNotFound()
    return found


def answers_resting_on(source_id: int) -> QuerySet[Message]:
    """The AI's answers that name this source of the knowledge, newest first, with their conversations and questions; those of
    deleted customers and of trials left out.
    """
    answers = Message.objects.filter(author=Message.Author.AI, sources__contains=[{"source_id": source_id}])
    shown = answers.exclude(sources=[]).filter(conversation__in=conversations().order_by().values("pk"))
    return shown.select_related("conversation", "reply_to").order_by("-id")


def history(conversation: Conversation, *, question: Message, limit: int) -> list[dict[str, Any]]:
    """What was said before a question, oldest first, as `{"role", "text"}` for a model.

    A reply that came while the question waited counts as said before it.
    """
    replies = Q(author__in=[Message.Author.AI, Message.Author.PERSON])
    earlier = Q(author=Message.Author.CUSTOMER, id__lt=question.pk)
    rows = conversation.messages.filter(replies | earlier, deleted_at=None).order_by("-id")
    said = list(reversed(rows.values_list("id", "author", "text", "metadata__files")[:limit]))
    files = told.files_of([pk for pk, _author, _text, has_files in said if has_files])
    return [
        {"role": "user" if author == Message.Author.CUSTOMER else "assistant", "text": told.told(text, files.get(pk, ()))}
        for pk, author, text, _has_files in said
    ]


def conversation_of(channel_kind: str, sender: str, *, channel_id: int | None = None) -> Conversation | None:
    """The conversation that somebody on a channel had last, if they had one."""
    whose = {"contact__identities__channel_kind": channel_kind, "contact__identities__external_id": sender}
    rows = Conversation.objects.filter(channel_kind=channel_kind, channel_id=channel_id, **whose)
    return rows.select_related("contact", "agent", "workspace").order_by("-id").first()


def unanswered(conversation_id: int, *, after: int) -> Message | None:
    """The newest message that the customer wrote after that one."""
    rows = Message.objects.filter(conversation=conversation_id, author=Message.Author.CUSTOMER, id__gt=after)
    return rows.order_by("-id").first()
