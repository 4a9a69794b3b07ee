"""Every read of people, teams and keys that a surface needs."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from frontdesk.core import crypto
from frontdesk.core.scoping import unscoped

from .errors import InvitationGone
from .models import ApiKey, AuditEntry, Invitation, Membership, User


def memberships_of(user: User) -> list[Membership]:
    """All workspaces a person belongs to, with the role in each."""
    with unscoped():
        return list(Membership.objects.select_related("user", "workspace").filter(user=user).order_by("workspace__name", "id"))


def members() -> QuerySet[Membership]:
    return Membership.objects.select_related("user").order_by("id")


def open_invitations() -> QuerySet[Invitation]:
    """Not used and not too old, newest first."""
    waiting = Invitation.objects.filter(accepted_at__isnull=True, expires_at__gt=timezone.now())
    return waiting.select_related("invited_by").order_by("-id")


def invitation(token: str) -> Invitation:
    """What a link invites to. Raises InvitationGone."""
    with unscoped():
        found = open_invitations().select_related("workspace").filter(token_digest=crypto.digest(token)).first()
    if found is None:
        raise InvitationGone
    return found


def api_keys() -> QuerySet[ApiKey]:
    """Newest first, revoked ones too."""
    return ApiKey.objects.select_related("created_by").order_by("-id")


def audit_entries() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.order_by("-id")
