"""The agent editor: one form, two ways to keep it, and what the AI will be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontdesk.agents import actions, prompt, queries
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.core.errors import FrontdeskError
from frontdesk.providers import catalogue

from ..accounts.forms import blame
from ..page import partial, render, studio_page, toast
from ..request import StudioRequest
from .forms import AgentForm
from .sections import new_row


@require_http_methods(["GET", "HEAD", "POST"])
@studio_page()
def edit(request: StudioRequest, uuid: UUID) -> HttpResponse:
    agent = queries.agent_by_uuid(uuid)
    if request.method == "POST":
        return _save(request, agent)
    base = actions.latest_content(agent)
    back = {"url": reverse("studio:agents"), "title": _("Agents")}
    return render(
        request,
        "studio/agents/edit.html",
        title=base.name,
        back=back,
        content=base,
        **_context(agent, AgentForm(agent.workspace, base)),
    )


def _context(agent: Agent, form: AgentForm) -> dict[str, Any]:
    return {"agent": agent, "form": form, "version": agent.latest_revision_id}


def _save(request: StudioRequest, agent: Agent) -> HttpResponse:
    form = _posted(request, agent)
    content = form.content()
    live = request.POST.get("do") == "live"
    if content is not None and _is_newest(request, agent, form):
        try:
            (actions.put_live if live else actions.save_for_later)(request.actor, agent, content)
        except FrontdeskError as error:
            if not error.errors:
                raise
            blame(form, error)
    if form.errors:
        return partial(request, "studio/agents/form.html", status=422, dirty=True, **_context(agent, form))
    agent = queries.agent_by_uuid(agent.uuid)
    response = partial(
        request, "studio/agents/saved.html", **_context(agent, AgentForm(agent.workspace, actions.latest_content(agent)))
    )
    said = _("Live. Customers get this from now on.") if live else _("Saved for later. Customers do not see it yet.")
    return toast(response, said)


def _posted(request: StudioRequest, agent: Agent) -> AgentForm:
    """The form as it stands on the screen."""
    return AgentForm(agent.workspace, actions.latest_content(agent), request.POST)


def _is_newest(request: StudioRequest, agent: Agent, form: AgentForm) -> bool:
    """Whether the form began from the newest version; if not, saving again puts it over the other one."""
    if request.POST.get("version", "") == str(agent.latest_revision_id):
        return True
    form.add_error(
        None, _("Somebody saved this agent meanwhile. Look at the earlier versions, or save again to put yours over it.")
    )
    return False


@require_safe
@studio_page("edit_agents")
def new_part(request: StudioRequest) -> HttpResponse:
    """An empty part of the instructions, for the end of the list."""
    return partial(request, "studio/agents/part.html", row=new_row(), fresh=True)


@require_POST
@studio_page()
def instructions(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """All that the AI is told, as the form stands on the screen."""
    agent = queries.agent_by_uuid(uuid)
    form = _posted(request, agent)
    content: AgentContent | None = form.content()
    return partial(request, "studio/agents/instructions.html", text=prompt.render(content) if content else "")


@require_POST
@studio_page("edit_agents")
def models(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Ask the providers what they offer; what is chosen on the screen stays chosen."""
    agent = queries.agent_by_uuid(uuid)
    problems = catalogue.refresh(request.actor)
    form = _posted(request, agent)
    response = partial(request, "studio/agents/model.html", agent=agent, form=form)
    if problems:
        said = " ".join(f"{label}: {cause}" for label, cause in problems.items())
        return toast(response, _("Not every provider answered. %(problems)s") % {"problems": said}, kind="bad")
    return toast(response, _("These are the models that your providers offer."))
