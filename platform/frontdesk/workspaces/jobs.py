"""Background work of this room."""

from __future__ import annotations

from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from frontdesk.core import crypto
from frontdesk.core.jobs import Work, job

from .actions import INVITATION_DAYS, invitation_link
from .models import Invitation


@job("workspaces.send_invitation")
def send_invitation(work: Work, *, invitation_id: int, sealed: str) -> None:
    """Send the link. `sealed` is the encrypted token: the database never holds it in the open."""
    invitation = (
        Invitation.objects.select_related("workspace", "invited_by").filter(pk=invitation_id, accepted_at__isnull=True).first()
    )
    if invitation is None:
        return
    workspace = invitation.workspace
    with override(workspace.language):
        names = {
            "who": invitation.invited_by.get_full_name() if invitation.invited_by else workspace.name,
            "workspace": workspace.name,
            "link": invitation_link(crypto.decrypt(sealed)),
            "days": INVITATION_DAYS,
        }
        subject = _("Join %(workspace)s on Frontdesk") % names
        body = (
            _("%(who)s invites you to %(workspace)s.\n\nOpen this link to join: %(link)s\n\nIt works for %(days)s days.") % names
        )
    send_mail(" ".join(subject.split()), body, None, [invitation.email])
