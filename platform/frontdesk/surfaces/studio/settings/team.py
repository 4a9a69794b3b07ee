"""Who works here, what they may do, and asking somebody to join."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces import actions, queries
from frontdesk.workspaces.models import Role
from frontdesk.workspaces.permissions import require

from ..accounts.forms import blame
from ..page import studio_page
from ..request import StudioRequest
from .forms import ROLES, InviteForm
from .frame import one, show


@require_http_methods(["GET", "POST"])
@studio_page()
def team(request: StudioRequest) -> HttpResponse:
    """The answer to an invitation shows its link, this once: it is stored nowhere."""
    form, link, invited = InviteForm(request.POST or None), "", ""
    if request.method == "POST":
        require(request.actor, "manage_team")
        if form.is_valid():
            try:
                invitation, link = actions.invite(request.actor, **form.cleaned_data)
                form, invited = InviteForm(), invitation.email
            except FrontdeskError as error:
                blame(form, error)
    return show(
        request,
        "team",
        form=form,
        link=link,
        invited=invited,
        members=queries.members(),
        invitations=queries.open_invitations(),
        roles=Role.choices,
        role_words=[text for _value, text in ROLES],
        status=422 if form.errors else 200,
    )


@require_POST
@studio_page()
def change_member(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Another role, or out of the team. Everybody may leave; the last owner stays."""
    member = one(queries.members(), uuid)
    mine = member.user == request.actor.user
    try:
        if request.POST.get("do") == "remove":
            actions.remove_member(request.actor, member)
            messages.success(request, _("%(name)s is no longer in the team.") % {"name": member.user.get_full_name()})
            return redirect("studio:index" if mine else "studio:settings_team")
        actions.change_role(request.actor, member, request.POST.get("role", ""))
        messages.success(request, _("Saved."))
    except FrontdeskError as error:
        if error.status in {403, 404}:
            raise
        messages.error(request, error.message)
    return redirect("studio:settings_team")


@require_POST
@studio_page("manage_team")
def revoke(request: StudioRequest, uuid: UUID) -> HttpResponse:
    actions.revoke_invitation(request.actor, one(queries.open_invitations(), uuid))
    messages.success(request, _("The invitation is taken back. Its link has ended."))
    return redirect("studio:settings_team")
