"""Reading bodies: strict JSON, the right content type, and no NUL characters, which PostgreSQL cannot store."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.parser import Parser
from pydantic import ValidationError

from frontdesk.core.errors import Invalid, Malformed, WrongMediaType

MULTIPART = "multipart/form-data"
FORMS = (MULTIPART, "application/x-www-form-urlencoded")
Body = TypeVar("Body", bound=Schema)


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Raises WrongMediaType for a body that says it is something else, Malformed for one that is not JSON."""
        kind = request.content_type
        # None: a JSON part of a multipart body, which ninja hands over as a request of its own.
        if kind is not None and kind != "application/json" and not kind.endswith("+json"):
            raise WrongMediaType(_("Send JSON, with the header Content-Type: application/json."))
        try:
            data = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Malformed(_("The body is not valid JSON: %(problem)s.") % {"problem": error}) from error
        if b"\\u0000" in request.body:
            refuse_nul(data)
        return data

    def parse_querydict(self, data: MultiValueDict, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        if data is not request.GET and request.headers.get("Content-Length", "0") != "0" and request.content_type not in FORMS:
            raise WrongMediaType(_("Send a form, with the header Content-Type: multipart/form-data."))
        refuse_nul([value for _name, values in data.lists() for value in values])
        return super().parse_querydict(data, list_fields, request)


def read_body(request: HttpRequest, schema: type[Body]) -> Body:
    """The JSON body of an operation that takes several content types. Raises as `StrictParser` does, and Invalid."""
    data = StrictParser().parse_body(request)
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        wrong = [{"field": ".".join(map(str, problem["loc"])) or "body", "message": problem["msg"]} for problem in error.errors()]
        raise Invalid(errors=wrong) from error


def refuse_nul(value: Any) -> None:
    """Raises Malformed for a NUL anywhere in a JSON value. Not recursive: the sender chooses how deep it is."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and "\x00" in item:
            raise Malformed(_("Text must not contain the NUL character."))
