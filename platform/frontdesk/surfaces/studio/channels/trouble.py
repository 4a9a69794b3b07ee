"""What did not arrive: answers that were not delivered, and requests that could not be read. A person decides about each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from frontdesk.channels import actions, queries
from frontdesk.channels.models import Arrival
from frontdesk.conversations.queries import message_by_uuid
from frontdesk.core.errors import Malformed

from ..page import partial, render, studio_page
from ..paging import page_of
from ..request import StudioRequest
from .ledger import ledger

SHOWN_BYTES = 2_000
MOST_DEAD = 50


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    dead = [(arrival, _readable(arrival)) for arrival in queries.dead_letters()[:MOST_DEAD]]
    back = {"url": reverse("studio:channels"), "title": _("Channels")}
    page = page_of(request, queries.troubled_deliveries())
    return render(request, "studio/channels/trouble.html", title=_("Not delivered"), back=back, page=page, dead=dead)


def _readable(arrival: Arrival) -> str:
    """The beginning of what came."""
    return bytes(arrival.body[:SHOWN_BYTES]).decode("utf-8", "replace")


@require_POST
@studio_page("answer")
def send_again(request: StudioRequest, uuid: UUID) -> HttpResponse:
    message = message_by_uuid(uuid)
    parts = actions.send_again(request.actor, message)
    if request.htmx:
        return _ledger(request, uuid)
    said = ngettext("%(n)s part is on its way again.", "%(n)s parts are on their way again.", parts) % {"n": parts}
    messages.success(request, said if parts else _("There is nothing left to send again."))
    return redirect("studio:channel_trouble")


@require_safe
@studio_page()
def message_ledger(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The line under a message, asked for while its parts are on their way."""
    return _ledger(request, uuid)


def _ledger(request: StudioRequest, uuid: UUID) -> Any:
    return partial(request, "studio/channels/ledger.html", ledger=ledger(message_by_uuid(uuid)))


@require_POST
@studio_page("manage_channels")
def dead_letter(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Read once more, or forget, by the button `do`."""
    found = queries.dead_letter(uuid)
    match request.POST.get("do", ""):
        case "again":
            actions.read_again(request.actor, found)
            messages.success(request, _("It is being read once more. What still cannot be read comes back here."))
        case "discard":
            actions.discard(request.actor, found)
            messages.success(request, _("It is forgotten."))
        case _unknown:
            raise Malformed
    return redirect("studio:channel_trouble")
