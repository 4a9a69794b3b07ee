"""A system of the owner's own, as one that follows `docs/integrators/webhook-channel.md` to the letter."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import httpx

from frontdesk.sdk.errors import SignatureInvalid
from frontdesk.sdk.rehearsal import Customer, Double, Line, Look
from frontdesk.sdk.values import Attachment, Button, DeliveryState, WebRequest

from . import signing

SYSTEM = "https://rehearsal.example"
LONGEST = 20_000


class WebhookDouble(Double):
    can = frozenset({"file", "press", "reply", "edit", "delete", "react", "read", "block"})
    look = Look(bar="#3f4a5c", paper="#e9edf2", customer="#dbe9fb", business="#ffffff")
    per_second = 100.0

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        return {"callback_url": f"{SYSTEM}/answers", "secret": secrets.token_urlsafe(32)}

    @property
    def secret(self) -> str:
        return str(self.settings.secret.get_secret_value())  # type: ignore[attr-defined]

    # --- what is posted to the system -------------------------------------------------------------------------------

    def sends(self, request: httpx.Request) -> bool:
        return request.method == "POST" and b'"ping"' not in request.content

    def busy(self, seconds: int) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": str(seconds)})

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._download(request.url.path.rpartition("/")[2])
        try:
            signing.verify(self.secret, request.headers, request.content)
            said = json.loads(request.content)
        except SignatureInvalid as error:
            return httpx.Response(401, text=str(error))
        except ValueError:
            return httpx.Response(400, text="This is not JSON.")
        return httpx.Response(204) if said.get("type") == "ping" else self._take(said)

    def _take(self, said: dict[str, Any]) -> httpx.Response:
        """The same id is the same message, however often it is posted."""
        key = str(said.get("id", ""))
        taken = self.memory.get(f"taken:{key}")
        if taken:
            return httpx.Response(200, json={"id": taken})
        customer = self.memory.customer(str((said.get("recipient") or {}).get("id", "")))
        text = str(said.get("text", ""))
        if customer is None:
            return httpx.Response(404, text="There is no such customer.")
        if customer.blocked:
            return httpx.Response(403, text="This customer wants no messages.")
        if len(text) > LONGEST:
            return httpx.Response(413, text="This is too long.")
        files = tuple(Attachment(each["media_type"], each["name"], each["url"]) for each in said.get("attachments") or ())
        buttons = tuple(Button(each["id"], each["label"]) for each in said.get("buttons") or ())
        line = Line(
            f"a-{self.memory.number()}",
            customer.id,
            "business",
            text,
            self.memory.now(),
            attachments=files,
            buttons=buttons,
            reply_to=str(said.get("reply_to", "")),
        )
        self.memory.put(f"taken:{key}", line.id)
        self.show(line)
        return httpx.Response(200, json={"id": line.id})

    def _download(self, reference: str) -> httpx.Response:
        file = self.memory.file(reference)
        if file is None:
            return httpx.Response(404)
        return httpx.Response(200, content=file.data, headers={"content-type": file.media_type})

    # --- what the system posts --------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return f"rehearsal-{self.memory.number()}"

    def message_id(self, customer: Customer) -> str:
        return f"c-{self.memory.number()}"

    def message(self, line: Line, customer: Customer) -> WebRequest:
        files = [
            {"url": f"{SYSTEM}/files/{file.reference}", "media_type": file.media_type, "name": file.name}
            for file in line.attachments
        ]
        more = {"attachments": files, "reply_to": line.reply_to, "sent_at": line.at}
        return self._post(
            "message", customer, id=line.id, text=line.text, **{name: value for name, value in more.items() if value}
        )

    def pressed(self, line: Line, button: Button, customer: Customer) -> WebRequest:
        return self._post("message", customer, id=self.message_id(customer), text=button.label, button=button.id)

    def edited(self, line: Line, customer: Customer) -> WebRequest:
        return self._post("edit", customer, id=line.id, text=line.text)

    def deleted(self, line: Line, customer: Customer) -> WebRequest:
        return self._post("delete", customer, id=line.id)

    def reacted(self, line: Line, before: str, customer: Customer) -> WebRequest:
        return self._post("reaction", customer, message_id=line.id, emoji=line.reaction)

    def status(self, line: Line, state: DeliveryState) -> WebRequest | None:
        return self._signed({"type": "status", "message_id": line.id, "state": state}) if state != "sent" else None

    def again(self, request: WebRequest) -> WebRequest:
        """With the time of now, or it would be too old to be taken."""
        signed = signing.headers(self.secret, request.headers[signing.ID], request.body)
        return WebRequest(request.method, request.path, {**request.headers, **signed}, request.query, request.body)

    def _post(self, kind: str, customer: Customer, **said: Any) -> WebRequest:
        return self._signed({"type": kind, "sender": {"id": customer.id, "name": customer.name}, **said})

    def _signed(self, said: Mapping[str, Any]) -> WebRequest:
        body = json.dumps(said, ensure_ascii=False).encode()
        signed = signing.headers(self.secret, f"r-{self.memory.number()}", body, now=time.time())
        return WebRequest("POST", "/", {"content-type": "application/json", **signed}, {}, body)
