"""What providers that speak HTTP have in common: the plain client, and errors worded for an owner."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

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
KINDS: dict[int, type[ProviderError]] = {
    401: ProviderAuthError,
    402: ProviderQuotaError,
    403: ProviderAuthError,
    408: ProviderUnavailable,
    409: ProviderUnavailable,
    425: ProviderUnavailable,
    429: ProviderRateLimited,
}
REASONS: dict[type[ProviderError], str] = {
    ProviderAuthError: "refused the key",
    ProviderQuotaError: "says the account has no credit left",
    ProviderRateLimited: "asks to slow down",
    ProviderRejected: "refused the request",
    ProviderUnavailable: "is not available",
}


class HttpFactory(Protocol):
    """Makes the HTTP client through which a provider reaches its vendor.

    The host passes one that refuses addresses inside its own network, because an owner may set a vendor's address. A
    provider that speaks HTTP sends everything through the client it gets and closes it in `close`. `timeout` is in
    seconds: how long to wait for a connection or for the next bytes.
    """

    def __call__(self, *, timeout: float) -> httpx.AsyncClient: ...


def plain_http(*, timeout: float) -> httpx.AsyncClient:
    """A client without the host's protection, for scripts and tests."""
    import httpx

    return httpx.AsyncClient(timeout=httpx.Timeout(timeout, connect=min(timeout, SECONDS_TO_CONNECT)))


def error_for_status(
    vendor: str,
    status: int,
    message: str = "",
    *,
    kind: type[ProviderError] | None = None,
    retry_after: float | None = None,
) -> ProviderError:
    """The error that an HTTP status of a model vendor stands for, or of the `kind` that is known from elsewhere.

    `message` is the vendor's own and may be empty.
    """
    kind = kind or _kind(status)
    return kind(sentence(f"{vendor} {REASONS[kind]} ({status})", message), retry_after=retry_after)


def _kind(status: int) -> type[ProviderError]:
    if status in KINDS:
        return KINDS[status]
    return ProviderUnavailable if status >= 500 else ProviderRejected


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
