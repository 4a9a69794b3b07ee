"""Calls of Meta's Graph API, and what its refusals mean (https://developers.facebook.com/docs/graph-api/guides/error-handling)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from frontdesk.sdk.context import Context
from frontdesk.sdk.delivery import check_status, sending
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown
from frontdesk.sdk.vendor import retry_after
from frontdesk.sdk.words import said

from .refusals import COMMON, Refusal
from .words import phrase

SECONDS = 15.0
# 0 is one of Meta's.
NO_CODE = -1
FACEBOOK, INSTAGRAM = "https://graph.facebook.com", "https://graph.instagram.com"
NOT_HTTPS = phrase(
    "Meta writes only to addresses that begin with https://, and yours does not. Ask your operator to set BASE_URL."
)
NO_ANSWER = phrase("Meta did not answer in time. Try again.")


def own_url() -> str:
    """A server that stands in for Meta's, in a rehearsal; "" otherwise."""
    return os.environ.get("META_GRAPH_URL", "").rstrip("/")


def version() -> str:
    return os.environ.get("META_GRAPH_VERSION", "") or "v25.0"


def host_of(base: str) -> str:
    """Which one to ask an owner for."""
    return urlsplit(own_url() or base).netloc


def needs_https(webhook_url: str, context: Context) -> None:
    """Raises DeliveryFailed for an address that Meta does not write to."""
    if not own_url() and not webhook_url.startswith("https://"):
        raise DeliveryFailed(said(NOT_HTTPS, context.language), permanent=True)


@dataclass(frozen=True, slots=True)
class Graph:
    """One account there. `refusals` are those of its product, by code or by (code, subcode); they go before the common ones."""

    vendor: str
    token: str
    context: Context
    refusals: Mapping[int | tuple[int, int], Refusal]
    base: str = FACEBOOK

    async def send(self, path: str, **body: Any) -> dict[str, Any]:
        """POST what must not be sent twice: `json`, or `data` with `files`. Raises DeliveryFailed, DeliveryUnknown."""
        return await self._call("POST", path, **body)

    async def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """What may be asked again at will. Raises DeliveryFailed."""
        try:
            return await self._call(method, path, **request)
        except DeliveryUnknown as error:
            raise DeliveryFailed(said(NO_ANSWER, self.context.language), permanent=False) from error

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        address = f"{own_url() or self.base}/{version()}/{path}"
        with sending(self.vendor):
            async with self.context.http(timeout=SECONDS) as client:
                response = await client.request(method, address, headers=self.headers, **request)
        answer = _read(response)
        if response.is_success and "error" not in answer:
            return answer
        self._refused(response, answer)
        raise DeliveryUnknown(f"{self.vendor} answered in a way that says nothing about the message.")

    def _refused(self, response: httpx.Response, answer: dict[str, Any]) -> None:
        error = answer.get("error")
        error = error if isinstance(error, dict) else {}
        code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
        refusal = find(self.refusals, code, subcode)
        if refusal is not None:
            wait = retry_after(response.headers) or refusal.wait or None
            raise refusal.error(said(refusal.sentence, self.context.language), permanent=refusal.permanent, retry_after=wait)
        status = 503 if error.get("is_transient") is True else response.status_code
        check_status(self.vendor, status, response.headers, _words(error, code))


def find(refusals: Mapping[int | tuple[int, int], Refusal], code: int, subcode: int = NO_CODE) -> Refusal | None:
    """What a code means, the product's own meaning before the common one."""
    for table in (refusals, COMMON):
        for key in ((code, subcode), code):
            if key in table:
                return table[key]
    return None


def _words(error: Mapping[str, Any], code: int) -> str:
    details = error.get("error_data")
    detail = details.get("details") if isinstance(details, dict) else None
    text = str(detail or error.get("error_user_msg") or error.get("message") or "")
    return f"{text} ({code})" if text and code != NO_CODE else text


def _number(value: Any) -> int:
    return value if isinstance(value, int) else NO_CODE


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
