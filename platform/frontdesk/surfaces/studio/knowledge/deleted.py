"""What was deleted lately: looking at it, bringing it back, deleting it for good."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontdesk.knowledge import deletion, queries
from frontdesk.knowledge.models import KEPT

from ..page import render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest
from ..settings.activity import who
from .bases import back


@require_GET
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    page = page_of(request, queries.deleted())
    rows = [(row, who(row.deleted_by)) for row in (queries.Deleted(**values) for values in page.rows)]
    title = _("Recently deleted")
    return render(request, "studio/knowledge/deleted.html", title=title, back=back(), rows=rows, page=page, days=KEPT.days)


@require_POST
@studio_page("edit_knowledge")
def restore_base(request: StudioRequest, uuid: UUID) -> HttpResponse:
    messages.success(request, _is_back(deletion.bring_back_base(request.actor, uuid).name))
    return redirect("studio:base", uuid)


@require_POST
@studio_page("edit_knowledge")
def restore_source(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """By HTMX it is the "Undo" beside the list that it was deleted from."""
    said = _is_back(deletion.bring_back_source(request.actor, uuid).name)
    if request.htmx:
        return toast(HttpResponse(headers={"HX-Trigger": json.dumps({"studio:added": {}})}), said)
    messages.success(request, said)
    return redirect("studio:source", uuid)


@require_POST
@studio_page("edit_knowledge")
def remove_base(request: StudioRequest, uuid: UUID) -> HttpResponse:
    deletion.remove_base(request.actor, uuid)
    return _is_gone(request)


@require_POST
@studio_page("edit_knowledge")
def remove_source(request: StudioRequest, uuid: UUID) -> HttpResponse:
    deletion.remove_source(request.actor, uuid)
    return _is_gone(request)


def _is_back(name: str) -> str:
    return _("“%(name)s” is back.") % {"name": name}


def _is_gone(request: StudioRequest) -> HttpResponse:
    messages.success(request, _("It is deleted for good."))
    return redirect("studio:knowledge_deleted")
