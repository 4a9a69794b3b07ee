"""The channel: JSON in, JSON out, both signed. `docs/integrators/webhook-channel.md` is the protocol."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, TypeAdapter, ValidationError, field_validator

from frontdesk.sdk.channel import Came, Capabilities, Channel, Envelope, SetupStep
from frontdesk.sdk.context import Context
from frontdesk.sdk.delivery import check_status, sending
from frontdesk.sdk.errors import PayloadInvalid
from frontdesk.sdk.forms import WebAddress
from frontdesk.sdk.values import (
    Attachment,
    Deleted,
    DeliveryState,
    Edited,
    Inbound,
    Outbound,
    Reaction,
    Receipt,
    Status,
    WebRequest,
)

from . import signing
from .double import WebhookDouble
from .words import phrase

SECONDS = 10.0
VENDOR = "Your system"
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class WebhookConfig(BaseModel):
    """What both sides know."""

    callback_url: WebAddress = Field(
        title=phrase("Where answers are posted to"),
        description=phrase("An address of your system, such as https://example.com/frontdesk."),
        min_length=1,
    )
    secret: SecretStr = Field(
        title=phrase("Secret"),
        description=phrase("Make up at least 24 random characters and give your system the same ones. Both sides sign with it."),
        min_length=24,
        max_length=200,
    )

    @field_validator("secret")
    @classmethod
    def is_a_key(cls, secret: SecretStr) -> SecretStr:
        signing.key_of(secret.get_secret_value())
        return secret


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Sender(_Part):
    id: Id
    name: str = Field("", max_length=200)


class File(_Part):
    url: str = Field(pattern=r"^https?://\S+$", max_length=2000)
    media_type: str = Field("application/octet-stream", max_length=100)
    name: str = Field("", max_length=200)
    size: int = Field(0, ge=0)


class CustomerMessage(_Part):
    type: Literal["message"]
    id: Id
    sender: Sender
    text: str = ""
    thread: str = Field("", max_length=200)
    attachments: tuple[File, ...] = Field((), max_length=20)
    reply_to: str = Field("", max_length=200)
    button: str = Field("", max_length=200)
    sent_at: float = Field(0.0, ge=0)


class CustomerEdit(_Part):
    type: Literal["edit"]
    id: Id
    sender: Sender
    text: str = Field(min_length=1)
    thread: str = Field("", max_length=200)
    sent_at: float = Field(0.0, ge=0)


class CustomerDelete(_Part):
    type: Literal["delete"]
    id: Id
    sender: Sender
    thread: str = Field("", max_length=200)


class CustomerReaction(_Part):
    type: Literal["reaction"]
    message_id: Id
    sender: Sender
    emoji: str = Field("", max_length=40)
    thread: str = Field("", max_length=200)
    sent_at: float = Field(0.0, ge=0)


class DeliveryStatus(_Part):
    type: Literal["status"]
    message_id: Id
    state: DeliveryState
    problem: str = Field("", max_length=500)


Body = CustomerMessage | CustomerEdit | CustomerDelete | CustomerReaction | DeliveryStatus
BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])
KNOWN = {"message", "edit", "delete", "reaction", "status"}
LARGEST_FILE = 100 * 2**20


class Webhook(Channel):
    slug = "webhook"
    label = phrase("Your own system")
    description = phrase("A shop, an app or a messenger of your own posts customers' messages here and gets the answers back.")
    config_model = WebhookConfig
    capabilities = Capabilities(
        longest_text=20_000,
        media_in=frozenset({"*/*"}),
        media_out=frozenset({"*/*"}),
        largest_media=LARGEST_FILE,
        buttons=20,
        per_second=50,
    )
    setup = (
        SetupStep(phrase("Make up a secret, write it into the form on this page, and store the same one in your system.")),
        SetupStep(
            phrase("Have your system post each message of a customer to this address, signed with the secret."), "{webhook_url}"
        ),
        SetupStep(phrase("Have your system take answers at the address that you filled in."), "{setting:callback_url}"),
        SetupStep(phrase("Write a message as a customer. When it arrives here, the line at the top of this page turns green.")),
    )
    double = WebhookDouble
    kept_headers = frozenset({"content-type", signing.ID})

    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        assert isinstance(settings, WebhookConfig)
        signing.verify(settings.secret.get_secret_value(), request.headers, request.body)

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        body = _json(request.body)
        sender = body.get("sender")
        lane = str(sender.get("id", "")) if isinstance(sender, dict) else ""
        return Envelope(request.headers[signing.ID], lane)

    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        body = _json(request.body)
        if body.get("type") not in KNOWN:
            return []
        try:
            return [_came(BODY.validate_python(body), body)]
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"][1:]))
            raise PayloadInvalid(f"“{where}” of this {body['type']} cannot be used: {first['msg']}.") from error

    async def send(self, message: Outbound, context: Context) -> Receipt:
        said = {
            "type": "message",
            "id": message.idempotency_key,
            "recipient": {"id": message.recipient_id},
            "thread": message.thread_id,
            "text": message.text,
            **_more(message),
        }
        answer = await self._post(said, message.idempotency_key, context)
        return Receipt(str(answer.get("id") or message.idempotency_key))

    async def check(self, webhook_url: str, context: Context) -> str:
        await self._post({"type": "ping"}, "ping", context)
        return "Your system answered, and took our signature."

    async def _post(self, said: dict[str, Any], message_id: str, context: Context) -> dict[str, Any]:
        settings = context.settings
        assert isinstance(settings, WebhookConfig)
        body = json.dumps(said, ensure_ascii=False).encode()
        signed = signing.headers(settings.secret.get_secret_value(), message_id, body)
        with sending(VENDOR):
            async with context.http(timeout=SECONDS) as client:
                response = await client.post(
                    settings.callback_url, content=body, headers={**signed, "content-type": "application/json"}
                )
        check_status(VENDOR, response.status_code, response.headers, response.text if response.status_code < 500 else "")
        try:
            answer = json.loads(response.content or b"{}")
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}


def _more(message: Outbound) -> dict[str, Any]:
    """What not every message has. Files are to be fetched from their addresses within an hour."""
    files = [{"url": f.url, "media_type": f.media_type, "name": f.name, "size": f.size} for f in message.attachments]
    buttons = [{"id": button.id, "label": button.label} for button in message.buttons]
    more = {"markdown": message.markdown, "attachments": files, "buttons": buttons, "reply_to": message.reply_to}
    return {name: value for name, value in more.items() if value}


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadInvalid("This is not JSON.") from error
    if not isinstance(found, dict):
        raise PayloadInvalid("This is not a JSON object.")
    return found


def _came(body: Body, raw: dict[str, Any]) -> Came:
    match body:
        case CustomerMessage():
            if not body.text.strip() and not body.attachments:
                raise PayloadInvalid("This message has neither text nor attachments.")
            files = tuple(Attachment(file.media_type, file.name, url=file.url, size=file.size) for file in body.attachments)
            more = {"reply_to": body.reply_to, "button": body.button, "sent_at": body.sent_at}
            return Inbound(body.id, body.sender.id, body.text, body.sender.name, body.thread, files, raw, **more)
        case CustomerEdit():
            return Edited(body.id, body.sender.id, body.text, body.thread, body.sent_at)
        case CustomerDelete():
            return Deleted(body.id, body.sender.id, body.thread)
        case CustomerReaction():
            return Reaction(body.message_id, body.sender.id, body.emoji, body.thread, body.sent_at)
        case DeliveryStatus():
            return Status(body.message_id, body.state, body.problem)
