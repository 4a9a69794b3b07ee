"""What an owner or a program sends to make an HTTP tool, checked: one entry a wrong field."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from frontdesk.core.errors import Invalid
from frontdesk.core.http import FetchRefused, check_url
from frontdesk.plugins.config import invalid

from . import schemas
from .errors import SchemaRefused
from .http_calls import PLACE, places
from .models import HttpTool, no_arguments

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
OURS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "accept-encoding")
)
MOST_HEADERS = 20
HeaderValue = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000, pattern=r"^[\x20-\x7e\x80-\xff]*$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class HttpToolValues(BaseModel):
    """`secret_headers` are header → value; an empty or missing value keeps what is stored, None forgets it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""
    endpoint_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    http_method: HttpTool.Method = HttpTool.Method.GET
    body_schema: dict[str, Any] = Field(default_factory=no_arguments)
    headers: dict[str, HeaderValue] = Field(default_factory=dict, max_length=MOST_HEADERS)
    secret_headers: dict[str, HeaderValue | None] = Field(default_factory=dict, max_length=MOST_HEADERS)
    ask_first: bool = False

    @field_validator("http_method", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator("endpoint_url")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _slash, rest = value.partition("://")[2].partition("/")
        try:
            check_url(PLACE.sub("x", value))
        except FetchRefused as refused:
            raise ValueError(str(refused.message)) from refused
        if "{" in host.partition("?")[0] or "}" in host.partition("?")[0]:
            raise ValueError(_("Only the part behind the host may hold {names}: a model must not choose where a call goes."))
        if "#" in value or any(letter in PLACE.sub("", rest) for letter in "{}") or re.search(r"[\s\x00-\x1f]", value):
            raise ValueError(_("Write the address without spaces and “#”, and arguments like {customer_id}."))
        return value

    @field_validator("headers", "secret_headers")
    @classmethod
    def _names(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if not TOKEN.fullmatch(name):
                raise ValueError(_("“%(name)s” is not the name of a header.") % {"name": name[:60]})
            if name.lower() in OURS:
                raise ValueError(_("The header “%(name)s” is set by Frontdesk itself.") % {"name": name})
        return value

    @field_validator("body_schema")
    @classmethod
    def _schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            return schemas.prepared(value)
        except SchemaRefused as refused:
            raise ValueError(str(refused.message)) from refused

    @model_validator(mode="after")
    def _every_place_is_an_argument(self) -> Self:
        """A name in the address that the schema leaves out is a text that must be given, in the path at least."""
        properties, required = self.body_schema["properties"], list(self.body_schema.get("required", []))
        path = places(self.endpoint_url.partition("?")[0])
        for name in places(self.endpoint_url):
            properties.setdefault(name, {"type": "string"})
            if name in path and name not in required:
                required.append(name)
        if required:
            self.body_schema["required"] = required
        return self


def checked(values: dict[str, Any]) -> HttpToolValues:
    """Raises Invalid."""
    try:
        return HttpToolValues.model_validate(values)
    except ValidationError as error:
        raise invalid(error) from error


def merged_secrets(stored: dict[str, str], sent: dict[str, str | None]) -> dict[str, str]:
    """Header names are the same in whatever case."""
    kept = {name.lower(): (name, value) for name, value in stored.items()}
    for name, value in sent.items():
        if value is None:
            kept.pop(name.lower(), None)
        elif value:
            kept[name.lower()] = (name, value)
    if len(kept) > MOST_HEADERS:
        raise Invalid.field("secret_headers", _("At most %(limit)s secret headers.") % {"limit": MOST_HEADERS})
    return dict(kept.values())
