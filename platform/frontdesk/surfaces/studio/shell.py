"""What belongs to every page: searching, changing the workspace, and the page for addresses that lead nowhere."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from frontdesk.core.errors import NotFound
from frontdesk.workspaces.credentials import member

from .navigation import find
from .page import partial, studio_page
from .request import SESSION_KEY, StudioRequest


@studio_page()
def search(request: StudioRequest) -> HttpResponse:
    """The palette's results."""
    return partial(request, "studio/shell/found.html", found=find(request, request.GET.get("s", "")))


@require_POST
@studio_page()
def switch_workspace(request: StudioRequest) -> HttpResponse:
    actor = member(request.actor.user, request.POST.get("workspace", ""))
    request.session[SESSION_KEY] = str(actor.workspace.uuid)
    return redirect("studio:index")


@studio_page()
def not_found(request: StudioRequest) -> HttpResponse:
    raise NotFound
