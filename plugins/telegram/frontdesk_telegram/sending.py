"""Messages as the Bot API takes them (https://core.telegram.org/bots/api#sendmessage and the methods after it)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from frontdesk.sdk.values import Attachment, Button, Outbound

from .formatting import as_html

LONGEST_CALLBACK = 64
LARGEST_PHOTO = 10 * 2**20
LARGEST_FILE = 50 * 2**20
# Method and field for what Telegram shows itself; all else is a document.
SHOWN = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "image/gif": ("sendAnimation", "animation"),
    "video/mp4": ("sendVideo", "video"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "audio/ogg": ("sendVoice", "voice"),
}
DOCUMENT = ("sendDocument", "document")


def around(message: Outbound) -> dict[str, Any]:
    """Whom it is for, what it answers, and its choices."""
    said: dict[str, Any] = {"chat_id": message.recipient_id}
    number = message.reply_to.rpartition(":")[2]
    if number.isdecimal():
        said["reply_parameters"] = {"message_id": int(number), "allow_sending_without_reply": True}
    if message.buttons:
        said["reply_markup"] = {"inline_keyboard": [[_button(each)] for each in message.buttons]}
    return said


def _button(button: Button) -> dict[str, str]:
    """What comes back has up to 64 bytes."""
    data = button.id.encode()[:LONGEST_CALLBACK].decode("utf-8", "ignore")
    return {"text": button.label, "callback_data": data or button.label.encode()[:LONGEST_CALLBACK].decode("utf-8", "ignore")}


def words(message: Outbound) -> dict[str, Any]:
    said = {"text": message.text, "link_preview_options": {"is_disabled": True}}
    if message.markdown:
        said |= {"text": as_html(message.markdown), "parse_mode": "HTML"}
    return said


def method_for(file: Attachment) -> tuple[str, str]:
    """Which method sends it, and in which field."""
    method, field = SHOWN.get(file.media_type, DOCUMENT)
    return DOCUMENT if field == "photo" and len(file.data) > LARGEST_PHOTO else (method, field)


def uploaded(field: str, file: Attachment) -> dict[str, tuple[str, bytes, str]]:
    """The part of a form that carries it."""
    return {field: (file.name or "file", file.data, file.media_type)}


def as_form(arguments: dict[str, Any]) -> dict[str, str]:
    """Arguments beside a file: what is not text goes as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}


def receipt(results: Sequence[Any], recipient_id: str) -> str:
    """The id of the last message that Telegram took; "" when it does not say."""
    last = results[-1] if results else None
    return f"{recipient_id}:{last['message_id']}" if isinstance(last, dict) and "message_id" in last else ""
