"""What all of Meta's platforms have in common towards an app (https://developers.facebook.com/docs/graph-api), without Meta."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import httpx

from frontdesk.sdk.bodies import arguments
from frontdesk.sdk.rehearsal import Double
from frontdesk.sdk.values import WebRequest

from .webhooks import SIGNATURE

VERSION = re.compile(r"^/v\d+\.\d+/")


class GraphError(Exception):
    """A refusal as the Graph API words it."""

    def __init__(self, code: int, message: str, *, status: int = 400, details: str = "", subcode: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AREHEARSAL"}
        if details:
            self.body["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if subcode:
            self.body["error_subcode"] = subcode


class MetaDouble(Double):
    """An app with one account. `settings` have a token and an app secret."""

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        return {
            "token": f"EAA{secrets.token_hex(40)}",
            "app_secret": secrets.token_hex(16),
            "verify_token": secrets.token_urlsafe(18),
        }

    @abstractmethod
    def call(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        """The answer to a path without its version. Raises GraphError."""

    def busy(self, seconds: int) -> httpx.Response:
        return _refusal(GraphError(4, "(#4) Application request limit reached", status=429))

    def broken(self) -> httpx.Response:
        return _refusal(GraphError(2, "Service temporarily unavailable", status=500))

    def answer(self, request: httpx.Request) -> httpx.Response:
        token = self.settings.token.get_secret_value()  # type: ignore[attr-defined]
        if request.headers.get("authorization") != f"Bearer {token}":
            return _refusal(GraphError(190, "Invalid OAuth access token data.", status=401))
        said = {name: _plain(value) for name, value in arguments(request).items()}
        try:
            answer = self.call(request.method, VERSION.sub("", request.url.path).strip("/"), said)
        except GraphError as error:
            return _refusal(error)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def signed(self, notification: Mapping[str, Any]) -> WebRequest:
        body = json.dumps(notification, ensure_ascii=False).encode()
        secret = self.settings.app_secret.get_secret_value()  # type: ignore[attr-defined]
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return WebRequest("POST", "/", {"content-type": "application/json", SIGNATURE: signature}, {}, body)


def unknown(path: str) -> GraphError:
    return GraphError(100, f"Unsupported request. Object with ID '{path}' does not exist", subcode=33)


def _refusal(error: GraphError) -> httpx.Response:
    return httpx.Response(error.status, json={"error": error.body})


def _plain(value: Any) -> Any:
    """Forms carry JSON as text."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
