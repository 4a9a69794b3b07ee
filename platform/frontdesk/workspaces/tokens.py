"""Bearer tokens (RFC 7519): our own, and those of outside issuers that an operator configured.

Each issuer has one algorithm, one audience and its own keys; what a token says about itself only chooses among issuers.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from frontdesk.core.errors import Unavailable

from .errors import TokenRefused
from .models import User

ISSUER = "frontdesk"
AUDIENCE = "frontdesk-api"
LEEWAY = 10
REQUIRED = ["exp", "iss", "aud", "sub"]
Kind = Literal["access", "refresh"]


@lru_cache(maxsize=2)
def _own_key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"frontdesk tokens").derive(secret.encode())


def issue(user: User, kind: Kind) -> str:
    """A token of ours. It ends by itself, or when the user's `token_version` is counted up."""
    now = timezone.now()
    seconds = settings.JWT_ACCESS_SECONDS if kind == "access" else settings.JWT_REFRESH_SECONDS
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user.uuid),
        "typ": kind,
        "ver": user.token_version,
        "iat": now,
        "exp": now + timedelta(seconds=seconds),
    }
    return jwt.encode(claims, _own_key(settings.SECRET_KEY), algorithm="HS256")


def user_of_own(token: str, kind: Kind) -> User:
    """Whose token this is. Raises TokenRefused when it is wrong, old, of the other kind, or ended by its user."""
    claims = _verified(token, Issuer(ISSUER, AUDIENCE, "HS256", SharedSecret(_own_key(settings.SECRET_KEY))))
    user = User.objects.filter(uuid=claims["sub"], is_active=True).first() if _is_uuid(claims["sub"]) else None
    if user is None or claims.get("typ") != kind or claims.get("ver") != user.token_version:
        raise TokenRefused
    return user


@dataclass(frozen=True, slots=True)
class Outsider:
    """What an outside issuer says about a person. `email` is set only when the issuer has verified it."""

    outside_id: str
    email: str
    name: str


def is_own(token: str) -> bool:
    return _claim_of_unverified(token, "iss") == ISSUER


def outsider_of(token: str) -> Outsider:
    """Check a token of an outside issuer. Raises TokenRefused, or Unavailable when the issuer's keys cannot be fetched."""
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
    except jwt.InvalidTokenError as error:
        raise TokenRefused from error
    name = _claim_of_unverified(token, "iss")
    issuer = next((entry for entry in _outside_issuers() if (entry.name, entry.algorithm) == (name, algorithm)), None)
    if issuer is None:
        raise TokenRefused
    claims = _verified(token, issuer)
    # Supabase's `user_metadata` is written by the user, so only the issuer's own claim counts.
    verified = claims.get("email_verified") is True
    metadata = claims.get("user_metadata")
    full_name = claims.get("name") or (metadata.get("full_name") if isinstance(metadata, dict) else "")
    return Outsider(
        outside_id=f"{issuer.name}|{claims['sub']}"[:400],
        email=str(claims.get("email") or "").strip().lower() if verified else "",
        name=str(full_name or claims.get("email") or "")[:150],
    )


class Keys(Protocol):
    def find(self, token: str) -> Any:
        """The key that should have signed this token. Raises TokenRefused when there is none."""


@dataclass(frozen=True, slots=True)
class SharedSecret:
    secret: bytes

    def find(self, token: str) -> bytes:
        return self.secret


class PublishedKeys:
    """An issuer's key set (RFC 7517): kept, and fetched again when a key is unknown or the set is old."""

    FETCH_EVERY = 60.0
    KEEP = 3600.0

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, token: str) -> jwt.PyJWK:
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str):
            raise TokenRefused
        with self._lock:
            now = time.monotonic()
            stale = kid not in self._keys or now - self._fetched_at > self.KEEP
            if stale and now - self._tried_at >= self.FETCH_EVERY:
                self._tried_at = now
                self._fetch()
            if kid in self._keys:
                return self._keys[kid]
        raise TokenRefused if self._keys else Unavailable

    def _fetch(self) -> None:
        try:
            answer = httpx.get(self.url, timeout=5.0, follow_redirects=False).raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (httpx.HTTPError, ValueError, AttributeError, jwt.PyJWTError):
            return
        self._keys = {key.key_id: key for key in found if key.key_id and key.public_key_use in {None, "sig"}}
        self._fetched_at = time.monotonic()


@dataclass(frozen=True, slots=True)
class Issuer:
    name: str
    audience: str
    algorithm: str
    keys: Keys


@lru_cache(maxsize=4)
def _published(url: str) -> PublishedKeys:
    return PublishedKeys(url)


def _outside_issuers() -> list[Issuer]:
    issuers = []
    if settings.SUPABASE_URL and settings.SUPABASE_JWT_SECRET:
        secret = SharedSecret(settings.SUPABASE_JWT_SECRET.encode())
        issuers.append(Issuer(f"{settings.SUPABASE_URL}/auth/v1", "authenticated", "HS256", secret))
    if settings.OIDC_ISSUER and settings.OIDC_JWKS_URL:
        keys = _published(settings.OIDC_JWKS_URL)
        issuers.append(Issuer(settings.OIDC_ISSUER, settings.OIDC_AUDIENCE, settings.OIDC_ALGORITHM, keys))
    return issuers


def _verified(token: str, issuer: Issuer) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            issuer.keys.find(token),
            algorithms=[issuer.algorithm],
            audience=issuer.audience,
            issuer=issuer.name,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRefused from error


def _claim_of_unverified(token: str, claim: str) -> Any:
    try:
        return jwt.decode(token, options={"verify_signature": False}).get(claim)
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused from error


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
