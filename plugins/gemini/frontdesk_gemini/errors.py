"""The SDK's errors in Frontdesk's words. Imported only after the SDK itself."""

from __future__ import annotations

from typing import Any

import httpx
from google.genai import errors

from frontdesk.sdk.errors import ProviderAuthError, ProviderError, ProviderQuotaError, ProviderStopped, ProviderUnavailable
from frontdesk.sdk.vendor import error_for_status, retry_after, sentence

VENDOR_ERRORS = (
    errors.APIError,
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    OSError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What a call may raise. The last four are what the SDK makes of an answer that has another shape than it expects."""


def translate(error: Exception, vendor: str, secret: str, *, answering: bool = False) -> ProviderError:
    """`answering` says that the vendor had begun its answer."""
    if isinstance(error, errors.APIError):
        return _refusal(error, vendor, secret)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ProviderUnavailable(f"{vendor} did not answer in time.")
    if isinstance(error, httpx.HTTPError | httpx.StreamError | httpx.InvalidURL | OSError):
        if answering:
            return ProviderStopped(f"The connection to {vendor} broke in the middle of an answer.")
        return ProviderUnavailable(sentence(f"{vendor} could not be reached", str(error)))
    return ProviderUnavailable(f"{vendor} sent something that is not an answer.")


def _refusal(error: errors.APIError, vendor: str, secret: str) -> ProviderError:
    """https://cloud.google.com/apis/design/errors describes the body."""
    body = error.details.get("error") if isinstance(error.details, dict) else None
    body = body if isinstance(body, dict) else {}
    message = str(body.get("message") or "").replace(secret, "…")
    if not isinstance(error.code, int):
        return ProviderUnavailable(sentence(f"{vendor} failed", message))
    details = [detail for detail in body.get("details") or () if isinstance(detail, dict)]
    kind: type[ProviderError] | None = None
    if any(detail.get("reason") in ("API_KEY_INVALID", "API_KEY_EXPIRED") for detail in details):
        kind = ProviderAuthError
    elif error.code == 429 and "credits" in message:
        kind = ProviderQuotaError
    return error_for_status(vendor, error.code, message, kind=kind, retry_after=_delay(details, error.response))


def _delay(details: list[dict[str, Any]], response: Any) -> float | None:
    for detail in details:
        seconds = str(detail.get("retryDelay") or "").removesuffix("s")
        if seconds.replace(".", "", 1).isdigit():
            return float(seconds)
    return retry_after(response.headers) if response is not None else None
