"""What all of Meta's webhooks share (https://developers.facebook.com/docs/graph-api/webhooks/getting-started): how they are
signed, how an address is checked, and that several events may come in one request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError

from frontdesk.sdk.channel import Envelope
from frontdesk.sdk.errors import PayloadInvalid, SignatureInvalid
from frontdesk.sdk.values import WebRequest, WebResponse

from .words import phrase

SIGNATURE = "x-hub-signature-256"
CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,200}")


def _looks_like_one(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        raise ValueError("This is not an app secret: that has 32 digits and letters from a to f. Copy all of it.")
    return SecretStr(text)


def _looks_like_a_token(token: SecretStr) -> SecretStr:
    text = "".join(token.get_secret_value().split())
    if len(text) < 30 or not text.isascii():
        raise ValueError("This is not an access token: that is a long line of letters and digits. Copy all of it.")
    return SecretStr(text)


def _is_an_id(text: str) -> str:
    if not re.fullmatch(r"[0-9]{5,30}", text.strip()):
        raise ValueError("This is not an ID: that has digits only, such as 106540352242922. Copy it from Meta's page.")
    return text.strip()


def _has_no_spaces(token: str) -> str:
    if not re.fullmatch(r"[!-~]{8,200}", token.strip()):
        raise ValueError("Use at least 8 letters and digits, without spaces.")
    return token.strip()


AccessToken = Annotated[SecretStr, AfterValidator(_looks_like_a_token)]
AppSecret = Annotated[
    SecretStr,
    AfterValidator(_looks_like_one),
    Field(
        title=phrase("App secret"),
        description=phrase("In the app's dashboard under App settings → Basic. What Meta sends is signed with it."),
        max_length=200,
    ),
]
VerifyToken = Annotated[
    str,
    AfterValidator(_has_no_spaces),
    Field(
        default_factory=lambda: secrets.token_hex(12),
        title=phrase("Verify token"),
        description=phrase("Made up for you. You paste it on the other side, where it is asked for when the address is checked."),
    ),
]
Digits = Annotated[str, AfterValidator(_is_an_id)]
"""An id of Meta's."""


def verify(request: WebRequest, app_secret: SecretStr, verify_token: str) -> None:
    """Raises SignatureInvalid. A GET only checks the address: it is not signed and says the token."""
    if request.method == "GET":
        fits = hmac.compare_digest(verify_token.encode(), request.query.get("hub.verify_token", "").encode())
        if not fits or request.query.get("hub.mode") != "subscribe":
            raise SignatureInvalid("The verify token is missing or does not fit.")
        return
    wanted = "sha256=" + hmac.new(app_secret.get_secret_value().encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), request.headers.get(SIGNATURE, "").encode()):
        raise SignatureInvalid("The signature is missing or does not fit.")


def handshake(request: WebRequest) -> WebResponse | None:
    """The challenge goes back as it came, if it can do no harm there."""
    if request.method != "GET":
        return None
    challenge = request.query.get("hub.challenge", "")
    return WebResponse(body=challenge) if CHALLENGE.fullmatch(challenge) else WebResponse(400, "This is no challenge.")


def read(body: bytes) -> dict[str, Any]:
    """A notification: {"object": …, "entry": [{…}]}. Raises PayloadInvalid."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadInvalid("This is not JSON.") from error
    if not isinstance(found, dict) or not isinstance(found.get("object"), str):
        raise PayloadInvalid("This is no notification of Meta's: it has no object.")
    entries = found.get("entry")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PayloadInvalid("This is no notification of Meta's: it has no entries.")
    return found


def split(request: WebRequest, singles: Iterator[dict[str, Any]]) -> Sequence[WebRequest]:
    """One request for each of the `singles`; as it came when there is one only."""
    parts = list(singles)
    if len(parts) < 2:
        return (request,)
    return [replace(request, body=json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()) for part in parts]


def envelope(ids: Sequence[str], customers: Sequence[str], body: bytes) -> Envelope:
    """By the vendor's own ids of what a request holds: it may come again in other company and with another time on it."""
    known = sorted(set(ids)) or [hashlib.sha256(body).hexdigest()]
    lanes = set(customers)
    name = known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()
    return Envelope(name, lanes.pop() if len(lanes) == 1 else "")


def cannot_be_read(error: ValidationError, what: str) -> PayloadInvalid:
    first = error.errors(include_url=False)[0]
    return PayloadInvalid(f"“{'.'.join(map(str, first['loc']))}” of this {what} cannot be used: {first['msg']}.")
