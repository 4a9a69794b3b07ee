"""Notifications of the Cloud API as messages.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from frontdesk_meta import graph, webhooks
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from frontdesk.sdk.channel import Came, Envelope
from frontdesk.sdk.values import Attachment, Deleted, DeliveryState, Edited, Inbound, Reaction, Status

from .refusals import WHATSAPP
from .words import phrase

LISTS = ("messages", "statuses")
UNREADABLE = phrase("(sent something that WhatsApp shows in its app only)")
MEDIA = ("image", "video", "audio", "voice", "document", "sticker")
STATES: dict[str, DeliveryState] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, value: Any) -> Any:
        return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


class Text(_Part):
    body: str = ""


class Media(_Part):
    id: str = Field(min_length=1)
    mime_type: str = "application/octet-stream"
    caption: str = ""
    filename: str = ""


class Location(_Part):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Name(_Part):
    formatted_name: str = ""


class Phone(_Part):
    phone: str = ""


class Email(_Part):
    email: str = ""


class Card(_Part):
    name: Name = Name()
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()


class Choice(_Part):
    """Of a button or a list, or a form that was filled in."""

    id: str = ""
    title: str = ""
    body: str = ""
    response_json: str = ""


class Interactive(_Part):
    type: str = ""
    button_reply: Choice | None = None
    list_reply: Choice | None = None
    nfm_reply: Choice | None = None


class TemplateButton(_Part):
    text: str = ""
    payload: str = ""


class Reacted(_Part):
    message_id: str = Field(min_length=1)
    emoji: str = ""


class Item(_Part):
    product_retailer_id: str = ""
    quantity: float = 1
    item_price: float = 0
    currency: str = ""


class Order(_Part):
    text: str = ""
    product_items: tuple[Item, ...] = ()


class Context(_Part):
    id: str = ""


class Changed(_Part):
    original_message_id: str = Field(min_length=1)
    message: dict[str, Any] = {}


class Message(_Part):
    """`sender` is a phone number, `from_user_id` who hides it (a business-scoped user id)."""

    id: str = Field(min_length=1)
    type: str = ""
    sender: str = Field("", alias="from")
    from_user_id: str = ""
    group_id: str = ""
    timestamp: float = 0
    context: Context = Context()
    text: Text = Text()
    image: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    voice: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    location: Location | None = None
    contacts: tuple[Card, ...] = ()
    interactive: Interactive = Interactive()
    button: TemplateButton | None = None
    reaction: Reacted | None = None
    order: Order | None = None
    edit: Changed | None = None
    revoke: Changed | None = None

    @property
    def customer(self) -> str:
        return self.sender or self.from_user_id


class ErrorData(_Part):
    details: str = ""


class Problem(_Part):
    code: int = graph.NO_CODE
    title: str = ""
    message: str = ""
    error_data: ErrorData = ErrorData()


class MessageStatus(_Part):
    """`biz_opaque_callback_data` is what was sent along with the message: our own key of it."""

    id: str = Field(min_length=1)
    status: str = ""
    recipient_id: str = ""
    recipient_user_id: str = ""
    recipient_type: str = ""
    biz_opaque_callback_data: str = ""
    errors: tuple[Problem, ...] = ()

    @property
    def customer(self) -> str:
        return self.recipient_id or self.recipient_user_id


Event = Message | MessageStatus


def _values(body: bytes) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """(notification, entry, change, its value), in the order they came. Raises PayloadInvalid."""
    notification = webhooks.read(body)
    for entry in notification["entry"]:
        for change in entry.get("changes") or ():
            if isinstance(change, dict) and isinstance(change.get("value"), dict):
                yield notification, entry, change, change["value"]


def singles(body: bytes) -> Iterator[dict[str, Any]]:
    """A notification for each message and each status, and one for each change that has neither."""
    for notification, entry, change, value in _values(body):
        rest = {key: item for key, item in value.items() if key not in LISTS}
        parts = [{**rest, name: [event]} for name in LISTS for event in value.get(name) or ()]
        for part in parts or [value]:
            yield {**notification, "entry": [{**entry, "changes": [{**change, "value": part}]}]}


def read(body: bytes, phone_number_id: str) -> Sequence[tuple[Event, dict[str, Any], dict[str, Any]]]:
    """Messages to a number and what became of ours, each as it came and with the value around it. Raises PayloadInvalid."""
    found: list[tuple[Event, dict[str, Any], dict[str, Any]]] = []
    for notification, _entry, change, value in _values(body):
        metadata = value.get("metadata")
        ours = isinstance(metadata, dict) and str(metadata.get("phone_number_id")) == phone_number_id
        if not ours or notification["object"] != "whatsapp_business_account" or change.get("field") != "messages":
            continue
        for model, name, one in ((Message, "messages", "message"), (MessageStatus, "statuses", "status")):
            for raw in value.get(name) or ():
                try:
                    found.append((model.model_validate(raw), raw, value))
                except ValidationError as error:
                    raise webhooks.cannot_be_read(error, one) from error
    return found


def envelope(body: bytes, phone_number_id: str) -> Envelope:
    events = [event for event, _raw, _value in read(body, phone_number_id)]
    ids = [event.id if isinstance(event, Message) else f"{event.id}:{event.status}" for event in events]
    return webhooks.envelope(ids, [event.customer for event in events], body)


def came(event: Event, raw: dict[str, Any], value: dict[str, Any]) -> Sequence[Came]:
    """What an event brings; nothing for what happens in groups, or was written by WhatsApp itself."""
    if isinstance(event, MessageStatus):
        return _status(event)
    if not event.customer or event.group_id or event.type in ("system", "request_welcome"):
        return ()
    who, at = event.customer, event.timestamp
    match event:
        case Message(type="reaction", reaction=Reacted(message_id=message_id, emoji=emoji)):
            return (Reaction(message_id, who, emoji, sent_at=at),)
        case Message(type="revoke", revoke=Changed(original_message_id=message_id)):
            return (Deleted(message_id, who),)
        case Message(type="edit", edit=Changed(original_message_id=message_id, message=message)):
            text = _edited(message)
            return (Edited(message_id, who, text, sent_at=at),) if text else ()
    return (_message(event, raw, _name(value, event)),)


def _status(status: MessageStatus) -> Sequence[Came]:
    state = STATES.get(status.status)
    if state is None or status.recipient_type == "group":
        return ()
    problem = _problem(status.errors) if state == "failed" else ""
    return (Status(status.biz_opaque_callback_data or status.id, state, problem),)


def _problem(errors: Sequence[Problem]) -> str:
    """In our words where the code is known, else in WhatsApp's."""
    error = errors[0] if errors else Problem()
    refusal = graph.find(WHATSAPP, error.code)
    if refusal is not None:
        return refusal.sentence
    said = error.error_data.details or error.message or error.title
    return f"WhatsApp did not deliver it: {said.rstrip('.')} ({error.code})." if said else "WhatsApp did not deliver it."


def _edited(message: dict[str, Any]) -> str:
    inner = message.get(str(message.get("type")))
    text = inner.get("body") or inner.get("caption") if isinstance(inner, dict) else ""
    return text if isinstance(text, str) else ""


def _name(value: dict[str, Any], message: Message) -> str:
    """Of the contact that wrote; a request may list several."""
    for contact in value.get("contacts") or ():
        if not isinstance(contact, dict) or message.customer not in (contact.get("wa_id"), contact.get("user_id")):
            continue
        profile = contact.get("profile")
        if isinstance(profile, dict):
            return str(profile.get("name") or profile.get("username") or "")
    return ""


def _message(message: Message, raw: dict[str, Any], name: str) -> Inbound:
    files = tuple(_files(message))
    text, button = _words(message)
    return Inbound(
        message.id,
        message.customer,
        text or ("" if files else UNREADABLE),
        sender_name=name,
        attachments=files,
        raw=raw,
        reply_to=message.context.id,
        button=button,
        sent_at=message.timestamp,
    )


def _files(message: Message) -> Iterator[Attachment]:
    for kind in MEDIA:
        file: Media | None = getattr(message, kind)
        if file is not None:
            yield Attachment(file.mime_type.partition(";")[0].strip(), file.filename, reference=file.id)


def _words(message: Message) -> tuple[str, str]:
    """What a message says, also where it says it without words, and the id of the button that was pressed."""
    match message:
        case Message(type="interactive", interactive=Interactive() as pressed):
            choice = pressed.button_reply or pressed.list_reply
            return (choice.title, choice.id) if choice else (_form(pressed.nfm_reply), "")
        case Message(button=TemplateButton(text=text, payload=payload)):
            return text, payload
        case Message(location=Location() as place):
            named = ", ".join(filter(None, (place.name, place.address)))
            where = f"{place.latitude:.6f}, {place.longitude:.6f}"
            return f"📍 {named} ({where})" if named else f"📍 {where}", ""
        case Message(contacts=(Card(), *_) as cards):
            return "\n".join(map(_card, cards)), ""
        case Message(order=Order() as order):
            return "\n".join([*map(_item, order.product_items), *filter(None, [order.text])]), ""
    captions = (file.caption for kind in MEDIA if (file := getattr(message, kind)) is not None)
    return message.text.body or next(captions, ""), ""


def _card(card: Card) -> str:
    parts = (card.name.formatted_name, *(each.phone for each in card.phones), *(each.email for each in card.emails))
    return "👤 " + ", ".join(filter(None, parts))


def _item(item: Item) -> str:
    price = f" ({item.item_price:g} {item.currency})" if item.currency else ""
    return f"🛒 {item.quantity:g} × {item.product_retailer_id}{price}"


def _form(form: Choice | None) -> str:
    """The answers of a form (a "flow"), one a line."""
    if form is None:
        return ""
    try:
        answers = json.loads(form.response_json)
    except ValueError:
        answers = None
    if not isinstance(answers, dict):
        return form.body
    return "\n".join(f"{name}: {answer}" for name, answer in answers.items() if name != "flow_token")
