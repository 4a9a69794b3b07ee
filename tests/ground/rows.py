"""A row of any business model, in any workspace: what a field must have is made up from its type."""

from __future__ import annotations

import itertools
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

_numbers = itertools.count(1)
VALUES: list[tuple[type[models.Field], Any]] = [
    (models.EmailField, lambda field, n: f"row{n}@example.org"),
    (models.UUIDField, lambda field, n: None),
    (models.CharField, lambda field, n: field.choices[0][0] if field.choices else f"row{n}"[: field.max_length]),
    (models.TextField, lambda field, n: f"row {n}"),
    (models.DateTimeField, lambda field, n: timezone.now()),
    (models.DateField, lambda field, n: timezone.now().date()),
    (models.JSONField, lambda field, n: {}),
    (models.IntegerField, lambda field, n: n),
    (models.FloatField, lambda field, n: float(n)),
    (models.BinaryField, lambda field, n: b""),
]


# Values that must be more than of the right type.
MEANT: dict[str, dict[str, Any]] = {"agents.Agent": {"content": {"name": "Row"}}}


def make_row(model: type[models.Model], workspace: Any, **given: Any) -> Any:
    """A new row in the workspace; where there can be only one, the one there is. The workspace must be in scope."""
    values = {field.name: _value(field, workspace) for field in model._meta.concrete_fields if _needed(field)}
    values |= MEANT.get(model._meta.label, {}) | given
    try:
        with transaction.atomic():
            return model._default_manager.create(**values)
    except IntegrityError:
        return model._default_manager.get()


def _needed(field: models.Field) -> bool:
    return not (field.primary_key or field.null or field.has_default() or field.blank or getattr(field, "auto_now", False)
                or getattr(field, "auto_now_add", False))  # fmt: skip


def _value(field: models.Field, workspace: Any) -> Any:
    if field.is_relation:
        label = field.related_model._meta.label
        if label == "workspaces.Workspace":
            return workspace
        if label == "workspaces.User":
            return field.related_model.objects.create(email=f"row{next(_numbers)}@example.org")
        return make_row(field.related_model, workspace)
    for kind, make in VALUES:
        if isinstance(field, kind):
            return make(field, next(_numbers))
    raise TypeError(f"{field} has a type that tests/ground/rows.py does not know: add it to VALUES")
