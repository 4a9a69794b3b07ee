"""Updates of the Bot API as messages (https://core.telegram.org/bots/api#update). Only private chats are answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frontdesk.sdk.channel import Came, Envelope
from frontdesk.sdk.errors import PayloadInvalid
from frontdesk.sdk.values import Attachment, Edited, Inbound, Reaction

KINDS = ["message", "edited_message", "callback_query", "message_reaction"]
"""Those that Telegram is asked to send."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class User(_Part):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str = ""

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
    file_size: int = 0


class Sticker(File):
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(_Part):
    latitude: float
    longitude: float
    live_period: int = 0


class Venue(_Part):
    location: Location
    title: str
    address: str


class SharedContact(_Part):
    phone_number: str
    first_name: str
    last_name: str = ""


class Dice(_Part):
    emoji: str
    value: int


class PollOption(_Part):
    text: str


class Poll(_Part):
    question: str
    options: tuple[PollOption, ...] = ()


class Button(_Part):
    text: str
    callback_data: str = ""


class Keyboard(_Part):
    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Answered(_Part):
    message_id: int


class Message(_Part):
    message_id: int
    chat: Chat
    date: int = 0
    edit_date: int = 0
    reply_to_message: Answered | None = None
    reply_markup: Keyboard | None = None
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
    dice: Dice | None = None
    poll: Poll | None = None


class CallbackQuery(_Part):
    id: str
    sender: User = Field(alias="from")
    message: Message | None = None
    data: str = ""


class ReactionType(_Part):
    type: str
    emoji: str = ""


class MessageReaction(_Part):
    chat: Chat
    message_id: int
    user: User | None = None
    date: int = 0
    new_reaction: tuple[ReactionType, ...] = ()


class Update(_Part):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReaction | None = None


# Of emoji that only Telegram has no sign is known.
OTHER_EMOJI = "✨"
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
    about = update.message or update.edited_message or update.message_reaction or (query.message if query else None)
    return Envelope(str(update.update_id), str(about.chat.id) if about else "")


def came(update: Update) -> Sequence[Came]:
    """What an update brings; nothing for those that no customer wrote."""
    if update.message is not None and _is_from_a_customer(update.message):
        return _message(update.message)
    if update.edited_message is not None and _is_from_a_customer(update.edited_message):
        return _edit(update.edited_message)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    return _reaction(update.message_reaction) if update.message_reaction is not None else []


def _is_from_a_customer(message: Message) -> bool:
    return message.chat.type == "private" and message.sender is not None and not message.sender.is_bot


def _edit(message: Message) -> Sequence[Edited]:
    """A place that is shared while somebody walks changes all the time, and nobody wrote that."""
    text = _words(message)
    if not text or message.location is not None and message.venue is None:
        return []
    return [Edited(_id(message), str(message.chat.id), text, sent_at=float(message.edit_date))]


def _pressed(query: CallbackQuery) -> Sequence[Inbound]:
    message = query.message
    if not query.data or message is None or message.chat.type != "private":
        return []
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    label = next((button.text for row in rows for button in row if button.callback_data == query.data), query.data)
    sender = {"sender_name": query.sender.name, "language": query.sender.language_code}
    about = {**sender, "reply_to": _id(message), "button": query.data}
    return [Inbound(f"button:{query.id}", str(message.chat.id), label, **about)]


def _reaction(reaction: MessageReaction) -> Sequence[Reaction]:
    if reaction.chat.type != "private" or reaction.user is None or reaction.user.is_bot:
        return []
    emoji = next((each.emoji or OTHER_EMOJI for each in reaction.new_reaction), "")
    chat = str(reaction.chat.id)
    return [Reaction(f"{chat}:{reaction.message_id}", chat, emoji, sent_at=float(reaction.date))]


def _message(message: Message) -> Sequence[Inbound]:
    files, text = tuple(_files(message)), _words(message)
    if not text and not files:
        return []  # a service message, such as "pinned"
    name = message.sender.name if message.sender else ""
    answered = f"{message.chat.id}:{message.reply_to_message.message_id}" if message.reply_to_message else ""
    language = message.sender.language_code if message.sender else ""
    about = {"attachments": files, "reply_to": answered, "sent_at": float(message.date), "language": language}
    return [Inbound(_id(message), str(message.chat.id), text, name, **about)]


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
    if message.dice is not None:
        return f"{message.dice.emoji} {message.dice.value}"
    if message.poll is not None:
        return "\n".join([f"📊 {message.poll.question}", *(f"– {option.text}" for option in message.poll.options)])
    return message.text or message.caption


def _place(location: Location) -> str:
    return f"{location.latitude:.6f}, {location.longitude:.6f}"


def _files(message: Message) -> Sequence[Attachment]:
    found: list[Any] = []
    if message.photo:  # the same picture in several sizes, the largest last
        found.append(_attachment(message.photo[-1], "image/jpeg"))
    if message.sticker is not None and not message.sticker.is_animated:
        found.append(_attachment(message.sticker, "video/webm" if message.sticker.is_video else "image/webp"))
    for kind, media_type in MEDIA.items():
        file: File | None = getattr(message, kind)
        if file is not None:
            found.append(_attachment(file, media_type))
    return found


def _attachment(file: File, media_type: str) -> Attachment:
    return Attachment(file.mime_type or media_type, file.file_name, reference=file.file_id, size=file.file_size)
