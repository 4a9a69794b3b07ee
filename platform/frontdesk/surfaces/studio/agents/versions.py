"""Earlier versions of an agent: the list, one side by side with what was edited last, and bringing it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from frontdesk.agents import actions, queries
from frontdesk.agents.models import Agent
from frontdesk.knowledge import queries as knowledge
from frontdesk.workspaces.permissions import require

from ..page import render, studio_page
from ..request import StudioRequest


def _back(agent: Agent) -> dict[str, str]:
    return {"url": reverse("studio:agent", args=[agent.uuid]), "title": actions.latest_content(agent).name}


@require_safe
@studio_page()
def listing(request: StudioRequest, uuid: UUID) -> HttpResponse:
    agent = queries.agent_by_uuid(uuid)
    context = {"agent": agent, "versions": queries.versions(agent)}
    return render(request, "studio/agents/versions.html", title=_("Earlier versions"), back=_back(agent), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@studio_page()
def compare(request: StudioRequest, uuid: UUID, version: int) -> HttpResponse:
    agent = queries.agent_by_uuid(uuid)
    if request.method == "POST":
        require(request.actor, "edit_agents")
        actions.bring_back(request.actor, agent, version)
        messages.success(request, _("This version is live again."))
        return redirect("studio:agent", agent.uuid)
    earlier = queries.version_content(agent, version)
    names = {base.uuid: base.name for base in knowledge.bases()}
    shown = next((each for each in queries.versions(agent) if each.id == version), None)
    return render(
        request,
        "studio/agents/version.html",
        title=_("Then and now"),
        back={"url": reverse("studio:agent_versions", args=[agent.uuid]), "title": _("Earlier versions")},
        agent=agent,
        version=version,
        shown=shown,
        differences=queries.compare(earlier, actions.latest_content(agent), names=names),
    )
