"""What providers that speak HTTP have in common: the plain client, and errors worded for an owner."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .errors import (
    ProviderAuthError,
    ProviderError,
    ProviderQuotaError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)

if TYPE_CHECKING:
    import httpx

LONGEST_MESSAGE = 300
SECONDS_TO_CONNECT = 10.0
TRY_LATER = frozenset({408, 409, 425})
REASONS: dict[type[ProviderError], str] = {
    ProviderAuthError: "refused the key",
    ProviderQuotaError: "says the account has no credit left",
    ProviderRateLimited: "asks to slow down",
    ProviderRejected: "refused the request",
    ProviderUnavailable: "is not available",
}


def plain_http(*, timeout: float) -> httpx.AsyncClient:
    """A client without the host's protection, for scripts and tests."""
    import httpx

    return httpx.AsyncClient(timeout=httpx.Timeout(timeout, connect=min(timeout, SECONDS_TO_CONNECT)))


def error_for_status(
    vendor: str, status: int, message: str = "", *, out_of_credit: bool = False, retry_after: float | None = None
) -> ProviderError:
    """The error that an HTTP status of a model vendor stands for. `message` is the vendor's own."""
    kind = _kind(status, out_of_credit)
    return kind(sentence(f"{vendor} {REASONS[kind]} ({status})", message), retry_after=retry_after)


def _kind(status: int, out_of_credit: bool) -> type[ProviderError]:
    if out_of_credit or status == 402:
        return ProviderQuotaError
    if status in (401, 403):
        return ProviderAuthError
    if status == 429:
        return ProviderRateLimited
    if status >= 500 or status in TRY_LATER:
        return ProviderUnavailable
    return ProviderRejected


def sentence(beginning: str, message: str = "") -> str:
    """One sentence for the owner, with what the vendor wrote, kept short."""
    words = " ".join(message.split()).rstrip(".")
    if len(words) > LONGEST_MESSAGE:
        words = words[:LONGEST_MESSAGE].rstrip() + "…"
    return f"{beginning}: {words}." if words else f"{beginning}."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a vendor asks to wait (RFC 9110 §10.2.3, and OpenAI's `retry-after-ms`), None when it does not say."""
    with suppress(ValueError):
        if milliseconds := headers.get("retry-after-ms"):
            return float(milliseconds) / 1000
    value = headers.get("retry-after")
    if not value:
        return None
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None
