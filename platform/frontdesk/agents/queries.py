"""Reading agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .content import AgentContent
from .errors import AgentNotFound, NobodyLive, VersionNotFound
from .models import Agent

# How long a deleted agent can be brought back.
KEPT_DAYS = 30


def agents(*, archived: bool = False) -> QuerySet[Agent]:
    """The workspace's agents, the last changed first."""
    rows = Agent.objects.filter(deleted_at=None, archived_at__isnull=not archived)
    return rows.select_related("workspace").order_by("-updated_at", "-id")


def live_agents() -> QuerySet[Agent]:
    """Those that customers may talk to."""
    return agents().filter(live=True)


def deleted_agents() -> QuerySet[Agent]:
    """Those that can still be brought back, the last deleted first."""
    since = timezone.now() - timedelta(days=KEPT_DAYS)
    return Agent.objects.filter(deleted_at__gte=since).order_by("-deleted_at")


def agent_by_uuid(uuid: UUID | str) -> Agent:
    """Raises AgentNotFound, also for an agent of another workspace and for what is no uuid."""
    return _one(uuid=_as_uuid(uuid))


def agent_by_id(pk: int) -> Agent:
    return _one(pk=pk)


def first_live(uuid: UUID | None = None) -> Agent:
    """The agent named, else the one that went live first: who answers where a program names none. Raises NobodyLive."""
    if uuid is not None:
        return agent_by_uuid(uuid)
    rows = Agent.objects.select_related("workspace", "latest_revision").filter(deleted_at=None, archived_at=None, live=True)
    found = rows.order_by("pk").first()
    if found is None:
        raise NobodyLive()
    return found


def _one(**lookup: Any) -> Agent:
    agent = Agent.objects.select_related("workspace", "latest_revision").filter(deleted_at=None, **lookup).first()
    if agent is None:
        raise AgentNotFound()
    return agent


def _as_uuid(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise AgentNotFound() from None


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier state of an agent, for a list."""

    id: int
    created_at: datetime
    by: str
    live: bool


def versions(agent: Agent, *, limit: int = 50) -> list[Version]:
    """Newest first."""
    rows = agent.revisions.select_related("user").order_by("-id")[:limit]
    return [Version(row.pk, row.created_at, str(row.user or ""), row.pk == agent.live_revision_id) for row in rows]


def version_content(agent: Agent, version_id: int) -> AgentContent:
    revision = agent.revisions.filter(pk=version_id).first()
    if revision is None:
        raise VersionNotFound()
    return AgentContent.model_validate(revision.content["content"])


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two versions have differently, as runs of (kind, text): "same", "gone" or "new"."""

    label: str
    words: tuple[tuple[str, str], ...]


def compare(before: AgentContent, after: AgentContent, *, names: Mapping[UUID, str] | None = None) -> list[Difference]:
    """What changed, word by word, field by field; equal fields are left out. `names` are those of the knowledge bases."""
    old, new = _as_texts(before, names or {}), _as_texts(after, names or {})
    labels = list(dict.fromkeys([*old, *new]))
    pairs = ((label, old.get(label, ""), new.get(label, "")) for label in labels)
    return [Difference(label, _words(left, right)) for label, left, right in pairs if left != right]


def _as_texts(content: AgentContent, names: Mapping[UUID, str]) -> dict[str, str]:
    choice = content.choice
    texts = {
        _("Name"): content.name,
        _("Organisation"): content.organisation_name,
        _("About the organisation"): content.organisation_description,
        _("Goal"): content.goal,
        _("Greeting"): content.greeting,
        _("Suggested questions"): "\n".join(content.suggestions),
        _("Knowledge"): "\n".join(names.get(uuid, str(uuid)) for uuid in content.knowledge),
        _("Model"): f"{choice.provider} {choice.model}".strip(),
        _("Temperature"): "" if choice.temperature is None else str(choice.temperature),
        _("Longest answer"): str(choice.max_tokens or ""),
        **_about_people(content),
    }
    for section in content.sections:
        label = section.title or section.key
        text = section.text if section.enabled else ""
        texts[label] = "\n".join(part for part in (texts.get(label, ""), text) if part)  # "Goal" is a field and a section
    return texts


def _about_people(content: AgentContent) -> dict[str, str]:
    """When a person takes over, and how long the agent waits for a question."""
    rules = content.handover
    when = [
        _("The agent may ask for a person by itself") if rules.by_agent else "",
        _("The customer asks for a person") if rules.asked else "",
        _("The customer sounds upset") if rules.upset else "",
        _("The agent finds no answer %(n)s times in a row") % {"n": rules.unanswered} if rules.unanswered else "",
        _("The customer asks the same thing %(n)s times") % {"n": rules.repeated} if rules.repeated else "",
        *rules.topics,
    ]
    waits = _("Together, after %(n)s seconds") % {"n": content.wait_seconds} if content.together else _("Each message by itself")
    return {
        _("A person takes over"): "\n".join(each for each in when if each),
        _("What the customer is told then"): "\n".join(each for each in (rules.say, rules.say_closed) if each),
        _("Several messages"): waits,
    }


def _words(before: str, after: str) -> tuple[tuple[str, str], ...]:
    left, right = before.split(), after.split()
    runs: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("same", " ".join(left[a:b])))
        else:
            runs += [(name, " ".join(words)) for name, words in (("gone", left[a:b]), ("new", right[c:d])) if words]
    return tuple(runs)
