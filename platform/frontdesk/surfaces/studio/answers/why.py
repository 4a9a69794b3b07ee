"""Why an answer is what it is, read from the journal of its run and said in an owner's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from frontdesk.providers import registry
from frontdesk.runs import events as kinds
from frontdesk.runs import journal
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run

from .sides import Side, best_scores, confidence_in_words, sides


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """`link` leads to the passage as the AI sees it."""

    n: int
    title: str
    place: str
    link: str
    quote: str
    used: bool
    sides: list[Side]


@dataclass(slots=True)
class ToolUse:
    name: str
    arguments: str
    result: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What all calls of one model used together."""

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    problems: list[str]


@dataclass(slots=True)
class Why:
    """Everything that went into one answer. `seconds` is None while it is being written."""

    question: str
    searched: str = ""
    passages: list[FoundPassage] = field(default_factory=list)
    confidence: str = ""
    tools: list[ToolUse] = field(default_factory=list)
    models: list[ModelUse] = field(default_factory=list)
    cost_usd: float = 0.0
    seconds: float | None = None
    cause: str = ""
    answered: bool = False


def why(run: Run) -> Why:
    """Read a run's journal."""
    events = journal.read(run)
    found = _last(events, kinds.SOURCES)
    used = {source["n"] for source in _last(events, kinds.MESSAGE).get("sources", [])}
    models = _models(events)
    items = found.get("items", [])
    best = best_scores(item["scores"] for item in items)
    return Why(
        question=run.task.get("question", ""),
        searched=_searched(found),
        passages=[_passage(item, used, best) for item in items],
        confidence=_confidence(found, bool(run.task.get("content", {}).get("knowledge")), bool(used)),
        tools=_tools(events),
        models=models,
        cost_usd=sum(model.cost_usd for model in models),
        seconds=(run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None,
        cause=run.cause,
        answered=bool(_last(events, kinds.MESSAGE)),
    )


def _last(events: Sequence[RunEvent], kind: str) -> dict[str, Any]:
    return next((event.data for event in reversed(events) if event.type == kind), {})


def _searched(found: dict[str, Any]) -> str:
    if not found.get("searched"):
        return ""
    said = {
        "leans": _("The question leans on what was said before, so the AI put it in full to look for it: “%(question)s”"),
        "language": _("Your knowledge is in another language, so the AI looked for the question in that one: “%(question)s”"),
    }
    return said[found["reason"]] % {"question": found["searched"]}


def _passage(item: dict[str, Any], used: set[int], best: dict[str, float]) -> FoundPassage:
    return FoundPassage(
        n=item["n"],
        title=item["title"],
        place=item["place"],
        link=reverse("studio:passage", args=[item["passage_id"]]),
        quote=item["quote"],
        used=item["n"] in used,
        sides=sides(item["scores"], best),
    )


def _confidence(found: dict[str, Any], asked: bool, cited: bool) -> str:
    if not asked:
        return _("This agent has no knowledge to look in.")
    return confidence_in_words(found.get("confidence"), found=bool(found.get("items")), cited=cited)


def _tools(events: Iterable[RunEvent]) -> list[ToolUse]:
    uses: dict[str, ToolUse] = {}
    for event in events:
        data = event.data
        if event.type == kinds.TOOL_CALLED:
            uses[data["id"]] = ToolUse(data["name"], data["arguments"])
        elif event.type == kinds.TOOL_RETURNED and data["id"] in uses:
            uses[data["id"]].result, uses[data["id"]].problem = data.get("result", ""), data.get("problem", "")
    return list(uses.values())


def _models(events: Iterable[RunEvent]) -> list[ModelUse]:
    calls: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.type == kinds.USAGE:
            calls.setdefault(_model_name(event.data), []).append(event.data)
    return [
        ModelUse(
            name=name,
            calls=len(rows),
            input_tokens=sum(row["input_tokens"] for row in rows),
            output_tokens=sum(row["output_tokens"] for row in rows),
            cost_usd=sum(row["cost_usd"] for row in rows),
            problems=[row["problem"] for row in rows if row["problem"]],
        )
        for name, rows in calls.items()
    ]


def _model_name(used: dict[str, Any]) -> str:
    """ "OpenAI · gpt-5-mini"; the slug of a provider that is no longer installed."""
    provider = registry.provider_classes().get(used["provider"])
    return " · ".join(part for part in (provider.label if provider else used["provider"], used["model"]) if part)
