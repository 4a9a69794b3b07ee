"""The agents of a workspace: the list, a new one, and putting one away, copying, deleting and bringing it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontdesk.agents import actions, queries
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.agents.starters import start_content
from frontdesk.conversations import queries as conversations
from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.knowledge import queries as knowledge

from ..accounts.forms import blame
from ..page import render, studio_page
from ..request import StudioRequest
from .forms import NewAgentForm


@dataclass(frozen=True, slots=True)
class Card:
    """An agent in the list. `knows` are names of its knowledge bases, `week` its conversations of the last seven days."""

    agent: Agent
    content: AgentContent
    knows: list[str]
    week: int


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    return render(
        request,
        "studio/agents/list.html",
        title=_("Agents"),
        cards=_cards(list(queries.agents().select_related("latest_revision"))),
        put_away=list(queries.agents(archived=True).select_related("latest_revision")),
        deleted=list(queries.deleted_agents()),
    )


def _cards(rows: list[Agent]) -> list[Card]:
    names = {base.uuid: base.name for base in knowledge.bases()}
    counts = conversations.count_by_agent(timezone.now() - timedelta(days=7))
    contents = [agent.read_content() if agent.live else actions.latest_content(agent) for agent in rows]
    return [
        Card(agent, content, [names[uuid] for uuid in content.knowledge if uuid in names], counts.get(agent.pk, 0))
        for agent, content in zip(rows, contents, strict=True)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@studio_page("edit_agents")
def new(request: StudioRequest) -> HttpResponse:
    form = NewAgentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return redirect("studio:agent", actions.create_agent(request.actor, _first_content(request, form)).uuid)
        except FrontdeskError as error:
            blame(form, error)
    back = {"url": reverse("studio:agents"), "title": _("Agents")}
    return render(
        request, "studio/agents/new.html", title=_("New agent"), form=form, back=back, status=422 if form.errors else 200
    )


def _first_content(request: StudioRequest, form: NewAgentForm) -> AgentContent:
    """A workspace with one knowledge base has no choice to make."""
    bases = list(knowledge.bases()[:2])
    data = form.cleaned_data
    return start_content(
        data["name"],
        starter=data["starter"],
        about=data["about"],
        organisation=request.actor.workspace.name,
        knowledge=[base.uuid for base in bases] if len(bases) == 1 else [],
    )


@require_POST
@studio_page("edit_agents")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One of the small changes, named by the button `do`."""
    do = request.POST.get("do", "")
    if do == "restore":
        agent = actions.restore_deleted(request.actor, uuid)
        messages.success(request, _("“%(name)s” is back.") % {"name": agent.name})
        return redirect("studio:agents")
    agent = queries.agent_by_uuid(uuid)
    said = {"name": agent.name}
    match do:
        case "duplicate":
            copy = actions.duplicate(request.actor, agent)
            messages.success(request, _("This is the copy. The original is as it was."))
            return redirect("studio:agent", copy.uuid)
        case "put_away":
            actions.archive(request.actor, agent, archived=True)
            messages.success(request, _("“%(name)s” is put away and answers nobody.") % said)
        case "take_out":
            actions.archive(request.actor, agent, archived=False)
            messages.success(request, _("“%(name)s” is back.") % said)
        case "take_offline":
            actions.take_offline(request.actor, agent)
            messages.success(request, _("“%(name)s” answers no customers until you put it live again.") % said)
            return redirect("studio:agent", agent.uuid)
        case "delete":
            actions.delete_agent(request.actor, agent)
            messages.success(request, _("“%(name)s” is deleted. You can bring it back for 30 days.") % said)
            return redirect(f"{reverse('studio:agents')}?deleted=1")
        case _unknown:
            raise Malformed
    return redirect("studio:agents")
