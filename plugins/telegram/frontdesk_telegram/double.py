"""Telegram as it behaves towards a bot (https://core.telegram.org/bots/api), without Telegram."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from frontdesk.sdk.bodies import arguments
from frontdesk.sdk.rehearsal import Customer, Double, Line, Look
from frontdesk.sdk.values import Attachment, Button, WebRequest

from .marks import UnreadableMarks, read_html

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  (the name of a header)
USERNAME = "rehearsal_bot"
# Telegram's own numbers need 52 bits; people have far lower ones.
FIRST_CUSTOMER = 4_000_000_000_000_000
LONGEST_TEXT, LONGEST_CAPTION, LONGEST_CALLBACK = 4096, 1024, 64
LARGEST_DOWNLOAD, LARGEST_PHOTO, LARGEST_UPLOAD = 20 * 2**20, 10 * 2**20, 50 * 2**20
TYPING_SECONDS = 5.0
MEDIA = {
    "sendPhoto": ("photo", "image/jpeg"),
    "sendDocument": ("document", "application/octet-stream"),
    "sendVoice": ("voice", "audio/ogg"),
    "sendAudio": ("audio", "audio/mpeg"),
    "sendVideo": ("video", "video/mp4"),
    "sendAnimation": ("animation", "video/mp4"),
}


class BotApiError(Exception):
    """A refusal as Telegram words it."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class TelegramDouble(Double):
    can = frozenset({"file", "press", "reply", "edit", "react", "block"})
    look = Look(bar="#4a7ba6", paper="#cfdfe9", customer="#e3fbcf", business="#ffffff")
    largest_file = LARGEST_DOWNLOAD

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        return {"token": f"{secrets.randbelow(10**9) + 10**9}:AA{secrets.token_urlsafe(30)}"}

    @property
    def token(self) -> str:
        return str(self.settings.token.get_secret_value())  # type: ignore[attr-defined]

    @property
    def bot(self) -> dict[str, Any]:
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Rehearsal", "username": USERNAME}

    # --- the Bot API ------------------------------------------------------------------------------------------------

    def sends(self, request: httpx.Request) -> bool:
        method = request.url.path.rpartition("/")[2]
        return method.startswith("send") and method != "sendChatAction"

    def busy(self, seconds: int) -> httpx.Response:
        more = {"parameters": {"retry_after": seconds}}
        return _refusal(429, f"Too Many Requests: retry after {seconds}", **more)

    def broken(self) -> httpx.Response:
        return _refusal(500, "Internal Server Error")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(f"/file/bot{self.token}/"):
            return self._download(request.url.path.rpartition("/")[2])
        if not request.url.path.startswith(f"/bot{self.token}/"):
            return _refusal(401, "Unauthorized")
        name = request.url.path.rpartition("/")[2]
        said = {key: _plain(value) for key, value in arguments(request).items()}
        try:
            return httpx.Response(200, json={"ok": True, "result": self._call(name, said)})
        except BotApiError as error:
            return _refusal(error.code, error.description)

    def _call(self, name: str, said: dict[str, Any]) -> Any:
        methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "getMe": lambda said: self.bot,
            "setWebhook": self._set_webhook,
            "deleteWebhook": lambda said: self.memory.put("webhook", {}) or True,
            "getWebhookInfo": lambda said: {"url": (self.memory.get("webhook") or {}).get("url", ""), "pending_update_count": 0},
            "sendMessage": self._send_message,
            "sendMediaGroup": self._send_group,
            "sendChatAction": self._typing,
            "editMessageText": self._edit_text,
            "editMessageReplyMarkup": self._edit_buttons,
            "deleteMessage": self._delete,
            "answerCallbackQuery": lambda said: True,
            "setMessageReaction": lambda said: self._line(said) is not None,
            "getFile": self._get_file,
        }
        if name in MEDIA:
            return self._send_media(name, said)
        if name not in methods:
            raise BotApiError(404, "Not Found")
        return methods[name](said)

    def _set_webhook(self, said: dict[str, Any]) -> bool:
        if not str(said.get("url", "")).startswith("https://"):
            raise BotApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.memory.put("webhook", said)
        return True

    def _send_message(self, said: dict[str, Any]) -> dict[str, Any]:
        text, html = _marked(said, "text")
        if not text.strip():
            raise BotApiError(400, "Bad Request: message text is empty")
        if _length(text) > LONGEST_TEXT:
            raise BotApiError(400, "Bad Request: message is too long")
        return self._take(said, text=text, html=html)

    def _send_media(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        field, media_type = MEDIA[name]
        file = self._file(said.get(field), media_type, LARGEST_PHOTO if field == "photo" else LARGEST_UPLOAD)
        return self._take(said, **_caption(said), attachments=(file,))

    def _send_group(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        items = said.get("media")
        if not isinstance(items, list) or not 2 <= len(items) <= 10:
            raise BotApiError(400, "Bad Request: wrong number of items in the media group")
        sent = []
        for item in items:
            _field, media_type = MEDIA.get(f"send{str(item.get('type', '')).capitalize()}", ("", "application/octet-stream"))
            source = item.get("media", "")
            named = said.get(source.removeprefix("attach://")) if str(source).startswith("attach://") else source
            file = self._file(named, media_type, LARGEST_UPLOAD)
            sent.append(self._take({**said, "reply_markup": None}, **_caption(item), attachments=(file,)))
        return sent

    def _file(self, given: Any, media_type: str, largest: int) -> Attachment:
        """One that is uploaded, one that Telegram has, or one at an address, of which only the address is known here."""
        if isinstance(given, Attachment):
            if len(given.data) > largest:
                raise BotApiError(413, "Request Entity Too Large")
            kind = given.media_type if given.media_type != "application/octet-stream" else media_type
            kept = replace(given, media_type=kind)
            return replace(kept, data=b"", reference=self.memory.keep_file(kept))
        if not given:
            raise BotApiError(400, "Bad Request: there is no file in the request")
        if str(given).startswith(("http://", "https://")):
            return Attachment(media_type, url=str(given))
        found = self.memory.file(str(given))
        if found is None:
            raise BotApiError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return replace(found, data=b"")

    def _take(self, said: dict[str, Any], **about: Any) -> dict[str, Any]:
        customer = self._reachable(said)
        line = Line(
            f"{customer.id}:{self.memory.number()}",
            customer.id,
            "business",
            at=self.memory.now(),
            buttons=_buttons(said.get("reply_markup")),
            reply_to=self._reply(said, customer),
            **about,
        )
        return self._message_json(self.show(line), customer, self.bot)

    def _reachable(self, said: dict[str, Any]) -> Customer:
        customer = self.memory.customer(str(said.get("chat_id", "")))
        if customer is None:
            raise BotApiError(400, "Bad Request: chat not found")
        if customer.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        return customer

    def _reply(self, said: dict[str, Any], customer: Customer) -> str:
        wanted = said.get("reply_parameters")
        if not isinstance(wanted, dict) or "message_id" not in wanted:
            return ""
        line_id = f"{customer.id}:{wanted['message_id']}"
        if self.memory.line(line_id) is not None:
            return line_id
        if wanted.get("allow_sending_without_reply"):
            return ""
        raise BotApiError(400, "Bad Request: message to be replied not found")

    def _typing(self, said: dict[str, Any]) -> bool:
        customer = self._reachable(said)
        self.memory.keep_customer(replace(customer, typing_until=self.memory.now() + TYPING_SECONDS))
        return True

    def _line(self, said: dict[str, Any]) -> Line:
        line = self.memory.line(f"{said.get('chat_id')}:{said.get('message_id')}")
        if line is None or line.deleted:
            raise BotApiError(400, "Bad Request: message to edit not found")
        return line

    def _edit_text(self, said: dict[str, Any]) -> dict[str, Any]:
        line = self._line(said)
        text, html = _marked(said, "text")
        changed = replace(line, text=text, html=html, edited=True, buttons=_buttons(said.get("reply_markup")))
        if (line.text, line.buttons) == (changed.text, changed.buttons):
            raise BotApiError(400, "Bad Request: message is not modified")
        self.memory.keep_line(changed)
        return self._message_json(changed, self.known(line.customer), self.bot)

    def _edit_buttons(self, said: dict[str, Any]) -> dict[str, Any]:
        changed = replace(self._line(said), buttons=_buttons(said.get("reply_markup")))
        self.memory.keep_line(changed)
        return self._message_json(changed, self.known(changed.customer), self.bot)

    def _delete(self, said: dict[str, Any]) -> bool:
        self.memory.keep_line(replace(self._line(said), deleted=True))
        return True

    def _get_file(self, said: dict[str, Any]) -> dict[str, Any]:
        file = self.memory.file(str(said.get("file_id", "")))
        if file is None:
            raise BotApiError(400, "Bad Request: invalid file_id")
        return {**_file_json(file), "file_path": f"files/{file.reference}"}

    def _download(self, reference: str) -> httpx.Response:
        file = self.memory.file(reference)
        if file is None:
            return _refusal(404, "Not Found")
        return httpx.Response(200, content=file.data, headers={"content-type": "application/octet-stream"})

    # --- updates ----------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return str(FIRST_CUSTOMER + self.memory.number())

    def message_id(self, customer: Customer) -> str:
        return f"{customer.id}:{self.memory.number()}"

    def message(self, line: Line, customer: Customer) -> WebRequest:
        return self._update("message", self._message_json(line, customer, _user(customer)))

    def edited(self, line: Line, customer: Customer) -> WebRequest | None:
        return self._wanted("edited_message", {**self._message_json(line, customer, _user(customer)), "edit_date": self._now()})

    def pressed(self, line: Line, button: Button, customer: Customer) -> WebRequest | None:
        message = self._message_json(line, customer, self.bot)
        query = {"id": str(self.memory.number()), "from": _user(customer), "message": message, "data": button.id}
        return self._wanted("callback_query", {**query, "chat_instance": customer.id})

    def reacted(self, line: Line, before: str, customer: Customer) -> WebRequest | None:
        old, new = ([{"type": "emoji", "emoji": emoji}] if emoji else [] for emoji in (before, line.reaction))
        about = {"chat": _chat(customer), "message_id": _number(line), "user": _user(customer), "date": self._now()}
        return self._wanted("message_reaction", {**about, "old_reaction": old, "new_reaction": new})

    def blocked(self, customer: Customer) -> WebRequest | None:
        old, new = ("member", "kicked") if customer.blocked else ("kicked", "member")
        about = {"chat": _chat(customer), "from": _user(customer), "date": self._now()}
        changed = {f"{when}_chat_member": {"user": self.bot, "status": state} for when, state in (("old", old), ("new", new))}
        return self._wanted("my_chat_member", {**about, **changed})

    def _wanted(self, kind: str, body: dict[str, Any]) -> WebRequest | None:
        allowed = (self.memory.get("webhook") or {}).get("allowed_updates")
        return self._update(kind, body) if allowed is None or kind in allowed else None

    def _update(self, kind: str, body: dict[str, Any]) -> WebRequest:
        secret = str((self.memory.get("webhook") or {}).get("secret_token", ""))
        update = {"update_id": self.memory.number(), kind: body}
        headers = {"content-type": "application/json", SECRET_HEADER: secret}
        return WebRequest("POST", "/", headers, {}, json.dumps(update, ensure_ascii=False).encode())

    def _now(self) -> int:
        return int(self.memory.now())

    def _message_json(self, line: Line, customer: Customer, sender: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = {"message_id": _number(line), "from": sender, "chat": _chat(customer), "date": int(line.at)}
        if line.text:
            said["caption" if line.attachments else "text"] = line.text
        for file in line.attachments[:1]:
            said |= _media_json(file, self.memory.file(file.reference))
        replied = self.memory.line(line.reply_to) if line.reply_to else None
        if replied is not None:
            author = self.bot if replied.author == "business" else _user(customer)
            said["reply_to_message"] = self._message_json(replace(replied, reply_to=""), customer, author)
        return said


def _refusal(code: int, description: str, **more: Any) -> httpx.Response:
    return httpx.Response(code, json={"ok": False, "error_code": code, "description": description, **more})


def _plain(value: Any) -> Any:
    """Forms carry JSON as text."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _length(text: str) -> int:
    """In UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _marked(said: dict[str, Any], name: str) -> tuple[str, str]:
    """(text, HTML): the HTML is empty where there are no marks."""
    given = str(said.get(name, ""))
    if str(said.get("parse_mode", "")).lower() != "html":
        return given, ""
    try:
        return read_html(given), given
    except UnreadableMarks as error:
        raise BotApiError(400, f"Bad Request: can't parse entities: {error}") from error


def _caption(said: dict[str, Any]) -> dict[str, str]:
    text, html = _marked(said, "caption")
    if _length(text) > LONGEST_CAPTION:
        raise BotApiError(400, "Bad Request: message caption is too long")
    return {"text": text, "html": html}


def _buttons(markup: Any) -> tuple[Button, ...]:
    rows = markup.get("inline_keyboard", ()) if isinstance(markup, dict) else ()
    found = [button for row in rows for button in row]
    for button in found:
        if not 0 < len(str(button.get("callback_data", "")).encode()) <= LONGEST_CALLBACK and "url" not in button:
            raise BotApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return tuple(Button(str(button.get("callback_data", "")), str(button.get("text", ""))) for button in found)


def _number(line: Line) -> int:
    return int(line.id.rpartition(":")[2])


def _user(customer: Customer) -> dict[str, Any]:
    first, _space, last = customer.name.partition(" ")
    return {"id": int(customer.id), "is_bot": False, "first_name": first or "Guest", **({"last_name": last} if last else {})}


def _chat(customer: Customer) -> dict[str, Any]:
    return {**{name: value for name, value in _user(customer).items() if name != "is_bot"}, "type": "private"}


def _file_json(file: Attachment) -> dict[str, Any]:
    return {"file_id": file.reference, "file_unique_id": file.reference[:16], "file_size": len(file.data)}


def _media_json(file: Attachment, kept: Attachment | None) -> dict[str, Any]:
    about = _file_json(kept or file)
    kind = file.media_type.partition("/")[0]
    if kind == "image" and file.media_type in ("image/jpeg", "image/png", "image/webp"):
        return {"photo": [{**about, "width": 90, "height": 67}, {**about, "width": 1280, "height": 960}]}
    if kind in ("audio", "video"):
        field = "voice" if file.media_type == "audio/ogg" else kind
        return {field: {**about, "duration": 3, "mime_type": file.media_type}}
    return {"document": {**about, "file_name": file.name or "file", "mime_type": file.media_type}}
