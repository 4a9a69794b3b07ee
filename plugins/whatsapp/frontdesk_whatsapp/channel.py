"""The channel: a phone number of the owner's on the Cloud API, and the customers who write to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from frontdesk_meta import graph, webhooks
from frontdesk_meta.graph import Graph
from frontdesk_meta.webhooks import AccessToken, AppSecret, Digits, VerifyToken
from pydantic import BaseModel, Field

from frontdesk.sdk.channel import Came, Capabilities, Channel, Envelope, SetupStep
from frontdesk.sdk.context import Context
from frontdesk.sdk.delivery import download
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown
from frontdesk.sdk.values import Attachment, Outbound, Receipt, Template, WebRequest, WebResponse
from frontdesk.sdk.words import said

from . import notifications, sending
from .double import WhatsAppDouble
from .refusals import WHATSAPP
from .words import phrase, words

VENDOR = "WhatsApp"
MOST_PAGES = 10
HALF = phrase("One part was sent, and the next was not: %s")
ANOTHER_NUMBER = phrase("This account does not have this number. Compare both IDs with those under WhatsApp → API setup.")
ELSEWHERE = phrase("WhatsApp writes to another address: %s. Save this page again to have it write here.")
NOT_SUBSCRIBED = phrase("Your app is not told of this account's messages. Save this page again.")


class WhatsAppConfig(BaseModel):
    """What an owner finds under WhatsApp → API setup in the app's dashboard."""

    phone_number_id: Digits = Field(
        title=phrase("Phone number ID"), description=phrase("Under WhatsApp → API setup. It is not the phone number itself.")
    )
    business_account_id: Digits = Field(
        title=phrase("WhatsApp Business account ID"), description=phrase("On the same page, right below.")
    )
    token: AccessToken = Field(
        title=phrase("Access token"),
        description=phrase("Of a system user, so that it never expires. It begins with EAA."),
        max_length=1000,
    )
    app_secret: AppSecret
    verify_token: VerifyToken


class WhatsApp(Channel):
    slug = "whatsapp"
    label = "WhatsApp"
    description = phrase("Customers write to your WhatsApp number, and your agents answer there.")
    config_model = WhatsAppConfig
    capabilities = Capabilities(
        longest_text=sending.LONGEST,
        media_in=frozenset({"image/*", "audio/*", "video/*", "application/*", "text/*"}),
        media_out=frozenset({"image/*", "audio/*", "video/*", "application/*", "text/*"}),
        largest_media=100 * sending.MIB,
        buttons=sending.MOST_ROWS,
        templates=True,
        typing=True,
        window_hours=24,
        per_second=60,
    )
    setup = (
        SetupStep(phrase("Open developers.facebook.com/apps, make an app of the type Business, and add WhatsApp to it.")),
        SetupStep(phrase("Under WhatsApp → API setup add your number. Copy its ID and the account's ID into the form.")),
        SetupStep(
            phrase(
                "In business.facebook.com → Settings → System users make a token for the app with these permissions, "
                "and give that user the app and the WhatsApp account. Copy the token into the form."
            ),
            "whatsapp_business_messaging, whatsapp_business_management",
        ),
        SetupStep(phrase("Copy the app secret from App settings → Basic into the form, and save.")),
        SetupStep(phrase("Under WhatsApp → Configuration paste this as the callback URL."), "{webhook_url}"),
        SetupStep(phrase("Paste this as the verify token, and press Verify and save."), "{setting:verify_token}"),
        SetupStep(phrase("Below, subscribe to this field, and set the app to Live."), "messages"),
        SetupStep(phrase("Write to your number from your phone. The line at the top of this page turns green.")),
    )
    shared_senders = True
    double = WhatsAppDouble

    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        config = _config(settings)
        webhooks.verify(request, config.app_secret, config.verify_token)

    def handshake(self, request: WebRequest, settings: BaseModel) -> WebResponse | None:
        return webhooks.handshake(request)

    def split(self, request: WebRequest, settings: BaseModel) -> Sequence[WebRequest]:
        return webhooks.split(request, notifications.singles(request.body))

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        return notifications.envelope(request.body, _config(settings).phone_number_id)

    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        found = notifications.read(request.body, _config(settings).phone_number_id)
        return [came for event, raw, value in found for came in notifications.came(event, raw, value)]

    async def send(self, message: Outbound, context: Context) -> Receipt:
        receipt: Receipt | None = None
        for content in await self._contents(message, context):
            try:
                receipt = await self._send_one(sending.around(message, content), context)
            except DeliveryFailed as error:
                if receipt is None:
                    raise
                raise DeliveryUnknown(said(HALF, context.language) % error) from error
        if receipt is None:
            raise DeliveryFailed("There is nothing in this message.", permanent=True)
        return receipt

    async def _contents(self, message: Outbound, context: Context) -> Sequence[Mapping[str, Any]]:
        """What goes out one after the other. Files are uploaded first: nothing has been sent when that fails."""
        if message.template is not None:
            return [sending.template(message.template)]
        caption = sending.text(message) if len(message.attachments) == 1 and not message.buttons else ""
        as_caption = bool(caption) and sending.can_be_caption(message.attachments[0], caption)
        found: list[Mapping[str, Any]] = [
            sending.media(file, await self._upload(file, context), caption if as_caption else "") for file in message.attachments
        ]
        if message.text and not as_caption:
            found.append(sending.words_of(message, context.language))
        return found

    async def _upload(self, file: Attachment, context: Context) -> str:
        if not file.data:
            return ""
        upload = (file.name or "file", file.data, file.media_type)
        form = {"messaging_product": "whatsapp", "type": file.media_type}
        answer = await self._ask(context, "POST", f"{_number(context)}/media", data=form, files={"file": upload})
        return str(answer.get("id", ""))

    async def _send_one(self, body: Mapping[str, Any], context: Context) -> Receipt:
        answer = await _graph(context).send(f"{_number(context)}/messages", json=body)
        messages = answer.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else {}
        if not isinstance(first, dict) or not first.get("id"):
            raise DeliveryUnknown(f"{VENDOR} did not say whether it took the message.")
        return Receipt(str(first["id"]))

    async def typing(self, recipient_id: str, thread_id: str, message_id: str, context: Context) -> None:
        """WhatsApp shows it for one message, which is then marked as read."""
        if message_id:
            read = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
            await self._ask(context, "POST", f"{_number(context)}/messages", json={**read, "typing_indicator": {"type": "text"}})

    async def fetch(self, attachment: Attachment, context: Context) -> Attachment:
        """The address of a file is good for five minutes, and only with the token."""
        about = await self._ask(context, "GET", attachment.reference, params={"phone_number_id": _number(context)})
        found = replace(attachment, url=str(about.get("url", "")), size=int(about.get("file_size") or 0))
        return await download(VENDOR, found, context, headers=_graph(context).headers)

    async def templates(self, context: Context) -> Sequence[Template]:
        fields = {"fields": "name,language,status,parameter_format,components", "status": "APPROVED", "limit": "100"}
        found: list[Template] = []
        for _page in range(MOST_PAGES):
            path = f"{_config(context.settings).business_account_id}/message_templates"
            answer = await self._ask(context, "GET", path, params=fields)
            found += sending.approved(_rows(answer))
            paging = answer.get("paging")
            after = (paging.get("cursors") or {}).get("after") if isinstance(paging, dict) and paging.get("next") else ""
            if not after:
                break
            fields = {**fields, "after": str(after)}
        return found

    async def connect(self, webhook_url: str, context: Context) -> None:
        graph.needs_https(webhook_url, context)
        account = _config(context.settings).business_account_id
        numbers = await self._ask(context, "GET", f"{account}/phone_numbers", params={"fields": "id", "limit": "100"})
        if _number(context) not in {str(row.get("id")) for row in _rows(numbers)}:
            raise DeliveryFailed(said(ANOTHER_NUMBER, context.language), permanent=True)
        await self._ask(context, "POST", f"{account}/subscribed_apps")
        await self._write_here(webhook_url, context)

    async def _write_here(self, webhook_url: str, context: Context) -> None:
        """An app has one address, a number may have its own. Meta tries it at once, so that works from the second saving on."""
        number = await self._ask(context, "GET", _number(context), params={"fields": "webhook_configuration"})
        hook = _written_to(number.get("webhook_configuration"))
        if hook and hook != webhook_url:
            own = {"override_callback_uri": webhook_url, "verify_token": _config(context.settings).verify_token}
            with suppress(DeliveryFailed):
                await self._ask(context, "POST", _number(context), json={"webhook_configuration": own})

    async def check(self, webhook_url: str, context: Context) -> str:
        _ = words.into(context.language).gettext
        graph.needs_https(webhook_url, context)
        fields = "display_phone_number,verified_name,status,quality_rating,webhook_configuration"
        number = await self._ask(context, "GET", _number(context), params={"fields": fields})
        apps = await self._ask(context, "GET", f"{_config(context.settings).business_account_id}/subscribed_apps")
        if not _rows(apps):
            raise DeliveryFailed(said(NOT_SUBSCRIBED, context.language), permanent=True)
        if number.get("status") not in (None, "CONNECTED"):
            sentence = _(
                "Your number is not connected: WhatsApp calls its state %(state)s. See WhatsApp Manager → Phone numbers."
            )
            raise DeliveryFailed(sentence % {"state": number["status"]}, permanent=True)
        hook = _written_to(number.get("webhook_configuration"))
        if hook and hook != webhook_url:
            raise DeliveryFailed(said(ELSEWHERE, context.language) % hook, permanent=True)
        shown = {"name": number.get("verified_name", ""), "number": number.get("display_phone_number", "")}
        if number.get("quality_rating") == "RED":
            return (
                _("%(number)s (%(name)s) works, but customers block or report many messages. Write less, or fewer people.")
                % shown
            )
        return _("%(number)s (%(name)s) works, and WhatsApp writes to your app.") % shown

    async def _ask(self, context: Context, method: str, path: str, **request: Any) -> dict[str, Any]:
        return await _graph(context).ask(method, path, **request)


def _written_to(configured: Any) -> str:
    """The address in force: the number's own, else the account's, else the app's."""
    if not isinstance(configured, dict):
        return ""
    return str(
        configured.get("phone_number") or configured.get("whatsapp_business_account") or configured.get("application") or ""
    )


def _rows(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows = answer.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _graph(context: Context) -> Graph:
    return Graph(VENDOR, _config(context.settings).token.get_secret_value(), context, WHATSAPP)


def _number(context: Context) -> str:
    return _config(context.settings).phone_number_id


def _config(settings: BaseModel) -> WhatsAppConfig:
    assert isinstance(settings, WhatsAppConfig)
    return settings
