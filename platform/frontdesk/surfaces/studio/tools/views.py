"""Tools: all that an agent may be granted, and the form of the owner's own ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontdesk.agents import queries as agents
from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.plugins.activation import active
from frontdesk.plugins.host import host
from frontdesk.runs import approvals
from frontdesk.tools import actions, catalogue, queries
from frontdesk.tools.http_calls import host_of
from frontdesk.tools.models import HttpTool
from frontdesk.workspaces.permissions import require

from ..page import partial, render, studio_page
from ..request import StudioRequest
from .forms import KINDS, Argument, HttpToolForm

Users = dict[str, list[str]]


def back() -> dict[str, str]:
    return {"url": reverse("studio:tools"), "title": _("Tools")}


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    workspace = request.actor.workspace
    on = active(workspace)
    users = used_by()
    offered = catalogue.available(workspace)
    own = [(tool, host_of(tool.endpoint_url), users.get(tool.grant, [])) for tool in queries.http_tools()]
    return render(
        request,
        "studio/tools/list.html",
        title=_("Tools"),
        own=own,
        ready=[(tool, users.get(tool.id, [])) for tool in offered if tool.plugin and not tool.inner],
        connections=[(row, _count(users, f"{row.source}.{row.uuid}.")) for row in queries.connections()],
        sources=[offer.item for offer in host().offers("tool_sources").values() if offer.plugin in on],
        deleted=list(queries.deleted_http_tools()[:20]),
        waiting=list(approvals.waiting()[:20]),
    )


def used_by() -> Users:
    """Id of a tool → names of the agents that may use it."""
    found: Users = {}
    for agent in agents.agents():
        for tool in agent.content.get("tools", []):
            found.setdefault(tool, []).append(agent.name)
    return found


def _count(users: Users, prefix: str) -> list[str]:
    return sorted({name for tool, names in users.items() if tool.startswith(prefix) for name in names})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("manage_tools")
def new(request: StudioRequest) -> HttpResponse:
    form = HttpToolForm(None, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = actions.create_http_tool(request.actor, form.values())
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(
                request, _("“%(name)s” is ready. Let an agent use it: open the agent, “What may it do?”.") % {"name": made.name}
            )
            return redirect("studio:tools")
    return _page(request, form, title=_("New tool"))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page()
def tool(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.http_tool(uuid)
    form = HttpToolForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.actor, "manage_tools")
        if form.is_valid():
            try:
                actions.change_http_tool(request.actor, found, form.values())
            except FrontdeskError as error:
                blame(form, error)
            else:
                messages.success(request, _("Saved. Agents use it like this from now on."))
                return redirect("studio:tool", uuid)
    return _page(request, form, title=found.name, tool=found, users=used_by().get(found.grant, []))


def _page(request: StudioRequest, form: HttpToolForm, *, title: str, tool: HttpTool | None = None, **more: Any) -> HttpResponse:
    try_url = reverse("studio:tool_try", args=[tool.uuid]) if tool else reverse("studio:tool_try_new")
    context = {"form": form, "tool": tool, "try_url": try_url, "back": back(), **more}
    return render(request, "studio/tools/tool.html", title=title, status=422 if form.errors else 200, **context)


@require_safe
@studio_page("manage_tools")
def argument(request: StudioRequest) -> HttpResponse:
    """An empty line for the end of the list."""
    return partial(request, "studio/tools/argument.html", argument=Argument(), kinds=KINDS, fresh=True)


@require_POST
@sensitive_post_parameters()
@studio_page("manage_tools")
def try_new(request: StudioRequest) -> HttpResponse:
    return _try(request, None)


@require_POST
@sensitive_post_parameters()
@studio_page("manage_tools")
def try_it(request: StudioRequest, uuid: UUID) -> HttpResponse:
    return _try(request, queries.http_tool(uuid))


def _try(request: StudioRequest, found: HttpTool | None) -> HttpResponse:
    """Call the service with what stands in the form, saved or not."""
    form = HttpToolForm(found, request.POST)
    outcome = None
    if form.is_valid():
        form.ask_for_samples()
    if form.is_valid():
        try:
            outcome = actions.try_http_tool(request.actor, form.values(), form.samples(), tool=found)
        except FrontdeskError as error:
            blame(form, error)
    problems = [(form.fields[name].label if name in form.fields else "", " ".join(said)) for name, said in form.errors.items()]
    return partial(request, "studio/tools/tried.html", outcome=outcome, problems=problems)


@require_POST
@studio_page("manage_tools")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Delete it, or bring it back."""
    found = queries.kept_http_tool(uuid)
    match request.POST.get("do", ""):
        case "delete":
            actions.delete_http_tool(request.actor, found)
            messages.success(request, _("“%(name)s” is deleted. You can bring it back for 30 days.") % {"name": found.name})
        case "restore":
            actions.restore_http_tool(request.actor, found)
            messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
        case _unknown:
            raise Malformed
    return redirect("studio:tools")


def blame(form: HttpToolForm, error: FrontdeskError) -> None:
    """Put what an action refused beside the field it is about, or above the form."""
    for problem in error.errors:
        field = problem["field"].partition(".")[0]
        form.add_error(field if field in form.fields else None, problem["message"])
    if not error.errors:
        form.add_error(None, str(error.message))
