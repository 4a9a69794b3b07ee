"""The SDK's errors in Frontdesk's words. Imported only after the SDK itself."""

from __future__ import annotations

import httpx
import openai

from frontdesk.sdk.errors import ProviderError, ProviderQuotaError, ProviderStopped, ProviderUnavailable
from frontdesk.sdk.vendor import error_for_status, retry_after, sentence

NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})

VENDOR_ERRORS = (openai.OpenAIError, httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError)
"""What a call may raise: reading the raw body is not wrapped by the SDK."""


def translate(error: Exception, vendor: str, secret: str, *, answering: bool = False) -> ProviderError:
    """`answering` says that the vendor had begun its answer. Some servers repeat the `secret`, so it is taken out."""
    if isinstance(error, openai.APIStatusError):
        return error_for_status(
            vendor,
            error.status_code,
            message_of(error).replace(secret, "…"),
            kind=ProviderQuotaError if {error.code, error.type} & NO_CREDIT else None,
            retry_after=retry_after(error.response.headers),
        )
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return ProviderUnavailable(f"{vendor} did not answer in time.")
    if answering:
        return ProviderStopped(f"The connection to {vendor} broke in the middle of an answer.")
    if isinstance(error, openai.APIConnectionError | httpx.HTTPError | httpx.InvalidURL | OSError):
        return ProviderUnavailable(sentence(f"{vendor} could not be reached", str(error.__cause__ or error)))
    return ProviderUnavailable(sentence(f"{vendor} could not be used", str(error)))


def message_of(error: openai.APIStatusError) -> str:
    """What the vendor wrote, if it wrote it as the protocol asks; an error page says nothing to an owner."""
    body = error.body.get("error", error.body) if isinstance(error.body, dict) else error.body
    if not isinstance(body, dict):
        return ""
    return str(body.get("message") or body.get("detail") or "")
