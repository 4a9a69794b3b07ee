"""Talking to a vendor about an account: the three requests of OAuth 2. Knows no rows."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from django.utils.translation import gettext as _
from pydantic import BaseModel, SecretStr

from frontdesk.sdk.oauth import OAuthApp
from frontdesk.sdk.vendor import HttpFactory

SECONDS = 15.0
LONGEST_TOKEN = 8_000
# Errors of RFC 6749 that stay (and Zoho's invalid_code). Others, such as "too often", pass.
FOR_GOOD = re.compile(r"invalid_|unauthorized_client|unsupported_")
# A token that ends while it is on its way is of no use.
MARGIN_SECONDS = 60


class Refused(Exception):
    """The vendor said no: asking again does not help. The text is its reason."""


class Unreachable(Exception):
    """The vendor did not answer, or not with what was asked for. Asking again later may help."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """`seconds` is how long `access` is good; None when the vendor does not say. `refresh` is empty when it gave none."""

    access: str
    refresh: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """One app at one vendor. `settings` fill the placeholders of its addresses."""

    app: OAuthApp
    settings: BaseModel
    http: HttpFactory
    redirect_uri: str

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's id and secret, the owner's before the operator's; empty when nobody gave them."""
        own = (_text(self.settings, "client_id"), _text(self.settings, "client_secret"))
        return own if all(own) else (os.environ.get(self.app.client_id_env, ""), os.environ.get(self.app.client_secret_env, ""))

    def address(self, *, state: str, challenge: str) -> str:
        """Where the owner is sent to agree. `challenge` is that of PKCE, S256."""
        values = {
            **self.app.extra,
            "response_type": "code",
            "client_id": self.credentials[0],
            "redirect_uri": self.redirect_uri,
            "scope": self.app.scope_separator.join(self.app.scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._filled(self.app.authorize_url)}?{urlencode(values)}"

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """The tokens for the code that the owner came back with. Raises Refused or Unreachable."""
        return await self._tokens(
            grant_type="authorization_code", code=code, redirect_uri=self.redirect_uri, code_verifier=verifier
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; the old refresh token where no new one is given. Raises Refused or Unreachable."""
        found = await self._tokens(grant_type="refresh_token", refresh_token=refresh_token)
        return Tokens(found.access, found.refresh or refresh_token, found.seconds)

    async def revoke(self, token: str) -> bool:
        """Whether the vendor says that it forgot the token."""
        if not self.app.revoke_url:
            return False
        try:
            await self._post(self.app.revoke_url, {"token": token})
        except (Refused, Unreachable):
            return False
        return True

    async def _tokens(self, **values: str) -> Tokens:
        body = await self._post(self.app.token_url, values)
        access, refresh, seconds = body.get("access_token"), body.get("refresh_token") or "", body.get("expires_in")
        if not isinstance(access, str) or not isinstance(refresh, str) or not 0 < len(access) <= LONGEST_TOKEN >= len(refresh):
            raise Unreachable(_("%(vendor)s gave no token.") % {"vendor": self.app.label})
        return Tokens(access, refresh, _seconds(seconds))

    async def _post(self, url: str, values: Mapping[str, str]) -> Mapping[str, Any]:
        client_id, client_secret = self.credentials
        data = {**values, "client_id": client_id, "client_secret": client_secret}
        try:
            async with self.http(timeout=SECONDS) as client:
                response = await client.post(self._filled(url), data=data, headers={"accept": "application/json"})
        except httpx.HTTPError as error:
            raise Unreachable(_("%(vendor)s could not be reached.") % {"vendor": self.app.label}) from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Mapping[str, Any]:
        """Some vendors say no with a status, others with a 200 and an "error" in it."""
        try:
            body = response.json()
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        if response.status_code >= 500 or response.status_code == 429:
            raise Unreachable(_("%(vendor)s does not answer at the moment.") % {"vendor": self.app.label})
        if response.status_code >= 400 or "error" in body:
            said = body.get("error_description") or body.get("error") or response.status_code
            sentence = _("%(vendor)s says no: %(reason)s") % {"vendor": self.app.label, "reason": str(said)[:150]}
            raise Refused(sentence) if FOR_GOOD.match(str(body.get("error", ""))) else Unreachable(sentence)
        return body

    def _filled(self, url: str) -> str:
        return url.format(**self.settings.model_dump(mode="json"))


def _seconds(said: Any) -> int | None:
    try:
        return max(1, int(float(said)) - MARGIN_SECONDS)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(settings: BaseModel, name: str) -> str:
    value = getattr(settings, name, "")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
