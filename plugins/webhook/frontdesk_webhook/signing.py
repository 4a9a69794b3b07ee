"""Signatures as in Standard Webhooks 1.0: HMAC-SHA256 over "{id}.{timestamp}.{body}", for which every language has a library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping

from frontdesk.sdk.errors import SignatureInvalid

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
WINDOW_SECONDS = 300


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: base64 after "whsec_", the text itself otherwise."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("What stands after whsec_ is not base64. Copy the secret again.") from error


def signature(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
    """As it stands in the header: "v1,<base64>"."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def headers(secret: str, message_id: str, body: bytes, *, now: float | None = None) -> dict[str, str]:
    """The three headers of a request that is sent now."""
    timestamp = int(time.time() if now is None else now)
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: signature(secret, message_id, timestamp, body)}


def verify(secret: str, given: Mapping[str, str], body: bytes, *, now: float | None = None) -> None:
    """Raises SignatureInvalid. The header may list several signatures, as while a secret is being changed."""
    message_id, timestamp = given.get(ID, ""), given.get(TIMESTAMP, "")
    wanted = signature(secret, message_id, timestamp, body).encode()
    matches = [hmac.compare_digest(wanted, each.encode()) for each in given.get(SIGNATURE, "").split(" ")]
    if not message_id or not any(matches):
        raise SignatureInvalid("The signature is missing or does not fit.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise SignatureInvalid("The timestamp is not a number of seconds.")
    if abs((time.time() if now is None else now) - int(timestamp)) > WINDOW_SECONDS:
        raise SignatureInvalid("The timestamp is more than five minutes away from now.")
