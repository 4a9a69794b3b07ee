"""A pydantic model as a Django form."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, SecretStr

from frontdesk.core.errors import FrontdeskError
from frontdesk.sdk.forms import ShownWhen
from frontdesk.workspaces.models import Workspace

from .controls import control
from .spec import Spec, specs

EMPTY = ("", None)


@dataclass(frozen=True, slots=True)
class Condition:
    """Shown while the control `name` of the page has one of `values` (JSON, as the page's script compares them)."""

    name: str
    values: str


@dataclass(frozen=True, slots=True)
class Row:
    """A field to draw, or a group of them: `rows` is empty for a field, `field` is None for a group."""

    name: str
    field: BoundField | None = None
    title: str = ""
    help: str = ""
    rows: tuple[Row, ...] = ()
    condition: Condition | None = None


class SchemaForm(forms.Form):
    """The fields of `model`, named "own-<field>" on the page so that none is mistaken for the page's own.

    `initial` are settings as they are stored, `kept_secrets` the names of the secrets that are; those are never shown.
    It checks what a browser can send; the model itself is checked by the action that takes `values`, whose `Invalid`
    goes to `add_errors`.
    """

    def __init__(
        self,
        model: type[BaseModel],
        data: QueryDict | None = None,
        *,
        workspace: Workspace,
        initial: Mapping[str, Any] | None = None,
        kept_secrets: Collection[str] = (),
    ) -> None:
        self._model = model
        self._specs = {spec.name: spec for spec in _flat(model)}
        self._groups = {spec.name: spec for spec in specs(model) if spec.nested}
        super().__init__(data, prefix="own", initial=dict(_starting(self._specs, initial or {})))
        for name, spec in self._specs.items():
            self.fields[name] = control(spec, workspace, now=self.initial.get(name), kept=name in kept_secrets)

    def clean(self) -> dict[str, Any]:
        """What is not shown is not asked for."""
        for name in self.fields:
            if not self._shown(name):
                self._errors.pop(name, None)
                self.cleaned_data.pop(name, None)
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        """For an action: nested as the model is, without what was left empty."""
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value in EMPTY:
                continue
            group, dot, field = name.rpartition(".")
            (found.setdefault(group, {}) if dot else found)[field] = value
        return found

    def add_errors(self, error: FrontdeskError) -> None:
        """Put what an action refused beside the fields it is about, or above the form."""
        for problem in error.errors:
            self.add_error(self._field_of(problem["field"]), problem["message"])
        if not error.errors:
            self.add_error(None, str(error.message))

    @property
    def rows(self) -> list[Row]:
        """What the template draws."""
        return [self._group(spec) if spec.nested else self._row(spec) for spec in specs(self._model)]

    def _group(self, spec: Spec) -> Row:
        inside = tuple(self._row(each) for each in specs(spec.nested, spec.name)) if spec.nested else ()
        return Row(spec.name, title=spec.title, help=spec.help, rows=inside, condition=self._condition(spec))

    def _row(self, spec: Spec) -> Row:
        field = self[spec.name]
        if spec.kind is SecretStr and self.is_bound and self.data.get(field.html_name):
            field.help_text = _("Type it again: what is secret is never sent back to a page.")
        return Row(spec.name, field, condition=self._condition(spec))

    def _condition(self, spec: Spec) -> Condition | None:
        mark = spec.mark(ShownWhen)
        if mark is None:
            return None
        return Condition(self.add_prefix(_beside(spec.name, mark.field)), json.dumps([_plain(value) for value in mark.values]))

    def _shown(self, name: str) -> bool:
        group = name.rpartition(".")[0]
        return all(self._holds(spec) for spec in (self._specs[name], self._groups.get(group)) if spec is not None)

    def _holds(self, spec: Spec) -> bool:
        mark = spec.mark(ShownWhen)
        if mark is None:
            return True
        return _plain(self.cleaned_data.get(_beside(spec.name, mark.field), "")) in {_plain(value) for value in mark.values}

    def _field_of(self, path: str) -> str | None:
        """ "tags.0" is about the field "tags"; None when it is about none."""
        while path and path not in self.fields:
            path = path.rpartition(".")[0]
        return path or None


def in_one_line(form: forms.Form) -> str:
    """What is wrong with a form, for where it is not drawn again: "API key: This field is required."."""
    said = [
        " ".join(texts) if name == NON_FIELD_ERRORS else f"{form.fields[name].label}: {' '.join(texts)}"
        for name, texts in form.errors.items()
    ]
    return " ".join(said)


def _flat(model: type[BaseModel]) -> Iterator[Spec]:
    """All fields, those of nested models in the place of these."""
    for spec in specs(model):
        yield from specs(spec.nested, spec.name) if spec.nested else (spec,)


def _starting(found: Mapping[str, Spec], stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What stands in the form at first: what is stored, else the model's default; never a secret."""
    for name, spec in found.items():
        if spec.kind is SecretStr:
            continue
        value: Any = stored
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        value = spec.default if value is None else value
        yield name, [_bare(each) for each in value] if spec.many and value is not None else _bare(value)


def _beside(name: str, other: str) -> str:
    """The other field of the same model."""
    group, dot, _field = name.rpartition(".")
    return f"{group}{dot}{other}"


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _plain(value: Any) -> str:
    """A value as the page's script sees it."""
    value = _bare(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
