"""Messages as the Cloud API takes them.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from frontdesk.sdk.values import Attachment, Button, Outbound, Template

from .marks import marked
from .words import words

LONGEST = 4096
LONGEST_ABOVE_BUTTONS = 1024
LONGEST_CAPTION = 1024
MOST_BUTTONS, MOST_ROWS = 3, 10
BUTTON, ROW, ROW_DETAIL = 20, 24, 72
MIB = 2**20
# What is of another type, or larger, still goes as a document of up to 100 MB.
TAKEN = {
    "image": ({"image/jpeg", "image/png"}, 5 * MIB),
    "audio": ({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16 * MIB),
    "video": ({"video/mp4", "video/3gpp"}, 16 * MIB),
}
PHONE = re.compile(r"\+?\d{5,20}")


def to(recipient_id: str) -> dict[str, str]:
    """A phone number, or the id of a customer who shows none."""
    return {"to" if PHONE.fullmatch(recipient_id) else "recipient": recipient_id}


def around(message: Outbound, content: Mapping[str, Any]) -> dict[str, Any]:
    """The key comes back with each status, so that a message is known even where its receipt was lost."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to(message.recipient_id),
        **({"context": {"message_id": message.reply_to}} if message.reply_to else {}),
        "biz_opaque_callback_data": message.idempotency_key,
        **content,
    }


def text(message: Outbound) -> str:
    """With marks, while these leave it short enough."""
    with_marks = marked(message.markdown) if message.markdown else ""
    return with_marks if 0 < length(with_marks) <= LONGEST else message.text


def length(said: str) -> int:
    """In UTF-16 units."""
    return len(said.encode("utf-16-le")) // 2


def words_of(message: Outbound, language: str) -> dict[str, Any]:
    """Text, above buttons or a list where there are choices."""
    said = text(message)
    if not message.buttons or not said:
        return {"type": "text", "text": {"body": said, "preview_url": False}}
    if _fit_as_buttons(message.buttons) and length(said) <= LONGEST_ABOVE_BUTTONS:
        choices = [{"type": "reply", "reply": {"id": each.id, "title": each.label}} for each in message.buttons]
        return _interactive("button", said, {"buttons": choices})
    rows = [_row(button) for button in message.buttons[:MOST_ROWS]]
    opens = words.into(language).gettext("Choose")
    return _interactive("list", said, {"button": opens, "sections": [{"rows": rows}]})


def _fit_as_buttons(buttons: Sequence[Button]) -> bool:
    """Few, short, and no two the same."""
    labels = {button.label for button in buttons}
    return len(buttons) == len(labels) <= MOST_BUTTONS and all(len(label) <= BUTTON for label in labels)


def _interactive(kind: str, said: str, action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": said}, "action": action}}


def _row(button: Button) -> dict[str, str]:
    if len(button.label) <= ROW:
        return {"id": button.id, "title": button.label}
    return {"id": button.id, "title": button.label[: ROW - 1].rstrip() + "…", "description": button.label[:ROW_DETAIL]}


def kind_of(file: Attachment) -> str:
    """ "image", "audio", "video", or "document" for all that WhatsApp does not show itself."""
    kind = file.media_type.partition("/")[0]
    types, largest = TAKEN.get(kind, (set(), 0))
    return kind if file.media_type in types and max(file.size, len(file.data)) <= largest else "document"


def media(file: Attachment, media_id: str, caption: str) -> dict[str, Any]:
    """A file that was uploaded, or is at an address."""
    kind = kind_of(file)
    content = {"id": media_id} if media_id else {"link": file.url}
    if kind == "document":
        content["filename"] = file.name or "file"
    if caption and kind != "audio":
        content["caption"] = caption
    return {"type": kind, kind: content}


def can_be_caption(file: Attachment, said: str) -> bool:
    return kind_of(file) != "audio" and length(said) <= LONGEST_CAPTION


def template(chosen: Template) -> dict[str, Any]:
    """WhatsApp takes no line breaks in the values."""
    parameters = [{"type": "text", "text": " ".join(value.split())} for value in chosen.values]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    content = {"name": chosen.name, "language": {"code": chosen.language}}
    return {"type": "template", "template": {**content, **({"components": components} if components else {})}}


def approved(rows: Sequence[Mapping[str, Any]]) -> Sequence[Template]:
    """Templates that can be sent with values for their text alone: no files or values above it, none in its buttons."""
    found = []
    for row in rows:
        body = _plain_body(row.get("components"))
        if body and row.get("status") == "APPROVED" and row.get("parameter_format", "POSITIONAL") == "POSITIONAL":
            found.append(Template(str(row.get("name", "")), str(row.get("language", "")), body))
    return found


def _plain_body(components: Any) -> str:
    body = ""
    for part in components if isinstance(components, list) else ():
        said = str(part.get("text") or "")
        match part.get("type"):
            case "BODY":
                body = said
            case "HEADER" if part.get("format") != "TEXT" or "{{" in said:
                return ""
            case "BUTTONS" if "{{" in str(part.get("buttons")) or "OTP" in str(part.get("buttons")):
                return ""
            case "CAROUSEL" | "LIMITED_TIME_OFFER":
                return ""
    return body
