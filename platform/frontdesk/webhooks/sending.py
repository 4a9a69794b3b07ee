"""One attempt at a delivery: signed, posted to a public address, and what came back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk import __version__
from frontdesk.core.http import FetchRefused, SafeClient

from .kinds import VERSION
from .models import Endpoint, Event
from .signing import headers

SECONDS = 15.0
EXCERPT_BYTES = 2000
GONE = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went. `status` is None when no answer came; `problem` is empty when the event was taken."""

    at: datetime
    took_ms: int
    status: int | None
    problem: str
    response: str
    retry_after: float = 0.0

    def as_json(self) -> dict[str, Any]:
        shown = {"took_ms": self.took_ms, "status": self.status, "problem": self.problem, "response": self.response}
        return {"at": self.at.isoformat(), **shown}


def body_of(event: Event) -> bytes:
    """What is posted: the same bytes each time."""
    told = {
        "id": str(event.uuid),
        "type": event.kind,
        "version": VERSION,
        "timestamp": event.created_at.isoformat().replace("+00:00", "Z"),
        "workspace_id": str(event.workspace.uuid),
        "data": event.data,
    }
    return orjson.dumps(told)


def keys_of(endpoint: Endpoint) -> list[str]:
    """The secret, and the one before it while that is still good."""
    kept = endpoint.secrets
    before = kept.get("before", "") if kept.get("until", "") > timezone.now().isoformat() else ""
    return [key for key in (kept.get("now", ""), before) if key]


def attempt(endpoint: Endpoint, event: Event) -> Attempt:
    """Post an event once. Redirects are not followed: a receiver has one address."""
    began, clock = timezone.now(), time.monotonic()
    status, excerpt, wait = None, "", 0.0
    try:
        response, excerpt = async_to_sync(_post)(endpoint.url, body_of(event), keys_of(endpoint), str(event.uuid))
        status, wait = response.status_code, _seconds(response.headers.get("retry-after", ""))
        problem = "" if response.is_success else _("It answered %(status)s.") % {"status": status}
    except FetchRefused as refused:
        problem = str(refused.message)
    except (httpx.TimeoutException, TimeoutError):
        problem = _("It did not answer within %(seconds)s seconds.") % {"seconds": round(SECONDS)}
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
        problem = _("It could not be reached: %(problem)s") % {"problem": str(error) or type(error).__name__}
    return Attempt(began, round((time.monotonic() - clock) * 1000), status, problem[:500], excerpt, wait)


async def _post(url: str, body: bytes, keys: Sequence[str], message_id: str) -> tuple[httpx.Response, str]:
    sent = {"content-type": "application/json", "user-agent": f"Frontdesk/{__version__}", "accept-encoding": "identity"}
    sent |= headers(keys, message_id, int(time.time()), body)
    transport = SafeClient(allowed_hosts=settings.WEBHOOK_ALLOWED_HOSTS).transport()
    async with (
        httpx.AsyncClient(transport=transport, timeout=SECONDS, trust_env=False) as client,
        asyncio.timeout(SECONDS),
        client.stream("POST", url, content=body, headers=sent) as response,
    ):
        return response, await _excerpt(response)


async def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer; the rest is not read."""
    found = b""
    async for piece in response.aiter_raw():
        found += piece
        if len(found) >= EXCERPT_BYTES:
            break
    return found[:EXCERPT_BYTES].decode("utf-8", "replace").replace("\x00", "")


def _seconds(text: str) -> float:
    return min(float(text), 3600.0) if text.isdecimal() else 0.0
