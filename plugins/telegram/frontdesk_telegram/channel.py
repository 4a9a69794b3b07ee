"""The channel: a bot of the owner's, and the customers who write to it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field, SecretStr, field_validator

from frontdesk.sdk.channel import Came, Capabilities, Channel, Envelope, SetupStep
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import DeliveryFailed, SignatureInvalid
from frontdesk.sdk.values import Attachment, Outbound, Receipt, WebRequest, WebResponse

from . import sending, updates
from .api import BadMarks, BadPhoto, call, fetch
from .double import TelegramDouble
from .words import phrase

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  (the name of a header)
TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{30,100}")
NOT_HTTPS = "Telegram writes only to addresses that begin with https://, and this one is %s. Ask your operator to set BASE_URL."
ELSEWHERE = "Telegram writes to another address. Save this page to have it write here."


class TelegramConfig(BaseModel):
    """What an owner gets from @BotFather."""

    token: SecretStr = Field(
        title=phrase("Token of your bot"),
        description=phrase("@BotFather gives it to you. It looks like 123456789:AAE…"),
        max_length=200,
    )

    @field_validator("token")
    @classmethod
    def looks_like_one(cls, token: SecretStr) -> SecretStr:
        if not TOKEN.fullmatch(token.get_secret_value().strip()):
            raise ValueError("This is not a bot's token. It looks like 123456789:AAE… Copy all of it from @BotFather.")
        return SecretStr(token.get_secret_value().strip())


def webhook_secret(token: str) -> str:
    """What Telegram sends along with each update (`secret_token` of setWebhook). It follows from the token: nobody keeps it."""
    return hmac.new(token.encode(), b"frontdesk webhook", hashlib.sha256).hexdigest()


class Telegram(Channel):
    slug = "telegram"
    label = "Telegram"
    description = phrase("Customers write to your bot, and your agents answer there.")
    config_model = TelegramConfig
    capabilities = Capabilities(
        longest_text=4096,
        media_in=frozenset({"image/*", "audio/*", "video/*", "application/*", "text/*"}),
        media_out=frozenset({"*/*"}),
        largest_media=sending.LARGEST_FILE,
        buttons=20,
        typing=True,
        per_second=25,
    )
    setup = (
        SetupStep(phrase("Open Telegram, look for @BotFather, and send it /newbot. It asks for a name.")),
        SetupStep(phrase("Copy the token that @BotFather answers with into the form on this page, and save.")),
        SetupStep(phrase("Frontdesk then tells Telegram to write to this address; there is nothing to paste."), "{webhook_url}"),
        SetupStep(
            phrase("Find your bot in Telegram by its name, and write to it. The line at the top of this page turns green.")
        ),
    )
    shared_senders = True
    double = TelegramDouble

    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        wanted = webhook_secret(_token(settings))
        if not hmac.compare_digest(wanted.encode(), request.headers.get(SECRET_HEADER, "").encode()):
            raise SignatureInvalid("The secret token is missing or does not fit.")

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        return updates.envelope(updates.read(request.body))

    def taken(self, request: WebRequest, settings: BaseModel) -> WebResponse:
        """Telegram does what the answer says: the button that was pressed stops turning."""
        query = updates.read(request.body).callback_query
        if query is None:
            return WebResponse()
        said = {"method": "answerCallbackQuery", "callback_query_id": query.id}
        return WebResponse(body=json.dumps(said), media_type="application/json")

    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        return updates.came(updates.read(request.body))

    async def send(self, message: Outbound, context: Context) -> Receipt:
        token, around = _token(context.settings), sending.around(message)
        results = [await self._send_file(file, token, around, context) for file in message.attachments]
        if message.text or not results:
            results.append(await self._send_words(message, token, around, context))
        return Receipt(sending.receipt(results, message.recipient_id))

    async def _send_words(self, message: Outbound, token: str, around: dict[str, Any], context: Context) -> Any:
        try:
            return await call("sendMessage", token, context, **around, **sending.words(message))
        except BadMarks:
            plain = replace(message, markdown="")
            return await call("sendMessage", token, context, **around, **sending.words(plain))

    async def _send_file(self, file: Attachment, token: str, around: dict[str, Any], context: Context) -> Any:
        method, field = sending.method_for(file)
        try:
            return await call(method, token, context, sending.uploaded(field, file), **around)
        except BadPhoto:
            method, field = sending.DOCUMENT
            return await call(method, token, context, sending.uploaded(field, file), **around)

    async def fetch(self, attachment: Attachment, context: Context) -> Attachment:
        return await fetch(_token(context.settings), attachment, context)

    async def typing(self, recipient_id: str, thread_id: str, message_id: str, context: Context) -> None:
        await call("sendChatAction", _token(context.settings), context, chat_id=recipient_id, action="typing")

    async def connect(self, webhook_url: str, context: Context) -> None:
        if not webhook_url.startswith("https://"):
            raise DeliveryFailed(NOT_HTTPS % webhook_url, permanent=True)
        token = _token(context.settings)
        await call("getMe", token, context)
        await call(
            "setWebhook",
            token,
            context,
            url=webhook_url,
            secret_token=webhook_secret(token),
            allowed_updates=updates.KINDS,
        )

    async def check(self, webhook_url: str, context: Context) -> str:
        token = _token(context.settings)
        bot = await call("getMe", token, context)
        info = await call("getWebhookInfo", token, context)
        if info.get("url") != webhook_url:
            raise DeliveryFailed(ELSEWHERE, permanent=True)
        if problem := info.get("last_error_message"):
            raise DeliveryFailed(f"Telegram could not reach this address the last time: {problem}.", permanent=True)
        return f"The bot @{bot.get('username', '')} works, and Telegram writes here."


def _token(settings: BaseModel) -> str:
    assert isinstance(settings, TelegramConfig)
    return settings.token.get_secret_value()
