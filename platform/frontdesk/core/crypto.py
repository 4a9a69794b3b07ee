"""Secrets at rest: encrypted with Fernet (AES-128-CBC + HMAC-SHA256) under keys derived from ENCRYPTION_KEYS, newest first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


class SecretUnreadable(Exception):
    """A stored secret was written under a key that is no longer in ENCRYPTION_KEYS."""


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    derived = [HKDF(SHA256(), 32, salt=None, info=b"frontdesk secrets").derive(key.encode()) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def encrypt(text: str) -> str:
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    try:
        return _cipher(tuple(settings.ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable("A stored secret cannot be read with the present ENCRYPTION_KEYS. Enter it again.") from error


def new_token(prefix: str) -> str:
    """A credential of 256 random bits, recognisable by its prefix."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """How a random credential is stored. It has 256 bits of its own, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Compare in constant time."""
    as_bytes = (value.encode() if isinstance(value, str) else value for value in (left, right))
    return hmac.compare_digest(*as_bytes)


class SecretsField(models.TextField):
    """A dict of secrets, encrypted as one value; `{}` when empty. Never in forms, versions or exports."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(default=dict, blank=True, editable=False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, str]:
        return json.loads(decrypt(value)) if value else {}

    def to_python(self, value: Any) -> dict[str, str]:
        return value if isinstance(value, dict) else self.from_db_value(value, None, None)

    def get_prep_value(self, value: Any) -> str:
        return encrypt(json.dumps(value)) if value else ""
