"""Customers who were deleted lately: bringing them back, forgetting them for good."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontdesk.conversations import deletion
from frontdesk.conversations.models import KEPT

from ..page import render, studio_page
from ..paging import page_of
from ..request import StudioRequest
from ..settings.activity import who
from .views import back


@require_GET
@studio_page("manage_contacts")
def listing(request: StudioRequest) -> HttpResponse:
    page = page_of(request, deletion.deleted_contacts())
    rows = [(row, who(row.deleted_by), row.deleted_at + KEPT) for row in page.rows]
    title = _("Recently deleted")
    return render(request, "studio/contacts/deleted.html", title=title, back=back(), rows=rows, page=page, days=KEPT.days)


@require_POST
@studio_page("manage_contacts")
def restore(request: StudioRequest, uuid: UUID) -> HttpResponse:
    contact = deletion.bring_back_contact(request.actor, uuid)
    messages.success(request, _("“%(name)s” is back.") % {"name": contact})
    return redirect("studio:contact", uuid)


@require_POST
@studio_page("manage_contacts")
def remove(request: StudioRequest, uuid: UUID) -> HttpResponse:
    deletion.forget_contact(request.actor, uuid)
    messages.success(request, _("It is deleted for good."))
    return redirect("studio:contacts_deleted")
