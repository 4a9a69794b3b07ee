"""From a kept request to messages that are answered: read by the plugin, one lane after the other, each request once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from frontdesk.agents.errors import AgentNotLive
from frontdesk.billing.errors import PaymentRequired
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.models import Conversation
from frontdesk.core.errors import FrontdeskError
from frontdesk.core.jobs import Again, enqueue
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.runs import actions as runs
from frontdesk.sdk.channel import Came
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.values import Attachment, Deleted, Edited, Inbound, Reaction, Status, WebRequest
from frontdesk.workspaces.permissions import Actor

from . import statuses
from .errors import ChannelResting
from .intake import SECONDS, fitting, note_heard
from .kinds import Connected, capabilities_of, connected
from .models import Arrival, Channel, Thread
from .rehearsal.playing import overhear

logger = logging.getLogger(__name__)
# How long to leave a lane alone that another worker is in, and a channel whose plugin is off.
LANE_SECONDS = 0.5
RESTING_SECONDS = 60.0


def receive(arrival: Arrival, *, last_attempt: bool) -> None:
    """Work on a request and all others of its lane, oldest first. Raises Again while another worker does."""
    while True:
        with transaction.atomic():
            if not _try_lane(arrival.channel_id, arrival.lane):
                raise Again(LANE_SECONDS)
            head = _head(arrival)
            if head is None:
                return
            with translation.override(head.workspace.language):
                _work_on(head, last_attempt=last_attempt)


def _try_lane(channel_id: int, lane: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 1))", [f"lane:{channel_id}:{lane}"])
        return bool(cursor.fetchone()[0])


def _head(arrival: Arrival) -> Arrival | None:
    """The oldest of the lane that is not done."""
    waiting = Arrival.objects.filter(channel=arrival.channel_id, lane=arrival.lane, state=Arrival.State.RECEIVED)
    return waiting.select_related("workspace", "channel__workspace", "channel__agent").order_by("pk").first()


def _work_on(arrival: Arrival, *, last_attempt: bool) -> None:
    """All that a request brings, or nothing of it. What cannot be read stays as a dead letter; a fault of ours is tried again."""
    note_heard(arrival.channel)
    try:
        with transaction.atomic():
            channel = connected(arrival.channel)
            for came in _read(channel, arrival):
                _take(channel, came)
    except (ChannelResting, PluginResting) as error:
        raise Again(RESTING_SECONDS) from error
    except (PluginError, PluginFailed, FrontdeskError) as error:
        _bury(arrival, str(error))
    except Again:
        raise
    except Exception as error:
        if not last_attempt:
            raise
        logger.exception("request %s of channel %s cannot be worked on", arrival.pk, arrival.channel_id)
        _bury(arrival, f"{type(error).__name__}: {error}")
    else:
        arrival.state, arrival.problem = Arrival.State.DONE, ""
        arrival.save(update_fields=["state", "problem", "updated_at"])


def _bury(arrival: Arrival, problem: str) -> None:
    arrival.state, arrival.problem = Arrival.State.DEAD, problem[:500]
    arrival.save(update_fields=["state", "problem", "updated_at"])


def _read(channel: Connected, arrival: Arrival) -> Sequence[Came]:
    request = WebRequest(arrival.method, "", arrival.headers, arrival.query, bytes(arrival.body))
    guarded = {"seconds": SECONDS, "workspace": channel.channel.workspace.uuid, "answers": (list, tuple)}
    found: Sequence[Came] = calling.call_now(
        channel.plugin, channel.part, channel.kind.parse, request, channel.settings, **guarded
    )
    if not all(isinstance(came, Inbound | Edited | Deleted | Reaction | Status) for came in found):
        raise PluginFailed(_("The plugin %(plugin)s read something that is no message.") % {"plugin": channel.plugin})
    return found


def _take(channel: Connected, came: Came) -> None:
    match came:
        case Inbound():
            _message(channel, came)
        case Edited():
            thread = _thread(channel.channel, came.sender_id, came.thread_id)
            if thread is not None:
                conversations.edit(thread.conversation, own_id(channel.channel, came.external_id), came.text)
        case Status():
            statuses.note(channel.channel, came)


def _message(channel: Connected, inbound: Inbound) -> None:
    """One message of a customer: kept once, and the answer begun by a worker; or a person's to answer."""
    row = channel.channel
    shared = channel.kind.shared_senders and not row.rehearsal
    sender = inbound.sender_id if shared else f"{row.pk}:{inbound.sender_id}"
    if row.rehearsal:
        overhear(row, inbound)
    conversations.lock_sender(row.kind, f"{row.pk}:{inbound.sender_id}")
    thread = _thread(row, inbound.sender_id, inbound.thread_id)
    goes_on = thread is not None and thread.conversation.agent_id == row.agent_id
    turn = _turn(
        row,
        conversations.Inbound(
            text=inbound.text or _said_without_words(inbound.attachments),
            channel_kind=row.kind,
            sender=fitting(sender),
            external_id=own_id(row, inbound.external_id),
            sender_name=inbound.sender_name[:200],
            channel_id=row.pk,
            conversation=thread.conversation.uuid if thread and goes_on else None,
            test=row.rehearsal,
            metadata=_about(inbound.attachments),
        ),
    )
    if thread is None:
        where = {"recipient_id": inbound.sender_id[:255], "thread_id": inbound.thread_id[:255]}
        Thread.objects.create(workspace=row.workspace, channel=row, conversation=turn.conversation, **where)
    elif not goes_on:
        thread.conversation = turn.conversation
        thread.save(update_fields=["conversation", "updated_at"])


def _thread(channel: Channel, recipient_id: str, thread_id: str) -> Thread | None:
    rows = Thread.objects.select_related("conversation__workspace")
    return rows.filter(channel=channel, recipient_id=recipient_id[:255], thread_id=thread_id[:255]).first()


def _turn(channel: Channel, message: conversations.Inbound) -> Turn:
    actor = Actor.system(channel.workspace, channel.name)
    try:
        with transaction.atomic():
            taken = runs.take(actor, channel.agent, message, queue=True)
    except (AgentNotLive, PaymentRequired) as error:
        turn = conversations.receive(channel.workspace, channel.agent_id, message)
        if turn.new and turn.conversation.status == Conversation.Status.ACTIVE:
            conversations.hand_over(turn.conversation.pk, reason=str(error.message))
        return turn
    if taken.run is not None and taken.turn.new:
        enqueue("runs.execute", workspace=channel.workspace, key=str(taken.run.uuid), run_id=taken.run.pk)
        if capabilities_of(channel.kind).typing:
            enqueue("channels.typing", workspace=channel.workspace, conversation_id=taken.turn.conversation.pk)
    return taken.turn


def own_id(channel: Channel, external_id: str) -> str:
    """A vendor's id of a message is its own in one channel only."""
    return f"{channel.pk}/{fitting(external_id)}"


def _about(attachments: Sequence[Attachment]) -> dict[str, object]:
    """What is remembered of the files that came with a message."""
    if not attachments:
        return {}
    files = [{"type": each.media_type, "name": each.name, "url": each.url, "reference": each.reference} for each in attachments]
    return {"attachments": files}


def _said_without_words(attachments: Sequence[Attachment]) -> str:
    """What stands for a message that is nothing but files."""
    words = {"image": _("(sent a picture)"), "audio": _("(sent a voice message)"), "video": _("(sent a video)")}
    file = _("(sent a file: %(name)s)")
    said = [words.get(each.media_type.partition("/")[0], file % {"name": each.name}) for each in attachments]
    return "\n".join(dict.fromkeys(said))
