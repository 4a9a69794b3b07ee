"""Customers' files: fetched from the vendor, looked at, kept or refused. The answer waits for them, and not for ever."""

from __future__ import annotations

import logging
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.conversations import attachments, notices
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.changes import files_came
from frontdesk.conversations.models import Attachment, Conversation, Message
from frontdesk.core.guarded import Room
from frontdesk.core.jobs import Again, enqueue
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.runs import beginning, handing_over
from frontdesk.sdk.errors import DeliveryFailed, PluginError
from frontdesk.sdk.values import Attachment as File
from frontdesk.workspaces.permissions import Actor

from .errors import ChannelResting
from .kinds import Connected, connected
from .signals import to_write_down

logger = logging.getLogger(__name__)
FETCH_SECONDS = 30.0
# A file that has not come by then will not: the customer is told, and answered without it.
PATIENCE = timedelta(seconds=90)
PAUSE_SECONDS = 4.0
# One sentence about refused files is enough for those that come together.
SAID_LATELY = timedelta(minutes=10)


def ring(message: Message) -> None:
    """Have a worker fetch a message's files, at commit."""
    enqueue("channels.fetch", workspace=message.workspace, key=str(message.pk), message_id=message.pk)


def fetch(message_id: int) -> None:
    """Fetch what has not come yet; when nothing is left to wait for, have the message answered. Raises Again."""
    rows = Message.objects.select_related("workspace", "conversation__channel__workspace")
    message = rows.get(pk=message_id)
    with translation.override(message.workspace.language):
        waits = [wait for row in _pending(message) if (wait := _fetch_one(message, row)) is not None]
        if waits:
            raise Again(max(min(waits), 1.0))
        for row in message.attachments.filter(state=Attachment.State.READY, media_type__startswith="audio/", text=""):
            _write_down(message, row)
        _go_on(message)


def _pending(message: Message) -> list[Attachment]:
    return list(message.attachments.filter(state=Attachment.State.PENDING).order_by("id"))


def _fetch_one(message: Message, row: Attachment) -> float | None:
    """Seconds to wait before the next attempt; None when this file is here or refused."""
    if row.file:
        row.state = Attachment.State.READY
    elif row.size > settings.ATTACHMENT_MAX_BYTES:
        _refuse(row, attachments.refusal(row.size, row.media_type))
    elif message.conversation.channel is None:
        _refuse(row, _("The channel was deleted."))
    else:
        wait = _ask(message, row)
        if wait is not None:
            return wait
    row.save()
    return None


def _ask(message: Message, row: Attachment) -> float | None:
    """As `_fetch_one`, from the vendor."""
    room = Room(settings.ATTACHMENT_MAX_BYTES)
    try:
        data = _from_plugin(connected(message.conversation.channel), row, room)
    except (DeliveryFailed, PluginFailed, PluginResting, ChannelResting) as error:
        if room.exceeded:
            row.size = room.most + 1
            _refuse(row, attachments.refusal(row.size, row.media_type))
            return None
        again = not getattr(error, "permanent", isinstance(error, PluginFailed) and not isinstance(error, PluginResting))
        wait = max(PAUSE_SECONDS, getattr(error, "retry_after", None) or 0.0)
        if again and timezone.now() + timedelta(seconds=wait) < message.created_at + PATIENCE:
            return wait
        _refuse(row, _("It could not be fetched: %(problem)s") % {"problem": error})
    except PluginError as error:
        _refuse(row, _("It could not be fetched: %(problem)s") % {"problem": error})
    else:
        attachments.fill(row, data)
    return None


def _from_plugin(channel: Connected, row: Attachment, room: Room) -> bytes:
    asked = File(row.media_type, row.name, row.url, reference=row.reference, size=row.size)
    got: File = async_to_sync(calling.call)(
        channel.plugin,
        f"{channel.part}, files",
        channel.kind.fetch,
        asked,
        channel.context(room),
        seconds=FETCH_SECONDS,
        workspace=channel.channel.workspace.uuid,
        answers=File,
    )
    row.name = row.name or attachments.plain_name(got.name)
    return got.data


def _refuse(row: Attachment, problem: str) -> None:
    row.state, row.problem = Attachment.State.REFUSED, problem[:300]


def _write_down(message: Message, row: Attachment) -> None:
    """A kindness: what nobody can write down stays a recording."""
    actor = Actor.system(message.workspace)
    language = message.conversation.contact.language
    answers = to_write_down.send_robust(Attachment, actor=actor, recording=attachments.read(row), language=language)
    for _receiver, said in answers:
        if isinstance(said, str) and said.strip():
            row.text = said.strip()
            row.save(update_fields=["text", "updated_at"])
            return
        if isinstance(said, Exception):
            logger.warning("recording %s cannot be written down", row.pk, exc_info=said)


def _go_on(message: Message) -> None:
    """What was found out is told to everybody: the thread, the customer, and who answers."""
    with transaction.atomic():
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("workspace", "contact", "agent")
        conversation = rows.get(pk=message.conversation_id)
        message = conversation.messages.select_related("workspace").get(pk=message.pk)
        files = list(message.attachments.order_by("id"))
        wordless = message.metadata.get("wordless", False)
        said = "\n".join(file.text for file in files if file.text)
        spoken = bool(said) and wordless
        files_came(message, (said or attachments.said_without_words(files)) if wordless else "")
        _say_what_is_refused(conversation, files)
        if message.deleted_at is None:
            _answer(Turn(conversation, message, new=True), spoken=spoken)


def _answer(turn: Turn, *, spoken: bool) -> None:
    """What was said aloud may ask for a person, as what is written may."""
    conversation = turn.conversation
    if conversation.agent is None:
        return
    if spoken and conversation.status == Conversation.Status.ACTIVE:
        handing_over.before_answering(turn, conversation.agent.read_content())
    beginning.begin(turn.message.pk, Actor.system(conversation.workspace).name)


def _say_what_is_refused(conversation: Conversation, files: list[Attachment]) -> None:
    """Once for files that come together."""
    refused = [file for file in files if file.state == Attachment.State.REFUSED]
    said = Message.objects.filter(
        conversation=conversation,
        author=Message.Author.NOTICE,
        metadata__has_key="refused_files",
        created_at__gt=timezone.now() - SAID_LATELY,
    )
    if not refused or said.exists():
        return
    notices.say(conversation, _said_of(refused), refused_files=[file.pk for file in refused])


def _said_of(refused: list[Attachment]) -> str:
    if any(file.size > settings.ATTACHMENT_MAX_BYTES for file in refused):
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        return _("Your file is larger than %(limit)s MiB, so I could not take it. Please send a smaller one.") % {"limit": limit}
    if any(file.problem == attachments.refusal(file.size, file.media_type) for file in refused):
        return _("I cannot take files of this type. Please send a picture, a PDF or a text.")
    return _("I could not receive your file. Please send it again.")
