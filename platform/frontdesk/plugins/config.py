"""Settings as a pydantic model: which fields are secret, and filling it in without losing the secrets that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from pydantic import BaseModel, SecretStr, ValidationError

from frontdesk.core.errors import Invalid
from frontdesk.sdk.forms import server_fields

from .mistakes import sentence

LONGEST = 50_000


def secret_fields(model: type[BaseModel]) -> set[str]:
    """Names of the fields that are secrets."""
    return {name for name, field in model.model_fields.items() if _holds_secret(field.annotation)}


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_holds_secret(argument) for argument in getattr(annotation, "__args__", ()))


def split(
    model: type[BaseModel], values: Mapping[str, Any], *, kept: Mapping[str, str], before: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values of a form as (settings, secrets), checked by the model. A secret left empty keeps what is in `kept`.

    `before` are the settings that the kept secrets were entered for: where an address leads to another server by now, they are
    asked for again, or whoever may change the address could have them sent to a server of their own.
    Raises Invalid with one entry a field.
    """
    for name, value in values.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise Invalid.field(name, _("This is too long. At most %(limit)s characters.") % {"limit": LONGEST})
    secret = secret_fields(model)
    settings = {name: value for name, value in values.items() if name not in secret and value not in ("", None)}
    secrets = {name: str(value) for name, value in kept.items() if name in secret}
    # A line break that was pasted along makes a header that libraries refuse, with the header in the error.
    secrets |= {name: str(value).strip("\r\n\x00 ") for name, value in values.items() if name in secret and value}
    try:
        checked = model.model_validate({**settings, **secrets})
    except ValidationError as error:
        raise invalid(error) from error
    plain = checked.model_dump(mode="json", exclude=secret)
    if before is not None and _leads_elsewhere(model, before, plain):
        _refuse_kept([name for name in secrets if not values.get(name)])
    return plain, secrets


def _leads_elsewhere(model: type[BaseModel], before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a web address among the settings is at another origin than it was, or a server is another one."""
    connected = server_fields(model)
    for name, value in now.items():
        was = before.get(name, model.model_fields[name].get_default(call_default_factory=True))
        if _origin(was) != _origin(value) or (name in connected and value and was != value):
            return True
    return False


def _origin(value: Any) -> tuple[str, str]:
    if not isinstance(value, str) or "://" not in value:
        return "", ""
    try:
        parts = urlsplit(value.strip().lower())
    except ValueError:
        return value, ""
    return parts.scheme, parts.netloc.rpartition("@")[2]


def _refuse_kept(names: list[str]) -> None:
    if names:
        message = _("The address is another one now. Enter this again, so that it is sent there only if you want that.")
        raise Invalid(_("Some fields need another value."), errors=[{"field": name, "message": message} for name in names])


def invalid(error: ValidationError) -> Invalid:
    """The same for the reader of a form: one entry a field, in plain words."""
    fields = [
        {"field": ".".join(map(str, problem["loc"])), "message": sentence(problem)}
        for problem in error.errors(include_url=False, include_input=False)
    ]
    return Invalid(_("Some fields need another value."), errors=fields)
