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
from frontdesk.sdk.values import Attachment as File
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import activities, attachments, lookups
from .attachments import Upload
from .changes import is_news, tell_changed
from .errors import ContactBlocked, ConversationNotFound, ConversationOfAnotherAgent, MessageNotFound
from .languages import spoken
from .models import Activity, Contact, Conversation, Identity, Message
from .naming import as_name
from .signals import answered, changed, given_back, received, taken_over
from .who_answers import First, first_status, why_ai_cannot

MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Inbound:
    """A customer's message on its way in. `sender` is who they are on that channel; `external_id` makes it taken once.

    `files` are fetched later, and the answer waits for them. `reply_to` is the message that this one answers. `begins`: nothing
    of this sender's was kept before, so nobody looks for this message. `language` is what their device is set to.
    """

    text: str
    channel_kind: str
    sender: str
    external_id: str = ""
    sender_name: str = ""
    channel_id: int | None = None
    conversation: UUID | None = None
    test: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    files: Sequence[File] = ()
    reply_to: Message | None = None
    begins: bool = False
    language: str = ""


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
    text = inbound.text.replace("\x00", "").strip() or attachments.said_without_words(inbound.files)
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
        reply_to=inbound.reply_to,
        metadata={
            **inbound.metadata,
            **({"blocked": True} if blocked else {"files": len(inbound.files)} if inbound.files else {}),
        },
    )
    if blocked:
        touch(conversation, message)
        return Turn(conversation, message, new=True, begins=begins)
    attachments.expect(message, inbound.files)
    _note_language(conversation.contact, inbound)
    if conversation.status == Conversation.Status.CLOSED:
        first = first_status(workspace)
        change_status(conversation, first.status, first.reason)
    if begins:
        _tell(conversation, message)
    else:
        _note_inbound(conversation, message)
        touch(conversation, message)
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
    message = lookups.by_the_customer.first(conversation, external_id)
    if message is not None:
        message.conversation = conversation
    return message


def _conversation(agent_id: int, inbound: Inbound) -> Conversation | None:
    """The conversation named, or where this message is kept already, locked."""
    if inbound.conversation is not None:
        found = lookups.conversation.first(inbound.conversation)
        if found is None:
            raise ConversationNotFound()
        if found.agent_id != agent_id:
            raise ConversationOfAnotherAgent()
        return found
    return _where_kept(agent_id, inbound)


def _where_kept(agent_id: int, inbound: Inbound) -> Conversation | None:
    """A message that is delivered twice, at once or later, begins one conversation."""
    if not inbound.external_id or inbound.begins:
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
    first = First(Conversation.Status.CLOSED, _("The customer is blocked.")) if blocked else first_status(workspace)
    conversation = Conversation.objects.create(
        workspace=workspace,
        agent_id=agent_id,
        contact=contact,
        channel_id=inbound.channel_id,
        channel_kind=inbound.channel_kind,
        status=first.status,
        status_reason=first.reason[:200],
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
    identity = lookups.identity.first(workspace, inbound.channel_kind, inbound.sender)
    if identity is None:
        try:
            with transaction.atomic():
                language = spoken(inbound.text, inbound.language)
                contact = Contact.objects.create(workspace=workspace, name=as_name(inbound.sender_name), language=language)
                Identity.objects.create(contact=contact, **lookup)
                return contact
        except IntegrityError:
            identity = Identity.objects.select_related("contact").get(**lookup)
    return identity.contact


def _note_language(contact: Contact, inbound: Inbound) -> None:
    """Where it is not known yet: what a teammate wrote there stays."""
    found = "" if contact.language else spoken(inbound.text, inbound.language)
    if found and Contact.objects.filter(pk=contact.pk, language="").update(language=found, updated_at=timezone.now()):
        contact.language = found


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
    last = question is None or conversation.last_inbound_at is None or conversation.last_inbound_at <= question.created_at
    if last and conversation.status != Conversation.Status.SUPPORT_ACTIVE:
        conversation.waiting_since = None  # else it was the AI that asked for a person, and the customer waits for them
    touch(conversation, message)
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
        metadata={**(metadata or {}), **_beside_the_words(buttons, files)},
    )
    kept = attachments.attach(message, files)
    locked.waiting_since = None
    touch(locked, message, preview=_preview(text or attachments.said_without_words(kept)))
    answered.send(Message, conversation=locked, message=message)
    audit.record(actor, "conversation.replied", conversation)
    return message


def _beside_the_words(buttons: Sequence[Mapping[str, str]], files: Sequence[Upload]) -> dict[str, Any]:
    """`files` says how many rows to look for, so that nobody asks the database where there are none."""
    found = {"buttons": [dict(each) for each in buttons], "files": len(files)}
    return {name: value for name, value in found.items() if value}


def edit(conversation: Conversation, external_id: str, text: str, *, sent_at: float = 0.0) -> Message | None:
    """A customer changed what they had written; what it was before is kept beside it. None when there is no such message.

    `sent_at` is the sender's clock: an older change that comes later is passed over.
    """
    message = _known(conversation, external_id)
    text = text.replace("\x00", "").strip()[:MAX_TEXT]
    if message is None or not text or text == message.text or not is_news(message, "edited_at", sent_at):
        return message
    message.metadata = {**message.metadata, "before_edit": message.metadata.get("before_edit", message.text)}
    message.text = text
    message.save(update_fields=["text", "metadata", "updated_at"])
    tell_changed(message)
    return message


@transaction.atomic
def set_status(actor: Actor, conversation: Conversation, status: str, *, reason: str = "") -> Conversation:
    """Say who answers from now on. An answer that the AI is about to give to a conversation that is taken over is not sent."""
    require(actor, "answer")
    if status not in Conversation.Status.values:
        raise Invalid.field("status", _("Choose active, support_active or closed."))
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("contact", "workspace").get(pk=conversation.pk)
    if status != Conversation.Status.CLOSED and locked.contact.blocked_at is not None:
        raise ContactBlocked()
    cannot = why_ai_cannot(actor.workspace) if status == Conversation.Status.ACTIVE else ""
    if cannot:
        status, reason = Conversation.Status.SUPPORT_ACTIVE, cannot
    before = locked.status
    change_status(locked, status, reason, actor)
    if status != Conversation.Status.ACTIVE:
        taken_over.send(Conversation, conversation=locked)
    elif before != Conversation.Status.ACTIVE:
        given_back.send(Conversation, conversation=locked)
    audit.record(actor, "conversation.status", locked, status=status)
    return locked


@transaction.atomic
def hand_over(conversation_id: int, *, reason: str, stop: bool = False) -> Conversation:
    """A person answers from now on, where the AI did; with `stop`, also instead of the answer in the making.

    Called by Frontdesk itself, in the workspace's scope. The customer waits from now on. Gives the conversation, locked.
    """
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("contact", "workspace")
    conversation = rows.get(pk=conversation_id)
    if conversation.status == Conversation.Status.ACTIVE:
        conversation.waiting_since = timezone.now()
        change_status(conversation, Conversation.Status.SUPPORT_ACTIVE, reason)
        if stop:
            taken_over.send(Conversation, conversation=conversation)
    return conversation


def give_back(conversation: Conversation, *, reason: str) -> None:
    """The AI answers again, as nobody else did. Called by Frontdesk itself; the conversation is locked."""
    change_status(conversation, Conversation.Status.ACTIVE, reason)
    given_back.send(Conversation, conversation=conversation)


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


def change_status(conversation: Conversation, status: str, reason: str = "", actor: Actor | None = None) -> None:
    """Say who answers from now on, in the caller's transaction; the conversation is locked."""
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


def _note_inbound(conversation: Conversation, message: Message) -> None:
    """The customer wrote and waits; `touch` saves it. A conversation that was put off is back."""
    conversation.last_inbound_at = message.created_at
    conversation.waiting_since = conversation.waiting_since or conversation.last_inbound_at
    if conversation.snoozed_until is not None:
        conversation.snoozed_until = None
        activities.note(conversation, Activity.Kind.WOKEN, customer=True)


def touch(conversation: Conversation, message: Message, *, preview: str = "") -> None:
    """Put a conversation at the top of the list for a message that was just kept, and tell of it."""
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
