"""How an owner names a server."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, model_validator

from frontdesk.sdk.forms import Labels, shown_when

HEADER = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")  # RFC 9110, section 5.6.2
NOT_THEIRS = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "last-event-id", "transfer-encoding")
)


class McpServer(BaseModel):
    """One server: at an address, or a program that the operator allows."""

    place: Annotated[
        Literal["address", "command"], Labels({"address": "At a web address", "command": "On this installation"})
    ] = Field(
        "address", title="Where it is", description="A program on this installation works only where its operator allows it."
    )
    address: Annotated[str, shown_when("place", "address")] = Field(
        "", max_length=2000, title="Address", description="Where it speaks MCP over HTTP, such as https://tools.example.com/mcp."
    )
    credential: Annotated[
        Literal["none", "bearer", "header"],
        Labels({"none": "None", "bearer": "A token (Authorization: Bearer)", "header": "A header of its own"}),
        shown_when("place", "address"),
    ] = Field("none", title="Credential")
    header: Annotated[str, shown_when("credential", "header")] = Field(
        "", max_length=100, title="Header", description="Its name, such as X-API-Key."
    )
    secret: Annotated[SecretStr, shown_when("credential", "bearer", "header")] = Field(
        SecretStr(""), title="Token", description="It is stored encrypted and never shown again."
    )
    command: Annotated[str, shown_when("place", "command")] = Field(
        "", max_length=2000, title="Command", description="The program and its arguments, exactly as the operator allows them."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.place == "command":
            if not self.words():
                raise ValueError("Write the command as the operator allows it.")
        else:
            _check_address(self.address)
            self.headers()
        return self

    def headers(self) -> dict[str, str]:
        """What is sent with each request. Raises ValueError."""
        secret = self.secret.get_secret_value().strip()
        if self.credential == "none":
            return {}
        if not secret or not secret.isascii() or not secret.isprintable():
            raise ValueError("The token must be a line of letters, digits and signs. Paste it again.")
        if self.credential == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        name = self.header.strip()
        if not HEADER.match(name) or name.lower() in NOT_THEIRS or name.lower().startswith("mcp-"):
            raise ValueError("The header must be a name such as X-API-Key, and none that MCP itself uses.")
        return {name: secret}

    def words(self) -> tuple[str, ...]:
        """The command as a program and its arguments. Raises ValueError."""
        return tuple(shlex.split(self.command))

    @property
    def name(self) -> str:
        """How sentences call it."""
        return self.words()[0].rpartition("/")[2] if self.place == "command" else urlsplit(self.address).hostname or ""


def _check_address(address: str) -> None:
    parts = urlsplit(address.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("The address must begin with https:// and name a host, such as https://tools.example.com/mcp.")
    if parts.username or parts.password:
        raise ValueError("Put the password into the field for the token, not into the address.")
