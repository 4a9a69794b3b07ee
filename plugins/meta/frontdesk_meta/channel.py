"""The channels: a Facebook page on Messenger, and an Instagram account. Both speak the same protocol to different addresses."""

from __future__ import annotations

import json
import unicodedata
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from frontdesk.sdk.channel import Came, Capabilities, Channel, Envelope, SetupStep
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown
from frontdesk.sdk.values import Attachment, Outbound, Receipt, WebRequest, WebResponse
from frontdesk.sdk.words import said

from . import events, graph, webhooks
from .graph import Graph
from .messaging_doubles import InstagramDouble, MessengerDouble
from .refusals import MESSAGING, WindowClosed
from .webhooks import AccessToken, AppSecret, Digits, VerifyToken
from .words import phrase, words

MOST_IN_TITLE = 20
HALF = phrase("One part was sent, and the next was not: %s")
MEDIA_IN = frozenset({"image/*", "audio/*", "video/*", "application/*"})


class MetaConfig(BaseModel):
    """What both have in common; `account_id` is to whom customers write."""

    account_id: Digits
    token: AccessToken
    app_secret: AppSecret
    verify_token: VerifyToken


class _Messaging(Channel):
    """What a page and an account have in common."""

    product: ClassVar[str]
    """The "object" of its notifications."""
    fields: ClassVar[str]
    """Those that the app is subscribed to."""
    by_address: ClassVar[bool] = False
    """Whether Meta rather fetches a file than takes it."""

    def subscriptions(self, context: Context) -> str:
        """The fields of the account that the app is told of."""
        return self.fields

    @abstractmethod
    def graph(self, context: Context) -> Graph: ...

    @abstractmethod
    async def account(self, context: Context) -> tuple[str, str]:
        """The id and the name of whom the token is for."""

    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        config = _config(settings)
        webhooks.verify(request, config.app_secret, config.verify_token)

    def handshake(self, request: WebRequest, settings: BaseModel) -> WebResponse | None:
        return webhooks.handshake(request)

    def split(self, request: WebRequest, settings: BaseModel) -> Sequence[WebRequest]:
        return webhooks.split(request, events.singles(request.body))

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        return events.envelope(request.body, self.product, _config(settings).account_id)

    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        account_id = _config(settings).account_id
        found = events.read(request.body, self.product)
        return [came for event, raw in found for came in events.came(event, raw, account_id)]

    async def send(self, message: Outbound, context: Context) -> Receipt:
        receipt: Receipt | None = None
        for content, file in _contents(message, self.by_address):
            try:
                receipt = await self._send_one(message, content, file, context)
            except DeliveryFailed as error:
                if receipt is None:
                    raise
                raise DeliveryUnknown(said(HALF, context.language) % error) from error
        if receipt is None:
            raise DeliveryFailed("There is nothing in this message.", permanent=True)
        return receipt

    async def _send_one(self, message: Outbound, content: dict[str, Any], file: Attachment | None, context: Context) -> Receipt:
        """As an answer; what a person wrote goes out as such where it is too late for that."""
        body = {"recipient": {"id": message.recipient_id}, "messaging_type": "RESPONSE", "message": content}
        try:
            answer = await self._post(body, file, context)
        except WindowClosed:
            if not message.by_person:
                raise
            tagged = {**body, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
            answer = await self._post(tagged, file, context)
        if not answer.get("message_id"):
            raise DeliveryUnknown(f"{self.label} did not say whether it took the message.")
        return Receipt(str(answer["message_id"]))

    async def _post(self, body: dict[str, Any], file: Attachment | None, context: Context) -> dict[str, Any]:
        if file is None:
            return await self.graph(context).send("me/messages", json=body)
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        upload = (_ascii(file.name), file.data, file.media_type)
        return await self.graph(context).send("me/messages", data=form, files={"filedata": upload})

    async def typing(self, recipient_id: str, thread_id: str, message_id: str, context: Context) -> None:
        body = {"recipient": {"id": recipient_id}, "sender_action": "typing_on"}
        await self.graph(context).ask("POST", "me/messages", json=body)

    async def connect(self, webhook_url: str, context: Context) -> None:
        graph.needs_https(webhook_url, context)
        account_id, name = await self.account(context)
        if account_id != _config(context.settings).account_id:
            _ = words.into(context.language).gettext
            sentence = _("This token is for %(name)s, whose ID is %(id)s. Fill in that ID, or make a token for the other one.")
            raise DeliveryFailed(sentence % {"name": name, "id": account_id}, permanent=True)
        await self.graph(context).ask("POST", "me/subscribed_apps", data={"subscribed_fields": self.subscriptions(context)})

    async def check(self, webhook_url: str, context: Context) -> str:
        _ = words.into(context.language).gettext
        graph.needs_https(webhook_url, context)
        _account_id, name = await self.account(context)
        apps = await self.graph(context).ask("GET", "me/subscribed_apps")
        if not apps.get("data"):
            raise DeliveryFailed(_("%(name)s does not write to your app. Save this page again.") % {"name": name}, permanent=True)
        return _("The token works, and messages to %(name)s go to your app.") % {"name": name}


class MessengerConfig(MetaConfig):
    """What an owner finds in Meta's dashboard."""

    account_id: Digits = Field(
        title=phrase("Page ID"), description=phrase("On your page under About → Page transparency, or in the app's dashboard.")
    )
    token: AccessToken = Field(
        title=phrase("Page access token"),
        description=phrase("In the app's dashboard under Messenger → API settings, after Generate. It begins with EAA."),
        max_length=1000,
    )


class Messenger(_Messaging):
    slug = "messenger"
    label = "Messenger"
    description = phrase("Customers write to your Facebook page, and your agents answer there.")
    config_model = MessengerConfig
    double = MessengerDouble
    product = "page"
    fields = "messages,messaging_postbacks,message_deliveries,message_reads,message_reactions,message_edits,messaging_referrals"
    capabilities = Capabilities(
        longest_text=2000,
        media_in=MEDIA_IN,
        media_out=frozenset({"image/*", "audio/*", "video/*", "application/*", "text/*"}),
        largest_media=25 * 2**20,
        buttons=13,
        typing=True,
        window_hours=24,
        person_window_hours=7 * 24,
        names=True,
        per_second=40,
    )
    setup = (
        SetupStep(phrase("Open developers.facebook.com/apps, make an app of the type Business, and add Messenger to it.")),
        SetupStep(
            phrase("Under Messenger → API settings connect your page and press Generate. Copy the token and the page's ID here.")
        ),
        SetupStep(phrase("Copy the app secret from App settings → Basic into the form, and save.")),
        SetupStep(phrase("Under Messenger → API settings → Configure webhooks paste this as the callback URL."), "{webhook_url}"),
        SetupStep(phrase("Paste this as the verify token, and press Verify and save."), "{setting:verify_token}"),
        SetupStep(phrase("Subscribe to these fields there. Your page is subscribed by itself when you save here."), fields),
        SetupStep(
            phrase("Set the app to Live. To answer people without a role in it, ask for pages_messaging in App review."),
            "pages_messaging",
        ),
        SetupStep(phrase("Write to your page from another account. The line at the top of this page turns green.")),
    )

    def graph(self, context: Context) -> Graph:
        return Graph("Messenger", _config(context.settings).token.get_secret_value(), context, MESSAGING)

    async def account(self, context: Context) -> tuple[str, str]:
        page = await self.graph(context).ask("GET", "me", params={"fields": "id,name"})
        return str(page.get("id", "")), str(page.get("name", ""))

    async def name_of(self, sender_id: str, context: Context) -> str:
        person = await self.graph(context).ask("GET", sender_id, params={"fields": "first_name,last_name"})
        return f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip()


class InstagramConfig(MetaConfig):
    """What an owner finds in Meta's dashboard."""

    account_id: Digits = Field(
        title=phrase("Instagram account ID"),
        description=phrase("In the app's dashboard beside your account. It begins with 1784."),
    )
    token: AccessToken = Field(
        title=phrase("Access token"),
        description=phrase("Of your Instagram account (it begins with IG), or of the page that it belongs to (EAA)."),
        max_length=1000,
    )
    app_secret: AppSecret = Field(
        title=phrase("Instagram app secret"),
        description=phrase("On the same page. With a page's token it is the app secret under App settings → Basic."),
        max_length=200,
    )


class Instagram(_Messaging):
    slug = "instagram"
    label = "Instagram"
    description = phrase("Customers write to your Instagram account, and your agents answer there.")
    config_model = InstagramConfig
    double = InstagramDouble
    product = "instagram"
    by_address = True
    fields = "messages,messaging_postbacks,messaging_seen,message_reactions,messaging_referral"
    renews = True
    capabilities = Capabilities(
        longest_text=999,
        longest_bytes=1000,
        media_in=MEDIA_IN,
        media_out=frozenset({"image/jpeg", "image/png", "image/gif", "audio/*", "video/*", "application/pdf"}),
        largest_media=25 * 2**20,
        buttons=13,
        typing=True,
        window_hours=24,
        person_window_hours=7 * 24,
        names=True,
        per_second=40,
    )
    setup = (
        SetupStep(phrase("In Instagram, make yours a professional account, and allow messages from connected tools.")),
        SetupStep(phrase("Open developers.facebook.com/apps, make an app of the type Business, and add Instagram to it.")),
        SetupStep(phrase("Add your account there, and press Generate token. Copy the token and the account's ID here.")),
        SetupStep(phrase("Copy the Instagram app secret from the same page into the form, and save.")),
        SetupStep(phrase("Under Configure webhooks paste this as the callback URL."), "{webhook_url}"),
        SetupStep(phrase("Paste this as the verify token, and press Verify and save."), "{setting:verify_token}"),
        SetupStep(phrase("Subscribe to these fields there. Your account is subscribed by itself when you save here."), fields),
        SetupStep(
            phrase("Set the app to Live. To answer people without a role in it, ask for this in App review."),
            "instagram_business_manage_messages",
        ),
        SetupStep(phrase("Write to your account from another one. The line at the top of this page turns green.")),
    )

    def graph(self, context: Context) -> Graph:
        """Tokens of accounts are good at Instagram's own address, those of pages at Facebook's."""
        token = _config(context.settings).token.get_secret_value()
        base = graph.INSTAGRAM if token.startswith("IG") else graph.FACEBOOK
        return Graph("Instagram", token, context, MESSAGING, base)

    def subscriptions(self, context: Context) -> str:
        """A page has no "messaging_seen", but is told all the same once the app is subscribed to it."""
        return self.fields if self.graph(context).base == graph.INSTAGRAM else "messages,messaging_postbacks,message_reactions"

    async def account(self, context: Context) -> tuple[str, str]:
        if self.graph(context).base == graph.INSTAGRAM:
            found = await self.graph(context).ask("GET", "me", params={"fields": "user_id,username"})
            return str(found.get("user_id", "")), str(found.get("username", ""))
        page = await self.graph(context).ask("GET", "me", params={"fields": "instagram_business_account{id,username}"})
        found = page.get("instagram_business_account") or {}
        return str(found.get("id", "")), str(found.get("username", ""))

    async def renew(self, context: Context) -> Mapping[str, str]:
        """Tokens of accounts end after 60 days, those of pages do not.

        https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token
        """
        meta = self.graph(context)
        if meta.base != graph.INSTAGRAM:
            return {}
        asked = {"grant_type": "ig_refresh_token", "access_token": meta.token}
        token = (await meta.ask("GET", "refresh_access_token", params=asked)).get("access_token")
        return {"token": token} if isinstance(token, str) and token.startswith("IG") else {}

    async def name_of(self, sender_id: str, context: Context) -> str:
        person = await self.graph(context).ask("GET", sender_id, params={"fields": "name,username"})
        return str(person.get("name") or person.get("username") or "")


def _contents(message: Outbound, by_address: bool) -> Sequence[tuple[dict[str, Any], Attachment | None]]:
    """What goes out one after the other: files, then the words with their buttons."""
    found: list[tuple[dict[str, Any], Attachment | None]] = []
    for file in message.attachments:
        fetched = not file.data or (by_address and file.url.startswith("https://"))
        payload = {"url": file.url} if fetched else {"is_reusable": False}
        found.append(({"attachment": {"type": _kind(file.media_type), "payload": payload}}, None if fetched else file))
    if message.text or message.buttons:
        replies = [{"content_type": "text", "title": _title(each.label), "payload": each.id} for each in message.buttons]
        found.append(({"text": message.text, **({"quick_replies": replies} if replies else {})}, None))
    return found


def _title(label: str) -> str:
    """Meta cuts longer ones without a mark."""
    return label if len(label) <= MOST_IN_TITLE else label[: MOST_IN_TITLE - 1].rstrip() + "…"


def _kind(media_type: str) -> str:
    kind = media_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def _ascii(name: str) -> str:
    """Meta takes no other letters in the names of files."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip()
    return plain if plain.partition(".")[0] else f"file{plain}"


def _config(settings: BaseModel) -> MetaConfig:
    assert isinstance(settings, MetaConfig)
    return settings
