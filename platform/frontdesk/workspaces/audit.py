"""Who did what: one line for every action, readable by the owner."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from .models import AuditEntry
from .permissions import Actor


def record(actor: Actor, verb: str, target: Any = "", **data: Any) -> AuditEntry:
    """Write a line, in the caller's transaction. `verb` is "thing.happened"; `data` is small and holds no secrets."""
    name = f"{target._meta.model_name} {target.pk}: {target}" if isinstance(target, models.Model) else str(target)
    plain = {key: _plain(value) for key, value in data.items()}
    return AuditEntry.objects.create(
        workspace=actor.workspace, actor=f"{actor.kind}: {actor.name}"[:200], verb=verb, target=name[:200], data=plain
    )


def _plain(value: Any) -> Any:
    """Dates, ids and lazy words as JSON has them."""
    return value if isinstance(value, str | int | float | bool | None | list | dict) else DjangoJSONEncoder().default(value)
