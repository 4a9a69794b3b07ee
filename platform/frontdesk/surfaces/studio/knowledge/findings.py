"""Findings as an owner reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from frontdesk.knowledge.health.findings import BY_AI
from frontdesk.knowledge.health.models import Finding

Kind = Finding.Kind
ICONS = {
    Kind.FAILING: "error",
    Kind.CONTRADICTING: "compare_arrows",
    Kind.STALE: "history",
    Kind.DUPLICATE: "content_copy",
    Kind.UNUSED: "bedtime",
}
# In the order of the buttons above the list.
LABELS = {
    Kind.FAILING: gettext_lazy("Could not be learned"),
    Kind.CONTRADICTING: gettext_lazy("Contradicting"),
    Kind.STALE: gettext_lazy("May be out of date"),
    Kind.DUPLICATE: gettext_lazy("Said twice"),
    Kind.UNUSED: gettext_lazy("Never used"),
}
DIFFERENT = {
    "money": gettext_lazy("Two different prices"),
    "time": gettext_lazy("Two different times"),
    "date": gettext_lazy("Two different dates"),
    "year": gettext_lazy("Two different years"),
    "percent": gettext_lazy("Two different shares"),
    "count": gettext_lazy("Two different numbers"),
    "yes_no": gettext_lazy("One says yes, the other no"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A passage, and the other one where two are compared."""

    passage: int
    text: str
    name: str
    other_passage: int | None
    other_text: str
    other_name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`advice` says what to do; `more` how many examples are not shown; `aside` who put it aside."""

    finding: Finding
    icon: str
    title: str
    advice: str
    examples: list[Example]
    more: int
    aside: str


@dataclass(frozen=True, slots=True)
class Filter:
    value: str
    label: Any
    number: int


def filters(counts: dict[str, int], chosen: str) -> list[Filter]:
    """All, and each kind of which there is one, or that is chosen."""
    rows = [Filter(kind.value, label, counts.get(kind, 0)) for kind, label in LABELS.items()]
    return [Filter("", _("All"), sum(counts.values())), *(row for row in rows if row.number or row.value == chosen)]


def shown(finding: Finding) -> Shown:
    title, advice = _words(finding)
    examples = [_example(finding, example) for example in finding.details.get("examples", [])]
    more = max(0, finding.details.get("number", 0) - len(examples)) if examples else 0
    return Shown(finding, ICONS[Kind(finding.kind)], title, advice, examples, more, _aside(finding))


def _aside(finding: Finding) -> str:
    if not finding.dismissed_at:
        return ""
    kind, _colon, name = finding.dismissed_by.partition(": ")
    if kind == BY_AI:
        return _("An AI (%(model)s) looked at both and says that they agree.") % {"model": name}
    return _("%(name)s called this fine.") % {"name": name}


def _example(finding: Finding, example: dict[str, Any]) -> Example:
    return Example(
        passage=example["passage"],
        text=example["text"],
        name=finding.source.name if finding.source else "",
        other_passage=example.get("other_passage"),
        other_text=example.get("other_text", ""),
        other_name=finding.other.name if finding.other else "",
    )


def _words(finding: Finding) -> tuple[str, str]:
    """A title, and what to do."""
    name = finding.source.name if finding.source else ""
    match finding.kind:
        case Kind.FAILING:
            said = finding.source.problem if finding.source else ""
            return _("“%(name)s” could not be learned") % {"name": name}, said
        case Kind.CONTRADICTING:
            title = str(DIFFERENT.get(finding.code, LABELS[Kind.CONTRADICTING]))
            return title, _("Customers may hear either. Correct one of them, or leave it out of answers.")
        case Kind.DUPLICATE:
            return _repeated(finding)
        case Kind.STALE:
            return _stale(finding, name)
    return _unused(finding, name)


def _repeated(finding: Finding) -> tuple[str, str]:
    names = {"one": finding.source.name if finding.source else "", "other": finding.other.name if finding.other else ""}
    number = finding.details.get("number", 1)
    title = ngettext(
        "“%(one)s” and “%(other)s” have a passage in common",
        "“%(one)s” and “%(other)s” have %(n)s passages in common",
        number,
    ) % {**names, "n": number}
    return title, _("When something changes, you would have to change it twice. Delete the one that you do not need.")


def _stale(finding: Finding, name: str) -> tuple[str, str]:
    if finding.code == "link":
        return (
            _("“%(name)s” was not read for a long time") % {"name": name},
            _("Its page may say something else by now. Read it again."),
        )
    if finding.code == "old_file":
        return (
            _("“%(name)s” is an old file") % {"name": name},
            _("See whether it still holds. If there is a newer version, put it in its place."),
        )
    return (
        _("“%(name)s” speaks of a year that is over") % {"name": name},
        _("Prices and hours of an earlier year may be wrong today. Correct them, or say that they still hold."),
    )


def _unused(finding: Finding, name: str) -> tuple[str, str]:
    if finding.source is None:
        return (
            _("No answer has used “%(name)s” for 60 days") % {"name": finding.base.name},
            _("Choose this knowledge in an agent under “What it knows”, or delete it."),
        )
    return (
        _("No answer has used “%(name)s” for 60 days") % {"name": name},
        _("Perhaps nobody asks about it. Ask your knowledge what customers would ask, and see whether it is found."),
    )
