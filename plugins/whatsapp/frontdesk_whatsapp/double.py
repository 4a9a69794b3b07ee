"""The Cloud API as it behaves towards a business, without WhatsApp.

https://developers.facebook.com/documentation/business-messaging/whatsapp
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
from frontdesk_meta.doubles import GraphError, MetaDouble, unknown

from frontdesk.sdk.rehearsal import Customer, Line, Look
from frontdesk.sdk.values import Attachment, Button, DeliveryState, WebRequest

DOWNLOADS = "https://lookaside.fbsbx.com/whatsapp_business/attachments/"
# No country has 999 in front.
FIRST_CUSTOMER = 999_000_000_000
LONGEST, LONGEST_ABOVE_BUTTONS, LONGEST_CAPTION = 4096, 1024, 1024
MOST_BUTTONS, MOST_ROWS, BUTTON, ROW = 3, 10, 20, 24
FILES = ("image", "audio", "video", "document", "sticker")
TYPING_SECONDS = 25.0
CLOSED = (131047, "Re-engagement message", "More than 24 hours have passed since the customer last replied to this number.")
UNDELIVERABLE = (131026, "Message undeliverable", "The recipient phone number is not a WhatsApp phone number.")
BLANK = re.compile(r"\{\{(\d+)\}\}")
TEMPLATES = {
    ("answer_ready", "en"): "Hello {{1}}, we have an answer to your question. May we send it to you?",
    ("answer_ready", "ar"): "مرحبًا {{1}}، لدينا جواب عن سؤالك. هل نرسله إليك؟",
}


class WhatsAppDouble(MetaDouble):
    can = frozenset({"file", "press", "reply", "edit", "delete", "react", "read", "block"})
    look = Look(bar="#0b6156", paper="#ece5dc", customer="#d9fdd3", business="#ffffff")
    window_hours = 24
    per_second = 80.0
    largest_file = 16 * 2**20

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        ids = {name: str(10**14 + secrets.randbelow(9 * 10**14)) for name in ("phone_number_id", "business_account_id")}
        return {**super().account(), **ids}

    @property
    def number_id(self) -> str:
        return str(self.settings.phone_number_id)  # type: ignore[attr-defined]

    @property
    def business_id(self) -> str:
        return str(self.settings.business_account_id)  # type: ignore[attr-defined]

    # --- the Graph API ----------------------------------------------------------------------------------------------

    def sends(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/messages") and b'"status"' not in request.content

    def call(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        match method, path.removeprefix(self.number_id), path.removeprefix(self.business_id):
            case "POST", "/messages", _:
                return self._typing(said) if said.get("status") == "read" else self._send(said)
            case "POST", "/media", _:
                return self._upload(said)
            case "GET", "", _:
                about = {"display_phone_number": "+999 000", "verified_name": "Rehearsal"}
                return {"id": self.number_id, **about, "status": "CONNECTED", "quality_rating": "GREEN"}
            case "GET", _, "/phone_numbers":
                return {"data": [{"id": self.number_id}]}
            case "POST", _, "/subscribed_apps":
                self.memory.put("subscribed", True)
                return {"success": True}
            case "GET", _, "/subscribed_apps":
                return {"data": [{"whatsapp_business_api_data": {"name": "Rehearsal"}}] if self.memory.get("subscribed") else []}
            case "GET", _, "/message_templates":
                return {"data": [_template(*key, text) for key, text in TEMPLATES.items()]}
            case "GET", _, _:
                return self._file(path, said)
        raise unknown(path)

    def _file(self, path: str, said: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        download = DOWNLOADS.endswith(f"/{path}/")
        file = self.memory.file(str(said.get("mid", "")) if download else path)
        if file is None:
            raise unknown(path)
        if download:
            return httpx.Response(200, content=file.data, headers={"content-type": file.media_type})
        size = {"file_size": len(file.data), "mime_type": file.media_type}
        return {"id": path, "url": f"{DOWNLOADS}?mid={path}", "messaging_product": "whatsapp", **size}

    def _upload(self, said: dict[str, Any]) -> dict[str, Any]:
        file = said.get("file")
        if not isinstance(file, Attachment):
            raise GraphError(100, "(#100) The parameter file is required.")
        return {"id": self.memory.keep_file(replace(file, media_type=str(said.get("type") or file.media_type)))}

    def _typing(self, said: dict[str, Any]) -> dict[str, Any]:
        line = self.memory.line(str(said.get("message_id", "")))
        if line is None:
            raise GraphError(131009, "(#131009) Parameter value is not valid")
        if "typing_indicator" in said:
            until = self.memory.now() + TYPING_SECONDS
            self.memory.keep_customer(replace(self.known(line.customer), typing_until=until))
        return {"success": True}

    def _send(self, said: dict[str, Any]) -> dict[str, Any]:
        """Most refusals come later, with a status: WhatsApp takes a message before it looks whom it is for."""
        content = self._content(said)
        to = str(said.get("to") or said.get("recipient") or "").lstrip("+")
        about = {"key": said.get("biz_opaque_callback_data", ""), "list": said.get("interactive", {}).get("type") == "list"}
        reply_to = str((said.get("context") or {}).get("message_id", ""))
        now = self.memory.now()
        line = Line(f"wamid.{self.memory.number()}", to, "business", at=now, reply_to=reply_to, about=about, **content)
        customer = self.memory.customer(to)
        if customer is None:
            self._fail(line, *UNDELIVERABLE)
        elif customer.blocked:
            self.tell(self.status(line, "sent"))
        elif said.get("type") != "template" and not self.window_open(customer):
            self._fail(line, *CLOSED)
        else:
            self.show(line)
        return {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}], "messages": [{"id": line.id}]}

    def _content(self, said: dict[str, Any]) -> dict[str, Any]:
        kind = str(said.get("type", "text"))
        content = said.get(kind)
        if not isinstance(content, dict):
            raise GraphError(100, f"(#100) The parameter {kind} is required.")
        match kind:
            case "text":
                return {"text": _fits("text['body']", content.get("body"), LONGEST)}
            case "interactive":
                return _interactive(content)
            case "template":
                return {"text": _filled(content)}
            case _ if kind in FILES:
                return self._media(kind, content)
        raise GraphError(131051, "(#131051) Unsupported message type")

    def _media(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        caption = str(content.get("caption") or "")
        if len(caption) > LONGEST_CAPTION:
            raise GraphError(100, f"(#100) Param {kind}['caption'] must be at most {LONGEST_CAPTION} characters long.")
        if "link" in content:
            media_type = "application/octet-stream" if kind == "document" else f"{kind}/*"
            return {"text": caption, "attachments": (Attachment(media_type, content.get("filename", ""), content["link"]),)}
        found = self.memory.file(str(content.get("id", "")))
        if found is None:
            raise GraphError(131053, "(#131053) Media upload error", details="There is no media with this ID.")
        return {"text": caption, "attachments": (replace(found, data=b"", name=content.get("filename") or found.name),)}

    # --- notifications ----------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return str(FIRST_CUSTOMER + self.memory.number())

    def message_id(self, customer: Customer) -> str:
        return f"wamid.{self.memory.number()}"

    def message(self, line: Line, customer: Customer) -> WebRequest:
        said: dict[str, Any] = {"id": line.id, **self._content_of(line)}
        if line.reply_to:
            said["context"] = {"from": self.number_id, "id": line.reply_to}
        return self._came(customer, said)

    def _content_of(self, line: Line) -> dict[str, Any]:
        if not line.attachments:
            return {"type": "text", "text": {"body": line.text}}
        file = line.attachments[0]
        kind = file.media_type.partition("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "document"
        about = {"id": file.reference, "mime_type": file.media_type}
        if kind == "document":
            about["filename"] = file.name
        if line.text and kind != "audio":
            about["caption"] = line.text
        return {"type": kind, kind: about}

    def pressed(self, line: Line, button: Button, customer: Customer) -> WebRequest:
        kind = "list_reply" if line.about.get("list") else "button_reply"
        pressed = {"type": kind, kind: {"id": button.id, "title": button.label}}
        context = {"from": self.number_id, "id": line.id}
        return self._came(customer, {"type": "interactive", "interactive": pressed, "context": context})

    def edited(self, line: Line, customer: Customer) -> WebRequest:
        edit = {"original_message_id": line.id, "message": self._content_of(line)}
        return self._came(customer, {"type": "edit", "edit": edit})

    def deleted(self, line: Line, customer: Customer) -> WebRequest:
        return self._came(customer, {"type": "revoke", "revoke": {"original_message_id": line.id}})

    def reacted(self, line: Line, before: str, customer: Customer) -> WebRequest:
        return self._came(customer, {"type": "reaction", "reaction": {"message_id": line.id, "emoji": line.reaction}})

    def status(self, line: Line, state: DeliveryState) -> WebRequest:
        return self._status(line, {"status": state})

    def _fail(self, line: Line, code: int, title: str, details: str) -> None:
        problem = {"code": code, "title": title, "message": title, "error_data": {"details": details}}
        self.tell(self._status(line, {"status": "failed", "errors": [problem]}))

    def _status(self, line: Line, more: dict[str, Any]) -> WebRequest:
        about = {"id": line.id, "recipient_id": line.customer, "timestamp": str(int(self.memory.now()))}
        key = {"biz_opaque_callback_data": line.about["key"]} if line.about.get("key") else {}
        return self._notification({"statuses": [{**about, **key, **more}]})

    def _came(self, customer: Customer, said: dict[str, Any]) -> WebRequest:
        message = {"id": self.message_id(customer), "from": customer.id, "timestamp": str(int(self.memory.now())), **said}
        contact = {"profile": {"name": customer.name}, "wa_id": customer.id}
        return self._notification({"contacts": [contact], "messages": [message]})

    def _notification(self, value: dict[str, Any]) -> WebRequest:
        metadata = {"display_phone_number": "999000", "phone_number_id": self.number_id}
        change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
        return self.signed({"object": "whatsapp_business_account", "entry": [{"id": self.business_id, "changes": [change]}]})


def _fits(name: str, text: Any, longest: int) -> str:
    said = str(text or "")
    if not said.strip():
        raise GraphError(100, f"(#100) The parameter {name} is required.")
    if len(said.encode("utf-16-le")) // 2 > longest:
        raise GraphError(100, f"(#100) Param {name} must be at most {longest} characters long.")
    return said


def _interactive(content: dict[str, Any]) -> dict[str, Any]:
    action = content.get("action") or {}
    body = (content.get("body") or {}).get("text")
    if content.get("type") == "button":
        choices = [each.get("reply") or {} for each in action.get("buttons") or ()]
        most, longest, fits = MOST_BUTTONS, BUTTON, LONGEST_ABOVE_BUTTONS
    else:
        choices = [row for section in action.get("sections") or () for row in section.get("rows") or ()]
        most, longest, fits = MOST_ROWS, ROW, LONGEST
    if not 0 < len(choices) <= most or any(not 0 < len(str(each.get("title", ""))) <= longest for each in choices):
        raise GraphError(
            131009, "(#131009) Parameter value is not valid", details="There are too many choices, or too long ones."
        )
    buttons = tuple(Button(str(each.get("id", "")), str(each["title"])) for each in choices)
    return {"text": _fits("interactive['body']", body, fits), "buttons": buttons}


def _template(name: str, language: str, text: str) -> dict[str, Any]:
    about = {"name": name, "language": language, "status": "APPROVED", "parameter_format": "POSITIONAL"}
    return {**about, "components": [{"type": "BODY", "text": text}]}


def _filled(content: dict[str, Any]) -> str:
    text = TEMPLATES.get((str(content.get("name")), str((content.get("language") or {}).get("code"))))
    if text is None:
        raise GraphError(132001, "(#132001) Template name does not exist in the translation", status=404)
    values = [str(each.get("text", "")) for part in content.get("components") or () for each in part.get("parameters") or ()]
    if len(values) != len(set(BLANK.findall(text))):
        raise GraphError(132000, "(#132000) Number of parameters does not match the expected number of params")
    return BLANK.sub(lambda match: values[int(match[1]) - 1], text)
