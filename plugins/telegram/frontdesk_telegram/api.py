"""Calls of the Bot API, and what its refusals mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from frontdesk.sdk.context import Context
from frontdesk.sdk.delivery import check_status, download, sending
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown
from frontdesk.sdk.values import Attachment

from .sending import as_form

SECONDS = 15.0
VENDOR = "Telegram"
BLOCKED = "The customer has blocked the bot or deleted the chat. They have to write to it again first."
NO_CHAT = "Telegram does not know this chat. The customer has to write to the bot first."
BAD_TOKEN = "Telegram does not accept the bot's token. Get the present one from @BotFather and paste it again."  # noqa: S105  (a sentence)

TOO_BIG = "Telegram gives bots no files of more than 20 MB."


def api_url() -> str:
    """Telegram's own, or that of a Bot API server which the operator runs."""
    return os.environ.get("TELEGRAM_API_URL", "").rstrip("/") or "https://api.telegram.org"


class BadMarks(DeliveryFailed):
    """Telegram cannot read the HTML of a text."""


class BadPhoto(DeliveryFailed):
    """Telegram does not take a picture as one: too long, too wide, or broken."""


async def call(
    method: str, token: str, context: Context, files: Mapping[str, tuple[str, bytes, str]] | None = None, **arguments: Any
) -> Any:
    """The result of a method. Raises DeliveryFailed and DeliveryUnknown; neither says the token, which stands in the address."""
    body = {"data": as_form(arguments), "files": files} if files else {"json": arguments}
    with sending(VENDOR):
        async with context.http(timeout=SECONDS) as client:
            response = await client.post(f"{api_url()}/bot{token}/{method}", **body)
    answer = _read(response)
    if response.status_code == 200 and answer.get("ok") is True and "result" in answer:
        return answer["result"]
    _refused(response, answer)
    raise DeliveryUnknown("Telegram answered in a way that says nothing about the message.")


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refused(response: httpx.Response, answer: dict[str, Any]) -> None:
    """https://core.telegram.org/bots/api#making-requests: `description` is for people, `retry_after` stands in `parameters`."""
    status, description = response.status_code, str(answer.get("description", ""))
    if status in (401, 404):
        raise DeliveryFailed(BAD_TOKEN, permanent=False)
    if status == 403:
        raise DeliveryFailed(BLOCKED, permanent=True)
    if status == 400 and "chat not found" in description.lower():
        raise DeliveryFailed(NO_CHAT, permanent=True)
    if status == 400 and "can't parse entities" in description.lower():
        raise BadMarks(description, permanent=True)
    if status == 400 and "PHOTO_" in description:
        raise BadPhoto(description, permanent=True)
    if status == 400 and "file is too big" in description.lower():
        raise DeliveryFailed(TOO_BIG, permanent=True)
    parameters = answer.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    headers = {"retry-after": str(wait)} if isinstance(wait, int) else response.headers
    check_status(VENDOR, status, headers, description)


async def fetch(token: str, attachment: Attachment, context: Context) -> Attachment:
    """A file by its `reference`, with its data and name. Telegram keeps its address for an hour, so it is asked for each time."""
    found = await call("getFile", token, context, file_id=attachment.reference)
    path = str(found.get("file_path", "")) if isinstance(found, dict) else ""
    if not path:
        raise DeliveryFailed("Telegram does not say where this file is.", permanent=True)
    named = replace(attachment, url=f"{api_url()}/file/bot{token}/{path}", name=attachment.name or path.rpartition("/")[2])
    return replace(await download(VENDOR, named, context), url="", media_type=attachment.media_type)
