"""An account at a vendor that an owner connects with a button (OAuth 2: RFC 6749, PKCE of RFC 7636, revoking of RFC 7009)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel

PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Plain HTTP is for doubles in tests: nobody listens in on a machine's own address.
LOCAL = {"127.0.0.1", "localhost"}


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Declared in the manifest; the plugin then asks `await context.access_token()` at each call.

    In an address "{region}" stands for the config's field `region`, which must be a Literal, so that nobody can type a host.
    The app's own id and secret are those that the owner filled in (config fields named `client_id` and `client_secret`), else
    the operator's, from the environment variables named here. `extra` goes along when the owner is sent to the vendor.
    """

    label: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    revoke_url: str = ""
    client_id_env: str = ""
    client_secret_env: str = ""
    scope_separator: str = " "
    extra: Mapping[str, str] = field(default_factory=dict)

    def check(self, config: type[BaseModel]) -> None:
        """Raises ValueError, with a sentence for the plugin's author."""
        for url in filled_ways(self.authorize_url, config):
            _check_address(url)
        for url in self.asked(config):
            _check_address(url)

    def asked(self, config: type[BaseModel]) -> list[str]:
        """All addresses that the host itself may call: for tokens and for revoking them."""
        return [*filled_ways(self.token_url, config), *filled_ways(self.revoke_url, config)]


def filled_ways(url: str, config: type[BaseModel]) -> Iterator[str]:
    """An address with each value that its placeholders may have; nothing of an empty one."""
    names = PLACEHOLDER.findall(url)
    for values in product(*(_choices(name, config) for name in names)) if url else ():
        yield url.format(**dict(zip(names, values, strict=True)))


def _choices(name: str, config: type[BaseModel]) -> tuple[str, ...]:
    found = config.model_fields.get(name)
    if found is None or get_origin(found.annotation) is not Literal:
        raise ValueError(f"An OAuth address names {{{name}}}, which must be a Literal field of the config.")
    return get_args(found.annotation)


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)):
        raise ValueError(f"The OAuth address {url!r} must begin with https://.")
