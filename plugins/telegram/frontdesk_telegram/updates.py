"""Updates of the Bot API as messages (https://core.telegram.org/bots/api#update). Only private chats are answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frontdesk.sdk.channel import Came, Envelope
from frontdesk.sdk.errors import PayloadInvalid
from frontdesk.sdk.values import Attachment, Edited, Inbound

KINDS = ["message", "edited_message", "callback_query"]
"""Those that Telegram is asked to send."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class User(_Part):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Chat(_Part):
    id: int
    type: str


class File(_Part):
    file_id: str
    mime_type: str = ""
    file_name: str = ""


class Sticker(_Part):
    file_id: str
    emoji: str = ""


class Location(_Part):
    latitude: float
    longitude: float


class Venue(_Part):
    location: Location
    title: str
    address: str


class SharedContact(_Part):
    phone_number: str
    first_name: str
    last_name: str = ""


class Message(_Part):
    message_id: int
    chat: Chat
    sender: User | None = Field(None, alias="from")
    text: str = ""
    caption: str = ""
    photo: tuple[File, ...] = ()
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    sticker: Sticker | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: SharedContact | None = None


class CallbackQuery(_Part):
    id: str
    sender: User = Field(alias="from")
    message: Message | None = None
    data: str = ""


class Update(_Part):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None


# Telegram gives no type where it has its own.
MEDIA: dict[Literal["document", "voice", "audio", "video", "video_note"], str] = {
    "document": "application/octet-stream",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
}


def read(body: bytes) -> Update:
    """Raises PayloadInvalid."""
    try:
        return Update.model_validate(json.loads(body))
    except (ValueError, RecursionError) as error:
        first = error.errors(include_url=False)[0] if isinstance(error, ValidationError) else None
        where = ".".join(map(str, first["loc"])) if first else ""
        raise PayloadInvalid(f"This is no update of the Bot API{f': {where}' if where else ''}.") from error


def envelope(update: Update) -> Envelope:
    query = update.callback_query
    message = update.message or update.edited_message or (query.message if query else None)
    return Envelope(str(update.update_id), str(message.chat.id) if message else "")


def came(update: Update) -> Sequence[Came]:
    """What an update brings; nothing for those that no customer wrote."""
    if update.message is not None and _is_from_a_customer(update.message):
        return _message(update.message)
    if update.edited_message is not None and _is_from_a_customer(update.edited_message):
        edited = update.edited_message
        text = _words(edited)
        return [Edited(_id(edited), str(edited.chat.id), text)] if text else []
    query = update.callback_query
    if query is not None and query.data and query.message is not None and query.message.chat.type == "private":
        chat = str(query.message.chat.id)
        return [Inbound(f"button:{query.id}", chat, query.data, sender_name=query.sender.name)]
    return []


def _is_from_a_customer(message: Message) -> bool:
    return message.chat.type == "private" and message.sender is not None and not message.sender.is_bot


def _message(message: Message) -> Sequence[Inbound]:
    files, text = tuple(_files(message)), _words(message)
    if not text and not files:
        return []  # a service message, such as "pinned"
    name = message.sender.name if message.sender else ""
    return [Inbound(_id(message), str(message.chat.id), text, sender_name=name, attachments=files)]


def _id(message: Message) -> str:
    """Unique in a chat only."""
    return f"{message.chat.id}:{message.message_id}"


def _words(message: Message) -> str:
    """What a message says, also where it says it without words."""
    if message.venue is not None:
        return f"📍 {message.venue.title}, {message.venue.address} ({_place(message.venue.location)})"
    if message.location is not None:
        return f"📍 {_place(message.location)}"
    if message.contact is not None:
        who = f"{message.contact.first_name} {message.contact.last_name}".strip()
        return f"👤 {who}, {message.contact.phone_number}"
    if message.sticker is not None:
        return message.sticker.emoji
    return message.text or message.caption


def _place(location: Location) -> str:
    return f"{location.latitude:.6f}, {location.longitude:.6f}"


def _files(message: Message) -> Sequence[Attachment]:
    found: list[Any] = []
    if message.photo:  # the same picture in several sizes, the largest last
        found.append(Attachment("image/jpeg", reference=message.photo[-1].file_id))
    if message.sticker is not None:
        found.append(Attachment("image/webp", reference=message.sticker.file_id))
    for kind, media_type in MEDIA.items():
        file: File | None = getattr(message, kind)
        if file is not None:
            found.append(Attachment(file.mime_type or media_type, file.file_name, reference=file.file_id))
    return found
