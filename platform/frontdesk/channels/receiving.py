"""From a kept request to messages that are answered: read by the plugin, one lane after the other, each request once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from frontdesk.agents.errors import AgentNotLive
from frontdesk.billing.errors import PaymentRequired
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import FrontdeskError
from frontdesk.core.jobs import Again, enqueue, enqueue_all
from frontdesk.core.prepared import prepared
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.runs import actions as runs
from frontdesk.runs import handing_over
from frontdesk.runs.handing_over import Reason
from frontdesk.runs.task import storable
from frontdesk.sdk.channel import Came
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.values import Deleted, Edited, Inbound, Reaction, Status, Watermark, WebRequest
from frontdesk.sdk.words import Phrase, said
from frontdesk.workspaces.permissions import Actor

from . import changes, fetching, outbox, statuses
from .errors import ChannelResting
from .intake import SECONDS, fitting, note_heard
from .kinds import Connected, capabilities_of, connected
from .models import Arrival, Channel, Early, Thread
from .rehearsal.playing import overhear

logger = logging.getLogger(__name__)
# How long to leave a lane alone that another worker is in, and a channel whose plugin is off.
LANE_SECONDS = 0.5
RESTING_SECONDS = 60.0


LOCK_LANE = """
SELECT channel_id, lane, pg_try_advisory_xact_lock(hashtextextended('lane:' || channel_id || ':' || lane, 1))
FROM frontdesk_channels_arrival WHERE id = %s
"""


def receive(arrival_id: int, *, last_attempt: bool) -> None:
    """Work on a request and all others of its lane, oldest first. Raises Again while another worker does."""
    more = True
    while more:
        with transaction.atomic():
            waiting = _oldest(*_lock_lane(arrival_id))
            if not waiting:
                return
            with translation.override(waiting[0].workspace.language):
                _work_on(waiting[0], last_attempt=last_attempt)
            more = len(waiting) > 1  # what came since then has a job of its own


def _lock_lane(arrival_id: int) -> tuple[int, str]:
    """The channel and the lane of a request, ours until the transaction ends. Raises Again while it is another worker's."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LANE, [arrival_id])
        channel_id, lane, ours = cursor.fetchone() or (0, "", True)  # deleted with its channel: nothing is found
    if not ours:
        raise Again(LANE_SECONDS)
    return channel_id, lane


def _oldest(channel_id: int, lane: str) -> list[Arrival]:
    """The oldest of a lane that is not done, and one more if there is one."""
    return _waiting(channel_id, lane)


@prepared
def _waiting(channel: Any, lane: Any) -> QuerySet[Arrival]:
    rows = Arrival.objects.select_related("workspace", "channel__workspace", "channel__agent")
    return rows.filter(channel=channel, lane=lane, state=Arrival.State.RECEIVED).order_by("pk")[:2]


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
    if not all(isinstance(came, Came) for came in found):
        raise PluginFailed(_("The plugin %(plugin)s read something that is no message.") % {"plugin": channel.plugin})
    return [_storable(came) for came in found]


def _storable(value: Any) -> Any:
    """What a plugin read, its texts and those of its files without what cannot be stored; its own words as they are."""
    if isinstance(value, str) and not isinstance(value, Phrase):
        return storable(value)
    if isinstance(value, tuple):
        return tuple(_storable(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _storable(getattr(value, field.name)) for field in fields(value)})
    return value


def _take(channel: Connected, came: Came) -> None:
    match came:
        case Inbound():
            _message(channel, came)
        case Edited() | Deleted() | Reaction():
            changes.note(channel.channel, came)
        case Status():
            statuses.note(channel.channel, came)
        case Watermark():
            statuses.note_all(channel.channel, came)


def _message(channel: Connected, inbound: Inbound) -> None:
    """One message of a customer: kept once, and the answer begun by a worker; or a person's to answer."""
    row = channel.channel
    if row.rehearsal:
        overhear(row, inbound)
    conversations.lock_sender(row.kind, f"{row.pk}:{inbound.sender_id}")
    thread = changes.thread_of(row, inbound.sender_id, inbound.thread_id)
    early = changes.waiting_for(row, inbound.external_id)
    turn = _turn(row, _as_kept(channel, inbound, thread, early), taken_back=changes.is_taken_back(early))
    changes.done(turn.message, early)
    if turn.new and inbound.attachments:
        fetching.ring(turn.message)
    if thread is None:
        where = {"recipient_id": inbound.sender_id[:255], "thread_id": inbound.thread_id[:255]}
        Thread.objects.create(workspace=row.workspace, channel=row, conversation=turn.conversation, **where)
        if channel.kind.capabilities.names and not inbound.sender_name:
            enqueue("channels.name", workspace=row.workspace, conversation_id=turn.conversation.pk)
    elif thread.conversation_id != turn.conversation.pk:
        thread.conversation = turn.conversation
        thread.save(update_fields=["conversation", "updated_at"])
    else:
        return
    if turn.conversation.status != Conversation.Status.ACTIVE:
        for notice in turn.conversation.messages.filter(author=Message.Author.NOTICE).order_by("pk"):
            outbox.put_in(Message, turn.conversation, notice)  # said before it was known where to


def _as_kept(channel: Connected, inbound: Inbound, thread: Thread | None, early: Sequence[Early]) -> conversations.Inbound:
    """A plugin's message as the conversations room takes it."""
    row = channel.channel
    shared = channel.kind.shared_senders and not row.rehearsal
    sender = inbound.sender_id if shared else f"{row.pk}:{inbound.sender_id}"
    known_to = thread.conversation if thread is not None else None
    # A deleted customer who writes again is somebody new.
    goes_on = known_to is not None and known_to.agent_id == row.agent_id and known_to.contact.deleted_at is None
    inbound, about = changes.as_changed(inbound, early)
    known = {"button": inbound.button, "sent_at": inbound.sent_at, "wordless": not inbound.text.strip()}
    answers = changes.theirs(row, thread, inbound.reply_to) or changes.ours(row, inbound.reply_to)
    return conversations.Inbound(
        text=said(inbound.text, row.workspace.language),
        channel_kind=row.kind,
        sender=fitting(sender),
        external_id=changes.own_id(row, inbound.external_id),
        sender_name=inbound.sender_name[:200],
        channel_id=row.pk,
        conversation=thread.conversation.uuid if thread and goes_on else None,
        test=row.rehearsal,
        begins=thread is None,
        language=inbound.language,
        files=inbound.attachments,
        reply_to=answers if answers and thread and answers.conversation_id == thread.conversation_id else None,
        metadata={name: value for name, value in {**known, **about}.items() if value},
    )


def _turn(channel: Channel, message: conversations.Inbound, *, taken_back: bool) -> Turn:
    """The AI answers nothing that the customer has taken back already."""
    if taken_back:
        return conversations.receive(channel.workspace, channel.agent_id, message)
    actor = Actor.system(channel.workspace, channel.name)
    try:
        with transaction.atomic():
            taken = runs.take(actor, channel.agent, message, queue=True)
    except (AgentNotLive, PaymentRequired) as error:
        turn = conversations.receive(channel.workspace, channel.agent_id, message)
        if turn.new and turn.conversation.status == Conversation.Status.ACTIVE:
            handing_over.pass_on(turn.conversation, channel.agent.read_content(), Reason(str(error.message)))
        return turn
    if not taken.turn.new:
        return taken.turn
    if taken.run is not None:  # made in this very transaction: no other job can have its key
        enqueue_all("runs.execute", [(channel.workspace, str(taken.run.uuid), {"run_id": taken.run.pk})])
    if (taken.run is not None or taken.waits) and capabilities_of(channel.kind).typing:
        enqueue("channels.typing", workspace=channel.workspace, conversation_id=taken.turn.conversation.pk)
    return taken.turn
