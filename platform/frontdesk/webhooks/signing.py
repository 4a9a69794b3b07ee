"""Signatures as Standard Webhooks has them (https://www.standardwebhooks.com): its libraries, and Svix's, verify them."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

PREFIX = "whsec_"


def new_secret() -> str:
    """192 random bits; what follows the prefix is base64 of the key."""
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def headers(keys: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`timestamp` in seconds since 1970. With several keys, any of the signatures is good."""
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), signed, sha256)).decode()
