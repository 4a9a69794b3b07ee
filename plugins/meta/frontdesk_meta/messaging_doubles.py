"""Messenger and Instagram as they behave towards a page or an account, without Meta.

https://developers.facebook.com/documentation/business-messaging/messenger-platform
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import httpx

from frontdesk.sdk.rehearsal import Customer, Line, Look
from frontdesk.sdk.values import Attachment, Button, DeliveryState, WebRequest

from .doubles import GraphError, MetaDouble, unknown

# People have numbers of sixteen digits there, that begin with other ones.
FIRST_CUSTOMER = 9_990_000_000_000_000
MOST_REPLIES = 13
TYPING_SECONDS = 20.0
KINDS = {"image": "image/jpeg", "audio": "audio/mp4", "video": "video/mp4", "file": "application/octet-stream"}
DOWNLOADS = "https://lookaside.fbsbx.com/rehearsal/"
HUMAN_HOURS = 7 * 24


class MessagingDouble(MetaDouble):
    product: ClassVar[str]
    longest: ClassVar[int]
    counts_bytes: ClassVar[bool] = False
    window_hours = 24
    per_second = 250.0
    largest_file = 25 * 2**20

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        return {**super().account(), "account_id": str(10**15 + secrets.randbelow(9 * 10**15))}

    @property
    def account_id(self) -> str:
        return str(self.settings.account_id)  # type: ignore[attr-defined]

    # --- the Graph API ----------------------------------------------------------------------------------------------

    def sends(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/messages") and b"sender_action" not in request.content

    def answer(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(DOWNLOADS):
            file = self.memory.file(request.url.path.rpartition("/")[2])
            return (
                httpx.Response(200, content=file.data, headers={"content-type": file.media_type}) if file else httpx.Response(404)
            )
        return super().answer(request)

    def call(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        match method, path:
            case "POST", "me/messages":
                return self._typing(said) if "sender_action" in said else self._send(said)
            case "GET", "me":
                return self.me()
            case "POST", "me/subscribed_apps":
                self.memory.put("subscribed", str(said.get("subscribed_fields", "")))
                return {"success": True}
            case "GET", "me/subscribed_apps":
                return {"data": [{"name": "Rehearsal"}] if self.memory.get("subscribed") else []}
            case "GET", customer_id if (customer := self.memory.customer(customer_id)) is not None:
                first, _space, last = customer.name.partition(" ")
                return {"id": customer.id, "first_name": first, "last_name": last, "name": customer.name}
        raise unknown(path)

    def me(self) -> dict[str, Any]:
        """The account that the token is for."""
        return {"id": self.account_id, "name": "Rehearsal"}

    def _reachable(self, said: dict[str, Any]) -> Customer:
        customer = self.memory.customer(str((said.get("recipient") or {}).get("id", "")))
        if customer is None:
            raise GraphError(100, "(#100) No matching user found", subcode=2018001)
        if customer.blocked:
            raise GraphError(551, "(#551) This person isn't available right now.", subcode=1545041)
        return customer

    def _typing(self, said: dict[str, Any]) -> dict[str, Any]:
        customer = self._reachable(said)
        self.memory.keep_customer(replace(customer, typing_until=self.memory.now() + TYPING_SECONDS))
        return {"recipient_id": customer.id}

    def _send(self, said: dict[str, Any]) -> dict[str, Any]:
        customer = self._reachable(said)
        if not self.window_open(customer) and not self._by_a_person(said, customer):
            raise GraphError(10, "(#10) This message is sent outside of allowed window.", subcode=2018278)
        content = self._content(said.get("message"), said.get("filedata"))
        line = Line(f"m_{self.memory.number()}", customer.id, "business", at=self.memory.now(), **content)
        self.show(line)
        return {"recipient_id": customer.id, "message_id": line.id}

    def _by_a_person(self, said: dict[str, Any], customer: Customer) -> bool:
        silent = self.memory.now() - customer.wrote_at
        return said.get("tag") == "HUMAN_AGENT" and silent < HUMAN_HOURS * 3600

    def _content(self, message: Any, upload: Any) -> dict[str, Any]:
        if not isinstance(message, dict):
            raise GraphError(100, "(#100) param message must be non-empty.")
        text, attached = str(message.get("text") or ""), message.get("attachment")
        if (len(text.encode()) if self.counts_bytes else len(text)) > self.longest:
            raise GraphError(100, f"(#100) Length of param message[text] must be less than or equal to {self.longest}")
        if not text.strip() and not attached:
            raise GraphError(100, "(#100) param message must be non-empty.")
        replies = message.get("quick_replies") or ()
        if len(replies) > MOST_REPLIES:
            raise GraphError(100, f"(#100) Only {MOST_REPLIES} quick replies are allowed.")
        buttons = tuple(Button(str(each.get("payload", "")), str(each.get("title", ""))) for each in replies)
        return {"text": text, "buttons": buttons, "attachments": (self._file(attached, upload),) if attached else ()}

    def _file(self, attached: dict[str, Any], upload: Any) -> Attachment:
        kind = KINDS.get(str(attached.get("type")), "application/octet-stream")
        if isinstance(upload, Attachment):
            return replace(upload, data=b"", reference=self.memory.keep_file(upload))
        url = str((attached.get("payload") or {}).get("url", ""))
        if not url.startswith("https://"):
            raise GraphError(100, "(#100) Upload attachment failure.", subcode=2018047)
        return Attachment(kind, url=url)

    # --- notifications ----------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return str(FIRST_CUSTOMER + self.memory.number())

    def message_id(self, customer: Customer) -> str:
        return f"m_{self.memory.number()}"

    def message(self, line: Line, customer: Customer) -> WebRequest:
        said: dict[str, Any] = {"mid": line.id}
        if line.text:
            said["text"] = line.text
        if line.attachments:
            said["attachments"] = [self._attached(file) for file in line.attachments]
        if line.reply_to:
            said["reply_to"] = {"mid": line.reply_to}
        return self._event(customer, {"message": said})

    def _attached(self, file: Attachment) -> dict[str, Any]:
        kind = file.media_type.partition("/")[0]
        kind = kind if kind in KINDS else "file"
        return {"type": kind, "payload": {"url": f"{DOWNLOADS}{file.reference}"}}

    def pressed(self, line: Line, button: Button, customer: Customer) -> WebRequest:
        """Quick replies go away when one was pressed."""
        self.memory.keep_line(replace(line, buttons=()))
        said = {"mid": self.message_id(customer), "text": button.label, "quick_reply": {"payload": button.id}}
        return self._event(customer, {"message": said})

    def reacted(self, line: Line, before: str, customer: Customer) -> WebRequest:
        about = {"emoji": line.reaction, "reaction": "other"} if line.reaction else {}
        return self._event(customer, {"reaction": {"mid": line.id, "action": "react" if line.reaction else "unreact", **about}})

    def status(self, line: Line, state: DeliveryState) -> WebRequest | None:
        now = int(self.memory.now() * 1000)
        if state == "delivered":
            return self._event(self.known(line.customer), {"delivery": {"mids": [line.id], "watermark": now}})
        return self._event(self.known(line.customer), {"read": {"watermark": now}}) if state == "read" else None

    def _event(self, customer: Customer, what: dict[str, Any]) -> WebRequest:
        now = int(self.memory.now() * 1000)
        event = {"sender": {"id": customer.id}, "recipient": {"id": self.account_id}, "timestamp": now, **what}
        return self.signed({"object": self.product, "entry": [{"id": self.account_id, "time": now, "messaging": [event]}]})


class MessengerDouble(MessagingDouble):
    can = frozenset({"file", "press", "reply", "edit", "react", "read", "block"})
    look = Look(bar="#0a5fc4", paper="#f4f6fa", customer="#cfe3ff", business="#ffffff")
    product = "page"
    longest = 2000

    def edited(self, line: Line, customer: Customer) -> WebRequest:
        edits = int(line.about.get("edits", 0)) + 1
        self.memory.keep_line(replace(line, about={**line.about, "edits": edits}))
        return self._event(customer, {"message_edit": {"mid": line.id, "text": line.text, "num_edit": edits}})


class InstagramDouble(MessagingDouble):
    can = frozenset({"file", "press", "reply", "delete", "react", "read", "block"})
    look = Look(bar="#a8327a", paper="#faf5f8", customer="#eddcf7", business="#ffffff")
    product = "instagram"
    longest = 1000
    counts_bytes = True

    def me(self) -> dict[str, Any]:
        about = {"user_id": self.account_id, "username": "rehearsal"}
        return {**about, "instagram_business_account": {"id": self.account_id, "username": "rehearsal"}}

    def deleted(self, line: Line, customer: Customer) -> WebRequest:
        return self._event(customer, {"message": {"mid": line.id, "is_deleted": True}})

    def status(self, line: Line, state: DeliveryState) -> WebRequest | None:
        """Instagram only tells what was read, by the last message."""
        return self._event(self.known(line.customer), {"read": {"mid": line.id}}) if state == "read" else None
