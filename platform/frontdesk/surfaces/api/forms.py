"""Bodies that are JSON, or a plain HTML form: programs written for the support document post forms."""

from __future__ import annotations

from typing import Any, TypeVar, get_origin

from django.http import HttpRequest, QueryDict
from ninja import Schema
from pydantic import ValidationError

from frontdesk.core.errors import Invalid

from .parser import read_body, refuse_nul

FORM = "application/x-www-form-urlencoded"
Body = TypeVar("Body", bound=Schema)


def json_or_form(schema: type[Schema]) -> dict[str, Any]:
    """For an operation's `openapi_extra`."""
    shape = {"schema": schema.json_schema()}
    return {"requestBody": {"required": True, "content": {"application/json": shape, FORM: shape}}}


def read(request: HttpRequest, schema: type[Body]) -> Body:
    """The body of a request, on any method. Raises as `read_body` does."""
    if request.content_type != FORM:
        return read_body(request, schema)
    return read_form(QueryDict(request.body, encoding="utf-8"), schema)


def read_form(sent: QueryDict, schema: type[Body]) -> Body:
    """The fields of a form. Raises Malformed for a NUL, and Invalid."""
    refuse_nul([[name, *values] for name, values in sent.lists()])
    many = {name for name, field in schema.model_fields.items() if get_origin(field.annotation) is list}
    data = {name: sent.getlist(name) if name in many else sent[name] for name in sent}
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        wrong = [{"field": ".".join(map(str, problem["loc"])), "message": problem["msg"]} for problem in error.errors()]
        raise Invalid(errors=wrong) from error
