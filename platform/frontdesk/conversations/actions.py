"""Every change to a conversation. `receive` is the one door through which a customer's words come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit, tell_conversation
from frontdesk.plugins import observing
from frontdesk.sdk import observers as values
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import activities, attachments
from .attachments import Upload
from .errors import ContactBlocked, ConversationNotFound, ConversationOfAnotherAgent, MessageNotFound
from .models import Activity, Contact, Conversation, Identity, Message
from .signals import answered, changed, received, taken_over

MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Inbound:
    """A customer's message on its way in. `sender` is who they are on that channel; `external_id` makes it taken once."""

    text: str
    channel_kind: str
    sender: str
    external_id: str = ""
    sender_name: str = ""
    channel_id: int | None = None
    conversation: UUID | None = None
    test: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """A message that is now ours to answer. `new` is False when it had come before; `begins`: it is the conversation's first."""

    conversation: Conversation
    message: Message
    new: bool
    begins: bool = False


@transaction.atomic(savepoint=False)
def receive(workspace: Workspace, agent_id: int, inbound: Inbound) -> Turn:
    """Keep a customer's message. The same `external_id` in a conversation is kept once, however often it comes."""
    text = inbound.text.replace("\x00", "").strip()
    if not text:
        raise Invalid.field("message", _("The message is empty. Write something first."))
    if len(text) > MAX_TEXT:
        raise Invalid.field(
            "message", _("The message is longer than %(limit)s characters. Make it shorter.") % {"limit": MAX_TEXT}
        )
    conversation = _conversation(agent_id, inbound)
    begins = conversation is None
    if conversation is None:
        conversation = start_conversation(workspace, agent_id, inbound, preview=_preview(text))
    else:
        conversation.workspace = workspace
        known = _known(conversation, inbound.external_id)
        if known is not None:
            return Turn(conversation, known, new=False)
    blocked = conversation.contact.blocked_at is not None
    message = Message.objects.create(
        workspace=workspace,
        conversation=conversation,
        author=Message.Author.CUSTOMER,
        text=text,
        external_id=inbound.external_id,
        metadata={**inbound.metadata, "blocked": True} if blocked else inbound.metadata,
    )
    if blocked:
        _touch(conversation, message)
        return Turn(conversation, message, new=True, begins=begins)
    if conversation.status == Conversation.Status.CLOSED:
        _set_status(conversation, first_status(workspace))
    if begins:
        _tell(conversation, message)
    else:
        _note_inbound(conversation)
        _touch(conversation, message)
    seen = values.MessageReceived(conversation.uuid, message.uuid, conversation.channel_kind, text, conversation.test)
    observing.tell(workspace, "message_received", seen)
    received.send(Message, conversation=conversation, message=message)
    return Turn(conversation, message, new=True, begins=begins)


def lock_sender(channel_kind: str, sender: str) -> None:
    """Take one message of a sender after the other, until the transaction ends: two sockets may bring the same one at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sender:{channel_kind}:{sender}"])


def _known(conversation: Conversation, external_id: str) -> Message | None:
    if not external_id:
        return None
    return conversation.messages.filter(author=Message.Author.CUSTOMER, external_id=external_id).first()


def _conversation(agent_id: int, inbound: Inbound) -> Conversation | None:
    """The conversation named, or where this message is kept already, locked."""
    if inbound.conversation is not None:
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("contact")
        found = rows.filter(uuid=inbound.conversation, contact__deleted_at=None).first()
        if found is None:
            raise ConversationNotFound()
        if found.agent_id != agent_id:
            raise ConversationOfAnotherAgent()
        return found
    return _where_kept(agent_id, inbound)


def _where_kept(agent_id: int, inbound: Inbound) -> Conversation | None:
    """A message that is delivered twice, at once or later, begins one conversation."""
    if not inbound.external_id:
        return None
    lock_sender(inbound.channel_kind, inbound.sender)
    rows = Message.objects.filter(
        author=Message.Author.CUSTOMER,
        external_id=inbound.external_id,
        conversation__agent=agent_id,
        conversation__channel_kind=inbound.channel_kind,
        conversation__contact__identities__channel_kind=inbound.channel_kind,
        conversation__contact__identities__external_id=inbound.sender,
    )
    wanted = rows.order_by("id").values("conversation_id")[:1]
    return Conversation.objects.select_for_update(of=("self",)).select_related("contact").filter(pk__in=wanted).first()


def start_conversation(workspace: Workspace, agent_id: int, inbound: Inbound, *, preview: str = "") -> Conversation:
    """`preview` is of the message that follows at once."""
    contact = _contact(workspace, inbound)
    blocked = contact.blocked_at is not None
    now = timezone.now() if preview else None
    conversation = Conversation.objects.create(
        workspace=workspace,
        agent_id=agent_id,
        contact=contact,
        channel_id=inbound.channel_id,
        channel_kind=inbound.channel_kind,
        status=Conversation.Status.CLOSED if blocked else first_status(workspace),
        status_reason=_("The customer is blocked.") if blocked else "",
        test=inbound.test,
        last_message_at=now,
        last_message_preview=preview,
        last_inbound_at=None if blocked else now,
        waiting_since=None if blocked else now,
    )
    _tell_observers(conversation, "opened")
    return conversation


def _contact(workspace: Workspace, inbound: Inbound) -> Contact:
    lookup = {"workspace": workspace, "channel_kind": inbound.channel_kind, "external_id": inbound.sender}
    identity = Identity.objects.select_related("contact").filter(**lookup).first()
    if identity is None:
        try:
            with transaction.atomic():
                contact = Contact.objects.create(workspace=workspace, name=inbound.sender_name)
                Identity.objects.create(contact=contact, **lookup)
                return contact
        except IntegrityError:
            identity = Identity.objects.select_related("contact").get(**lookup)
    return identity.contact


def first_status(workspace: Workspace) -> str:
    """Who answers a new conversation: as the owner chose, and a person where the AI may not."""
    ai = workspace.default_reply_handler == Workspace.Handler.AI and workspace.auto_response
    return Conversation.Status.ACTIVE if ai else Conversation.Status.SUPPORT_ACTIVE


def save_answer(
    conversation: Conversation,
    *,
    question: Message | None,
    run_uuid: UUID,
    text: str,
    sources: list[dict[str, Any]],
    metadata: dict[str, Any],
    uuid: UUID | None = None,
) -> Message:
    """Keep the AI's answer; called in the transaction that ends its run, once."""
    message = Message.objects.create(
        uuid=uuid or uuid4(),
        run_uuid=run_uuid,
        author=Message.Author.AI,
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        text=text,
        reply_to=question,
        sources=sources,
        metadata=metadata,
    )
    if question is None or conversation.last_inbound_at is None or conversation.last_inbound_at <= question.created_at:
        conversation.waiting_since = None
    _touch(conversation, message)
    answered.send(Message, conversation=conversation, message=message)
    return message


@transaction.atomic
def reply_as_person(
    actor: Actor,
    conversation: Conversation,
    text: str,
    *,
    files: Sequence[Upload] = (),
    buttons: Sequence[Mapping[str, str]] = (),
    reply_to: Message | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Message:
    """A teammate writes to the customer. `buttons` are choices that may be pressed: [{"id", "label"}].

    Raises Invalid for nothing at all, AttachmentRefused, ContactBlocked.
    """
    require(actor, "answer")
    text = text.strip()
    if not text and not files:
        raise Invalid.field("text", _("The message is empty. Write something first."))
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("contact", "workspace").get(pk=conversation.pk)
    if locked.contact.blocked_at is not None:
        raise ContactBlocked()
    message = Message.objects.create(
        workspace=actor.workspace,
        conversation=locked,
        author=Message.Author.PERSON,
        text=text,
        user=actor.user,
        reply_to=reply_to,
        metadata={**(metadata or {}), **({"buttons": [dict(each) for each in buttons]} if buttons else {})},
    )
    kept = attachments.attach(message, files)
    locked.waiting_since = None
    _touch(locked, message, preview=_preview(text or attachments.said_without_words(kept)))
    answered.send(Message, conversation=locked, message=message)
    audit.record(actor, "conversation.replied", conversation)
    return message


def edit(conversation: Conversation, external_id: str, text: str) -> Message | None:
    """A customer changed what they had written; what it was before is kept beside it. None when there is no such message."""
    message = _known(conversation, external_id)
    text = text.replace("\x00", "").strip()[:MAX_TEXT]
    if message is None or not text or text == message.text:
        return message
    message.metadata = {**message.metadata, "before_edit": message.metadata.get("before_edit", message.text)}
    message.text = text
    message.save(update_fields=["text", "metadata", "updated_at"])
    emit(conversation.workspace.uuid, "message.changed", conversation=str(conversation.uuid), message=str(message.uuid))
    return message


@transaction.atomic
def set_status(actor: Actor, conversation: Conversation, status: str, *, reason: str = "") -> Conversation:
    """Say who answers from now on. An answer that the AI is about to give to a conversation that is taken over is not sent."""
    require(actor, "answer")
    if status not in Conversation.Status.values:
        raise Invalid.field("status", _("Choose active, support_active or closed."))
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("contact").get(pk=conversation.pk)
    if status != Conversation.Status.CLOSED and locked.contact.blocked_at is not None:
        raise ContactBlocked()
    if status == Conversation.Status.ACTIVE and not actor.workspace.auto_response:
        status, reason = Conversation.Status.SUPPORT_ACTIVE, _("Automatic answers are turned off.")
    _set_status(locked, status, reason, actor)
    if status != Conversation.Status.ACTIVE:
        taken_over.send(Conversation, conversation=locked)
    audit.record(actor, "conversation.status", locked, status=status)
    return locked


def hand_over(conversation_id: int, *, reason: str) -> None:
    """The AI asks for a person. Called by a run, in the workspace's scope."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
        _set_status(conversation, Conversation.Status.SUPPORT_ACTIVE, reason[:200])


@transaction.atomic
def rate(conversation: Conversation, message_uuid: UUID, rating: str) -> Message:
    """A customer finds an answer helpful or not; "" takes it back."""
    if rating not in Message.Rating.values:
        raise Invalid.field("rating", _("Choose up, down or none."))
    message = conversation.messages.filter(uuid=message_uuid, author=Message.Author.AI).first()
    if message is None:
        raise MessageNotFound()
    message.rating = rating
    message.save(update_fields=["rating", "updated_at"])
    emit(
        conversation.workspace.uuid,
        "message.rated",
        conversation=str(conversation.uuid),
        message=str(message.uuid),
        rating=rating,
    )
    return message


def _set_status(conversation: Conversation, status: str, reason: str = "", actor: Actor | None = None) -> None:
    before = conversation.status
    conversation.status, conversation.status_reason = status, reason[:200]
    if status == Conversation.Status.CLOSED:
        conversation.waiting_since = None
    conversation.save(update_fields=["status", "status_reason", "waiting_since", "updated_at"])
    if status != before:
        activities.note(conversation, Activity.Kind.STATUS, actor, status=status, reason=conversation.status_reason)
    news = {"conversation": str(conversation.uuid), "status": status, "what": "status"}
    emit(conversation.workspace.uuid, "conversation.changed", **news)
    tell_conversation(conversation.uuid, "conversation.changed", status=status)
    closed = Conversation.Status.CLOSED
    _tell_observers(conversation, "closed" if status == closed else "reopened" if before == closed else "status")


def _tell_observers(conversation: Conversation, what: Literal["opened", "status", "closed", "reopened"]) -> None:
    seen = values.ConversationChanged(conversation.uuid, what, conversation.status, conversation.status_reason, conversation.test)
    observing.tell(conversation.workspace, "conversation_changed", seen)
    changed.send(Conversation, conversation=conversation, what=what)


def _note_inbound(conversation: Conversation) -> None:
    """The customer wrote and waits; `_touch` saves it. A conversation that was put off is back."""
    conversation.last_inbound_at = timezone.now()
    conversation.waiting_since = conversation.waiting_since or conversation.last_inbound_at
    if conversation.snoozed_until is not None:
        conversation.snoozed_until = None
        activities.note(conversation, Activity.Kind.WOKEN, customer=True)


def _touch(conversation: Conversation, message: Message, *, preview: str = "") -> None:
    conversation.last_message_at = timezone.now()
    conversation.last_message_preview = preview or _preview(message.text)
    times = ["last_message_at", "last_inbound_at", "waiting_since", "snoozed_until"]
    conversation.save(update_fields=[*times, "last_message_preview", "updated_at"])
    _tell(conversation, message)


def _preview(text: str) -> str:
    return Truncator(text.replace("\n", " ")).chars(160)


def _tell(conversation: Conversation, message: Message) -> None:
    news = {"conversation": str(conversation.uuid), "message": str(message.uuid), "author": message.author}
    emit(conversation.workspace.uuid, "message.created", **news)
    tell_conversation(conversation.uuid, "message.created", message=str(message.uuid), author=message.author)
