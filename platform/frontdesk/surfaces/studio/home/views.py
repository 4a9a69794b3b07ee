"""Home: what is going on today, what to do first, and the cards that the owner chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.agents import queries as agents
from frontdesk.agents.models import Agent
from frontdesk.channels import queries as channels
from frontdesk.conversations import queries as conversations
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.health import queries as health
from frontdesk.runs import queries as runs

from ..page import render, studio_page
from ..request import StudioRequest
from .cards import slots

RECENT = 6
AGENTS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A first step. `url` is empty where there is nothing to open yet."""

    title: str
    why: str
    url: str
    done: bool


@studio_page()
def home(request: StudioRequest) -> HttpResponse:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = list(agents.agents().select_related("latest_revision"))
    steps = _first_steps(mine) if request.actor.may("edit_agents") else []
    return render(
        request,
        "studio/home/home.html",
        title=_("Home"),
        numbers=conversations.numbers_since(midnight),
        slots=[slot for slot in slots(request.actor.workspace) if not slot.off],
        steps=[] if all(step.done for step in steps) else steps,
        steps_done=sum(step.done for step in steps),
        amiss=health.counts(),
        recent=conversations.conversations()[:RECENT],
        agents=mine[:AGENTS],
        more_agents=max(0, len(mine) - AGENTS),
    )


def _first_steps(mine: list[Agent]) -> list[Step]:
    agent = reverse("studio:agent", args=[mine[0].uuid]) if mine else reverse("studio:agent_new")
    rows: list[tuple[Any, Any, str, bool]] = [
        (
            _("Add what you know"),
            _("A menu, a price list, a page of your website: the agent answers from it."),
            reverse("studio:knowledge"),
            knowledge.bases().filter(sources__state="ready").exists(),
        ),
        (_("Try your agent"), _("Ask what customers ask. Nobody else sees it."), agent, runs.ever_tried()),
        (_("Put it live"), _("From then on it may answer customers."), agent, any(each.live for each in mine)),
        (
            _("Put the chat on your website"),
            _("Copy one line into your page, or share a link."),
            reverse("studio:channels"),
            channels.channels().exists(),
        ),
    ]
    return [Step(*row) for row in rows]
