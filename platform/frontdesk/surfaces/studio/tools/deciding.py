"""What an agent wants to do and a person must allow first: shown in its conversation and among the tools."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from frontdesk.conversations import queries as conversations
from frontdesk.runs import approvals

from ..page import partial, studio_page, toast
from ..request import StudioRequest


@require_safe
@studio_page()
def waiting(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What waits in one conversation; 204 when the page shows that already, so that nobody loses the button in hand."""
    rows = list(approvals.waiting(conversations.conversation_by_uuid(uuid)))
    shown = ",".join(str(each.uuid) for each in rows)
    if request.GET.get("shown", "") == shown:
        return HttpResponse(status=204)
    return partial(request, "studio/tools/waiting.html", waiting=rows, shown=shown)


@require_POST
@studio_page("answer")
def decide(request: StudioRequest, uuid: UUID) -> HttpResponse:
    approved = request.POST.get("do") == "approve"
    approval = approvals.decide(request.actor, approvals.approval_by_uuid(uuid), approved=approved)
    response = partial(request, "studio/tools/decided.html", approval=approval)
    return toast(
        response.render(), _("Allowed. The agent goes on.") if approved else _("Not allowed. The agent tells the customer.")
    )
