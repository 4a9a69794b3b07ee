"""Events of Messenger and Instagram as messages.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from frontdesk.sdk.channel import Came, Envelope
from frontdesk.sdk.values import Attachment, Deleted, Edited, Inbound, Reaction, Status, Watermark

from . import webhooks
from .words import phrase

LISTS = ("messaging", "standby", "changes")
"""Where an entry has its events. Those in "standby" belong to another app of the business, "changes" are about posts."""
UNREADABLE = phrase("(sent something that can only be seen in the app)")
MENTION = phrase("(mentioned you in their story)")
ONCE = phrase("(sent a picture or video that can be seen once)")
NAMED = {"love": "❤️", "like": "👍", "dislike": "👎", "laugh": "😆", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠"}
# Meta gives no types; the server that has the file does.
MEDIA = {"image": "image/jpeg", "audio": "audio/mp4", "video": "video/mp4", "file": "application/octet-stream"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, value: Any) -> Any:
        return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


class Party(_Part):
    id: str = ""


class Coordinates(_Part):
    lat: float
    long: float


class Payload(_Part):
    url: str = ""
    title: str = ""
    coordinates: Coordinates | None = None


class File(_Part):
    type: str = ""
    title: str = ""
    url: str = ""
    payload: Payload = Payload()


class QuickReply(_Part):
    payload: str = ""


class Story(_Part):
    url: str = ""


class ReplyTo(_Part):
    mid: str = ""
    story: Story | None = None


class Message(_Part):
    mid: str = Field(min_length=1)
    text: str = ""
    is_echo: bool = False
    is_deleted: bool = False
    attachments: tuple[File, ...] = ()
    quick_reply: QuickReply | None = None
    reply_to: ReplyTo | None = None


class Postback(_Part):
    mid: str = ""
    title: str = ""
    payload: str = ""


class Reacted(_Part):
    mid: str = Field(min_length=1)
    action: str
    reaction: str = ""
    emoji: str = ""


class Read(_Part):
    watermark: float = 0
    mid: str = ""


class Delivered(_Part):
    watermark: float = 0
    mids: tuple[str, ...] = ()


class Edit(_Part):
    mid: str = Field(min_length=1)
    text: str = ""
    num_edit: int = 0


class Event(_Part):
    """One of the last eight, or of a kind that is not for us. `timestamp` is in milliseconds."""

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: float = 0
    message: Message | None = None
    postback: Postback | None = None
    reaction: Reacted | None = None
    read: Read | None = None
    delivery: Delivered | None = None
    message_edit: Edit | None = None


def _items(body: bytes) -> Iterator[tuple[dict[str, Any], dict[str, Any], str, Any]]:
    """(notification, entry, name of the list, event), in the order they came. Raises PayloadInvalid."""
    notification = webhooks.read(body)
    for entry in notification["entry"]:
        for name in LISTS:
            for event in entry.get(name) or ():
                yield notification, entry, name, event


def singles(body: bytes) -> Iterator[dict[str, Any]]:
    """A notification for each event."""
    for notification, entry, name, event in _items(body):
        kept = {key: value for key, value in entry.items() if key not in LISTS}
        yield {**notification, "entry": [{**kept, name: [event]}]}


def read(body: bytes, product: str) -> Sequence[tuple[Event, dict[str, Any]]]:
    """The events of a product ("page", "instagram") with how they came. Raises PayloadInvalid."""
    found = []
    for notification, _entry, name, event in _items(body):
        if notification["object"] == product and name == "messaging":
            try:
                found.append((Event.model_validate(event), event))
            except ValidationError as error:
                raise webhooks.cannot_be_read(error, "event") from error
    return found


def envelope(body: bytes, product: str, account_id: str) -> Envelope:
    events = read(body, product)
    customers = [event.recipient.id if event.sender.id == account_id else event.sender.id for event, _raw in events]
    return webhooks.envelope([_id(event, raw) for event, raw in events], customers, body)


def _id(event: Event, raw: dict[str, Any]) -> str:
    """The same when it comes again: Meta's id of a message, with what happened to it."""
    if event.message is not None:
        return event.message.mid + (":deleted" if event.message.is_deleted else "")
    if event.postback is not None and event.postback.mid:
        return event.postback.mid
    if event.message_edit is not None:
        return f"{event.message_edit.mid}:edit:{event.message_edit.num_edit}"
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def came(event: Event, raw: dict[str, Any], account_id: str) -> Sequence[Came]:
    """What an event brings; nothing for our own messages, which come back as echoes, and for those to somebody else."""
    if event.recipient.id != account_id or event.sender.id in ("", account_id):
        return ()
    sender, at = event.sender.id, event.timestamp / 1000
    match event:
        case Event(message=Message(is_echo=True)):
            return ()
        case Event(message=Message(is_deleted=True, mid=mid)):
            return (Deleted(mid, sender),)
        case Event(message=Message() as message):
            return (_message(message, sender, at, raw),)
        case Event(postback=Postback() as postback):
            text = postback.title or postback.payload or UNREADABLE
            return (Inbound(postback.mid or _id(event, raw), sender, text, button=postback.payload, raw=raw, sent_at=at),)
        case Event(message_edit=Edit(text=text, mid=mid)):
            return (Edited(mid, sender, text),) if text else ()
        case Event(reaction=Reacted(action="react", mid=mid) as reacted):
            return (Reaction(mid, sender, reacted.emoji or NAMED.get(reacted.reaction, "👍")),)
        case Event(reaction=Reacted(mid=mid)):
            return (Reaction(mid, sender, ""),)
        case Event(read=Read() as seen):
            return _until(sender, "read", seen.watermark / 1000 or at, (seen.mid,))
        case Event(delivery=Delivered() as delivered):
            return _until(sender, "delivered", delivered.watermark / 1000, delivered.mids)
    return ()


def _until(sender: str, state: Any, until: float, mids: Sequence[str]) -> Sequence[Came]:
    """Messages that are named, and all before them: Messenger gives a time, Instagram the last message."""
    named = [Status(mid, state) for mid in mids if mid]
    return [*named, Watermark(sender, state, until)] if until else named


def _message(message: Message, sender: str, at: float, raw: dict[str, Any]) -> Inbound:
    files = tuple(
        Attachment(MEDIA[file.type], url=file.payload.url)
        for file in message.attachments
        if file.type in MEDIA and file.payload.url
    )
    lines = [line for line in (message.text.strip(), *map(_words, message.attachments)) if line]
    if message.reply_to is not None and message.reply_to.story is not None and message.reply_to.story.url:
        lines.append(f"↩ {message.reply_to.story.url}")
    # A phrase stays one, to be said in the business's language.
    text = lines[0] if len(lines) == 1 else "\n".join(lines)
    return Inbound(
        message.mid,
        sender,
        text or ("" if files else UNREADABLE),
        attachments=files,
        raw=raw,
        reply_to=message.reply_to.mid if message.reply_to else "",
        button=message.quick_reply.payload if message.quick_reply else "",
        sent_at=at,
    )


def _words(file: File) -> str:
    """What stands for an attachment that is no file. Pictures of stories are not kept, as Meta asks."""
    payload = file.payload
    if file.type in MEDIA and payload.url:
        return ""
    if payload.coordinates is not None:
        return f"📍 {payload.coordinates.lat:.6f}, {payload.coordinates.long:.6f}"
    if file.type == "story_mention":
        return MENTION
    if file.type == "ephemeral":
        return ONCE
    words = " ".join(filter(None, (payload.title or file.title, payload.url or file.url)))
    return f"🔗 {words}" if words else UNREADABLE
