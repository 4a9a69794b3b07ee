"""How a settings model is drawn as a form where its types do not tell: `prompt: LongText = Field("", title="What to say")`.

The host draws str, SecretStr, bool, int, float, Literal, Enum, web addresses, lists of these, and one level of models in models.
`docs/plugins/forms.md` shows them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, StringConstraints

Control = Literal["long_text", "model", "knowledge", "agent", "colour", "web_address", "email", "server"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Metadata of a field: the control that it is drawn as."""

    control: Control


# Compared by identity: `typing` hashes what stands in an Annotated, and a dict has no hash.
@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Metadata of a choice: value → what the owner reads. `Annotated[Literal["eu", "us"], Labels({"eu": "Europe", …})]`."""

    words: Mapping[Any, str]


@dataclass(frozen=True, slots=True)
class ShownWhen:
    """Metadata of a field: it is shown, and taken, only while another field of the same model has one of these values."""

    field: str
    values: tuple[Any, ...]


def shown_when(field: str, *values: Any) -> ShownWhen:
    """`token: Annotated[SecretStr, shown_when("sign_in", "token")] = SecretStr("")`. Such a field needs a default."""
    return ShownWhen(field, values)


SERVER = re.compile(r"(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?):(?P<port>[0-9]{1,5})")


def _server(value: str) -> str:
    found = SERVER.fullmatch(value)
    if value and (found is None or not 0 < int(found["port"]) < 65536):
        raise ValueError("Write the server's name and its port, like mail.example.com:993.")
    return value


LongText = Annotated[str, Drawn("long_text")]
"""Several lines."""
Colour = Annotated[str, Drawn("colour"), StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")]
"""Like "#2563eb"."""
WebAddress = Annotated[str, Drawn("web_address"), StringConstraints(strip_whitespace=True, pattern=r"^(https?://\S+)?$")]
"""Beginning with http:// or https://."""
Email = Annotated[str, Drawn("email"), StringConstraints(strip_whitespace=True, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")]
"""Like "sam@example.com"."""
ModelRef = Annotated[str, Drawn("model"), StringConstraints(pattern=r"^([a-z][a-z0-9_]*:\S*)?$", max_length=200)]
"""A model that answers: "openai:gpt-5-mini", "openai:" for that provider's best one, empty for the workspace's own order."""
KnowledgeRef = Annotated[str, Drawn("knowledge")]
"""The uuid of one of the owner's knowledge bases."""
AgentRef = Annotated[str, Drawn("agent")]
"""The uuid of one of the owner's agents."""
ServerAddress = Annotated[
    str, Drawn("server"), StringConstraints(strip_whitespace=True, to_lower=True, max_length=260), AfterValidator(_server)
]
"""Like "mail.example.com:993". A plugin that asks for `servers` may connect to it (`Context.sockets`)."""


def server_fields(model: type[BaseModel]) -> list[str]:
    """Names of the fields that hold a ServerAddress."""
    return [name for name, field in model.model_fields.items() if Drawn("server") in field.metadata]


def servers(settings: BaseModel) -> dict[str, str]:
    """The servers that an owner named in settings, by field; empty ones left out."""
    return {name: value for name in server_fields(type(settings)) if (value := getattr(settings, name))}
