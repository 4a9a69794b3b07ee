"""How an owner names a server."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from frontdesk.sdk.context import Context
from frontdesk.sdk.forms import Labels, shown_when

from .words import phrase

HEADER = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")  # RFC 9110, section 5.6.2
OURS = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "last-event-id", "transfer-encoding")
)


class McpServer(BaseModel):
    """One server: at an address, or a program that the operator allows."""

    model_config = ConfigDict(validate_default=True)

    place: Annotated[
        Literal["address", "command"], Labels({"address": phrase("At a web address"), "command": phrase("On this installation")})
    ] = Field(
        "address",
        title=phrase("Where it is"),
        description=phrase("A program on this installation works only where its operator allows it."),
    )
    address: Annotated[str, shown_when("place", "address")] = Field(
        "",
        max_length=2000,
        title=phrase("Address"),
        description=phrase("Where it speaks MCP over HTTP, such as https://tools.example.com/mcp."),
    )
    credential: Annotated[
        Literal["none", "bearer", "header"],
        Labels(
            {"none": phrase("None"), "bearer": phrase("A token (Authorization: Bearer)"), "header": phrase("A header of its own")}
        ),
        shown_when("place", "address"),
    ] = Field("none", title=phrase("Credential"))
    header: Annotated[str, shown_when("credential", "header")] = Field(
        "", max_length=100, title=phrase("Header"), description=phrase("Its name, such as X-API-Key.")
    )
    token: Annotated[SecretStr, shown_when("credential", "bearer", "header")] = Field(
        SecretStr(""), title=phrase("Token"), description=phrase("It is stored encrypted and never shown again.")
    )
    command: Annotated[str, shown_when("place", "command")] = Field(
        "",
        max_length=2000,
        title=phrase("Command"),
        description=phrase("The program and its arguments, exactly as the operator allows them."),
    )

    @field_validator("address")
    @classmethod
    def _reachable(cls, value: str, known: ValidationInfo) -> str:
        value = value.strip()
        if known.data.get("place") == "address":
            parts = urlsplit(value)
            if parts.scheme not in ("https", "http") or not parts.hostname:
                raise ValueError("The address must begin with https:// and name a host, such as https://tools.example.com/mcp.")
            if parts.username or parts.password:
                raise ValueError("Put the password into the field for the token, not into the address.")
        return value

    @field_validator("header")
    @classmethod
    def _theirs(cls, value: str, known: ValidationInfo) -> str:
        value = value.strip()
        name = value.lower()
        if known.data.get("credential") == "header" and (not HEADER.match(name) or name in OURS or name.startswith("mcp-")):
            raise ValueError("The header must be a name such as X-API-Key, and none that MCP itself uses.")
        return value

    @field_validator("token")
    @classmethod
    def _one_line(cls, value: SecretStr, known: ValidationInfo) -> SecretStr:
        token = value.get_secret_value().strip()
        if known.data.get("credential", "none") != "none" and not (token and token.isascii() and token.isprintable()):
            raise ValueError("Paste the token: one line of letters, digits and signs.")
        return SecretStr(token)

    @field_validator("command")
    @classmethod
    def _written(cls, value: str, known: ValidationInfo) -> str:
        if known.data.get("place") == "command" and not shlex.split(value):
            raise ValueError("Write the command as the operator allows it.")
        return value

    def headers(self) -> dict[str, str]:
        """What is sent with each request."""
        token = self.token.get_secret_value()
        match self.credential if self.place == "address" else "none":
            case "bearer":
                return {"Authorization": f"Bearer {token}"}
            case "header":
                return {self.header: token}
        return {}

    def words(self) -> tuple[str, ...]:
        """The command as a program and its arguments."""
        return tuple(shlex.split(self.command))

    @property
    def name(self) -> str:
        """How sentences call it."""
        return self.words()[0].rpartition("/")[2] if self.place == "command" else urlsplit(self.address).hostname or ""


def server_of(context: Context) -> McpServer:
    """The server that a connection is set up for."""
    if not isinstance(context.settings, McpServer):
        raise TypeError(f"{type(context.settings).__name__} instead of McpServer")
    return context.settings
