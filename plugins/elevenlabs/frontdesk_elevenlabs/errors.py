"""ElevenLabs' errors, in an owner's words. Their shape: https://elevenlabs.io/docs/eleven-api/resources/errors"""

from __future__ import annotations

from typing import Any

import orjson

from frontdesk.sdk.errors import ProviderAuthError, ProviderError, ProviderQuotaError, SpeechError, SpeechRefused
from frontdesk.sdk.vendor import error_for_status

VENDOR = "ElevenLabs"
REFUSED = frozenset({400, 404, 413, 415, 422})
"""Statuses that blame what was sent."""
# Their own names for what a status alone does not say.
KINDS: dict[str, type[ProviderError]] = {"quota_exceeded": ProviderQuotaError, "invalid_api_key": ProviderAuthError}


def error_of(status: int, body: bytes) -> SpeechError:
    """The error that an answer of the vendor stands for."""
    name, message = _detail(body)
    cause = error_for_status(VENDOR, status, message, kind=KINDS.get(name)).cause
    return SpeechRefused(cause) if status in REFUSED and name not in KINDS else SpeechError(cause)


def _detail(body: bytes) -> tuple[str, str]:
    """(name, message) of `detail`: an object, the list of a validation error, or a sentence."""
    try:
        detail: Any = orjson.loads(body)["detail"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "", ""
    if isinstance(detail, list):
        detail = detail[0] if detail else {}
    if not isinstance(detail, dict):
        return "", str(detail)
    return str(detail.get("code") or detail.get("status") or ""), str(detail.get("message") or detail.get("msg") or "")
