"""What a look at a base found, and keeping it in rows: what is there again keeps its row, what is not goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..models import KnowledgeBase
from .models import Finding

Kind = Finding.Kind
# Who put a finding aside that a model ruled out, as the audit names people: "AI: openai:gpt-5".
BY_AI = "AI"


@dataclass(frozen=True, slots=True)
class Found:
    """`about`: what tells this finding from others, with the content that it is about."""

    kind: Kind
    code: str
    about: tuple[object, ...]
    source: int | None = None
    other: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    weight: float = 0.0

    @property
    def fingerprint(self) -> str:
        return sha256("\x1f".join(map(str, (self.kind, self.code, *self.about))).encode()).hexdigest()


@transaction.atomic
def keep(base: KnowledgeBase, found: Iterable[Found], kinds: Sequence[Kind]) -> None:
    """Make the rows of these kinds what was found. One that was dismissed stays dismissed while its content stays."""
    fresh = {each.fingerprint: each for each in found}
    rows = {row.fingerprint: row for row in Finding.objects.select_for_update(of=("self",)).filter(base=base, kind__in=kinds)}
    Finding.objects.filter(pk__in=[row.pk for print_, row in rows.items() if print_ not in fresh]).delete()
    changed = []
    for print_, row in rows.items():
        if print_ in fresh and (row.details, row.weight) != (fresh[print_].details, fresh[print_].weight):
            if "verdict" not in row.details and row.dismissed_at is None:
                row.dismissed_at, row.dismissed_by = _ruled_out(fresh[print_])
            row.details, row.weight = fresh[print_].details, fresh[print_].weight
            changed.append(row)
    Finding.objects.bulk_update(changed, ["details", "weight", "dismissed_at", "dismissed_by"], batch_size=500)
    made = [_row(base, each, print_) for print_, each in fresh.items() if print_ not in rows]
    Finding.objects.bulk_create(made, batch_size=500, ignore_conflicts=True)


def _ruled_out(found: Found) -> tuple[datetime | None, str]:
    """When and by whom, if a model said that there is nothing to see (`second_look`)."""
    if found.details.get("verdict") != "agree":
        return None, ""
    return timezone.now(), f"{BY_AI}: {found.details['by']}"[:200]


def _row(base: KnowledgeBase, found: Found, fingerprint: str) -> Finding:
    dismissed_at, dismissed_by = _ruled_out(found)
    return Finding(
        workspace_id=base.workspace_id,
        base=base,
        kind=found.kind,
        code=found.code,
        source_id=found.source,
        other_id=found.other,
        details=found.details,
        weight=found.weight,
        fingerprint=fingerprint,
        dismissed_at=dismissed_at,
        dismissed_by=dismissed_by,
    )


@transaction.atomic
def keep_one(base: KnowledgeBase, found: Found) -> None:
    """Add one that was just found, in the place of what its source had of this kind."""
    Finding.objects.filter(base=base, kind=found.kind, source=found.source).exclude(fingerprint=found.fingerprint).delete()
    Finding.objects.bulk_create([_row(base, found, found.fingerprint)], ignore_conflicts=True)
