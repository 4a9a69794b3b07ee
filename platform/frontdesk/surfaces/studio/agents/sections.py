"""The parts of an agent's instructions as rows of the form: their order, titles, and texts of the owner's own parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils.translation import gettext as _

from frontdesk.agents.content import AgentContent, Section
from frontdesk.agents.prompt import STANDARD_SECTIONS
from frontdesk.agents.starters import HAND_OVER

# Sections whose text is a field of the form, under the same name.
FIELDS = ("instructions", "products", "qa", HAND_OVER)
# Sections that are filled from other fields; what stands in them besides is kept.
FILLED = ("organisation", "knowledge", "examples", "goal")
KEY = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
MOST = 40


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One part. `own`: its text is typed in the row itself."""

    key: str
    title: str
    enabled: bool
    text: str = ""
    own: bool = False


def titles() -> dict[str, str]:
    """What the standard parts are called where an owner gave no name."""
    return {**{key: _(title) for key, title in STANDARD_SECTIONS}, HAND_OVER: _("Getting a person")}


def rows_of(content: AgentContent) -> list[SectionRow]:
    """All parts: those the owner placed in their order, then the others as they are rendered."""
    placed = [_row(section.key, section.title, section.enabled, section.text) for section in content.sections]
    missing = [_row(key, "", True, "") for key in titles() if key not in {row.key for row in placed}]
    return [*placed, *missing]


def _row(key: str, title: str, enabled: bool, text: str) -> SectionRow:
    own = key not in FIELDS and key not in FILLED
    return SectionRow(key, title or titles().get(key, ""), enabled, text, own)


def new_row() -> SectionRow:
    return SectionRow(f"own_{uuid4().hex[:8]}", "", enabled=True, own=True)


def read_rows(data: QueryDict, base: AgentContent) -> list[SectionRow]:
    """The rows as they were sent: `section`, in order, and for each key its title, whether it is on, and its own text."""
    before = {section.key: section.text for section in base.sections}
    sent = [key for key in dict.fromkeys(data.getlist("section")) if KEY.match(key)][:MOST]
    rows = [
        _row(
            key,
            data.get(f"title-{key}", "").strip()[:200],
            f"on-{key}" in data,
            data.get(f"text-{key}", before.get(key, ""))[:20_000],
        )
        for key in sent
    ]
    return rows or rows_of(base)


def sections_of(rows: list[SectionRow], data: Mapping[str, Any]) -> list[Section]:
    """Rows with the texts of the form's fields. An own part without title and text is dropped."""
    kept = [row for row in rows if not (row.own and not row.title.strip() and not row.text.strip())]
    return [
        Section(key=row.key, title=row.title, enabled=row.enabled, text=data[row.key] if row.key in FIELDS else row.text)
        for row in kept
    ]
