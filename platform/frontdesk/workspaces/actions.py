"""Every change to a team, its invitations and its API keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core import crypto
from frontdesk.core.errors import Invalid, NotFound
from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.core.scoping import scope, unscoped

from . import audit, hours, keys
from .errors import AlreadyMember, InvitationGone, LastOwner
from .models import ApiKey, Invitation, Membership, Role, User, Workspace
from .permissions import Actor, require

INVITATION_DAYS = 14
EDITABLE = frozenset(
    {"name", "website", "language", "time_zone", "theme"}
    | {"default_reply_handler", "auto_response", "opening_hours", "silence_minutes", "reminder_minutes"}
)


@transaction.atomic
def change_workspace(actor: Actor, **changes: object) -> Workspace:
    """Change what an owner may change (`EDITABLE`). Raises Invalid for a wrong value."""
    require(actor, "manage_workspace")
    workspace = Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
    for name, value in changes.items():
        if name not in EDITABLE:
            raise Invalid.field(name, _("This cannot be changed."))
        setattr(workspace, name, hours.parse(value).model_dump(mode="json") if name == "opening_hours" else value)
    try:
        workspace.full_clean()
    except ValidationError as error:
        fields = [{"field": field, "message": " ".join(messages)} for field, messages in error.message_dict.items()]
        raise Invalid(errors=fields) from error
    workspace.save()
    audit.record(actor, "workspace.changed", workspace, fields=sorted(changes))
    emit(workspace.uuid, "workspace.changed")
    return workspace


@transaction.atomic
def invite(actor: Actor, email: str, role: str = Role.TEAMMATE) -> tuple[Invitation, str]:
    """Ask somebody to join, by e-mail. Gives the invitation and its link, which is not shown again.

    An earlier, unused invitation to the same address is replaced.
    """
    require(actor, "manage_team")
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid.field("email", error.messages[0]) from error
    _check_role(role)
    if Membership.objects.filter(user__email__iexact=email).exists():
        raise AlreadyMember
    Invitation.objects.filter(email=email, accepted_at__isnull=True).delete()
    token = crypto.new_token("inv")
    invitation = Invitation.objects.create(
        workspace=actor.workspace,
        email=email,
        role=role,
        token_digest=crypto.digest(token),
        invited_by=actor.user,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    audit.record(actor, "invitation.sent", invitation, role=role)
    enqueue("workspaces.send_invitation", workspace=actor.workspace, invitation_id=invitation.pk, sealed=crypto.encrypt(token))
    return invitation, invitation_link(token)


def invitation_link(token: str) -> str:
    return f"{settings.BASE_URL}/studio/join/{token}/"


@transaction.atomic
def accept_invitation(user: User, token: str) -> Membership:
    """Join. Raises InvitationGone when the token was used, taken back or is too old."""
    with unscoped():
        found = Invitation.objects.select_for_update().filter(token_digest=crypto.digest(token), accepted_at__isnull=True)
        invitation = found.filter(expires_at__gt=timezone.now()).select_related("workspace").first()
    if invitation is None:
        raise InvitationGone
    with scope(workspace=invitation.workspace):
        membership, created = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
        )
        if not created:
            raise AlreadyMember
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at", "updated_at"])
        audit.record(Actor.person(membership), "invitation.accepted", invitation)
        emit(invitation.workspace.uuid, "team.changed")
    return membership


@transaction.atomic
def revoke_invitation(actor: Actor, invitation: Invitation) -> None:
    """Take an invitation back; its link ends."""
    require(actor, "manage_team")
    audit.record(actor, "invitation.revoked", invitation)
    invitation.delete()


@transaction.atomic
def change_role(actor: Actor, membership: Membership, role: str) -> Membership:
    require(actor, "manage_team")
    _check_role(role)
    membership = _locked(membership)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(actor.workspace)
    membership.role = role
    membership.save(update_fields=["role", "updated_at"])
    audit.record(actor, "member.role", membership.user, role=role)
    emit(actor.workspace.uuid, "team.changed")
    return membership


@transaction.atomic
def remove_member(actor: Actor, membership: Membership) -> None:
    """Take somebody out of the team, or leave it oneself. The last owner stays."""
    if actor.user != membership.user:
        require(actor, "manage_team")
    membership = _locked(membership)
    if membership.role == Role.OWNER:
        _keep_an_owner(actor.workspace)
    audit.record(actor, "member.removed", membership.user)
    membership.delete()
    emit(actor.workspace.uuid, "team.changed")


@transaction.atomic
def create_api_key(actor: Actor, name: str, allow_list: list[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once. An empty allow-list lets nothing through."""
    require(actor, "manage_keys")
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Invalid.field("name", _("Give the key a name of at most 80 characters."))
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid.field("expires_at", _("This time has passed already."))
    raw = crypto.new_token(keys.PREFIX)
    key = ApiKey.objects.create(
        workspace=actor.workspace,
        name=name,
        prefix=raw[:12],
        digest=crypto.digest(raw),
        allow_list=keys.read_allow_list(allow_list),
        created_by=actor.user,
        expires_at=expires_at,
    )
    audit.record(actor, "api_key.created", key, allow_list=key.allow_list)
    return key, raw


@transaction.atomic
def change_api_key(actor: Actor, key: ApiKey, *, name: str | None = None, allow_list: list[str] | None = None) -> ApiKey:
    require(actor, "manage_keys")
    if name is not None:
        if not 1 <= len(name.strip()) <= 80:
            raise Invalid.field("name", _("Give the key a name of at most 80 characters."))
        key.name = name.strip()
    if allow_list is not None:
        key.allow_list = keys.read_allow_list(allow_list)
    key.save(update_fields=["name", "allow_list", "updated_at"])
    audit.record(actor, "api_key.changed", key, allow_list=key.allow_list)
    return key


@transaction.atomic
def revoke_api_key(actor: Actor, key: ApiKey) -> ApiKey:
    """End a key now and for good. Revoking twice changes nothing."""
    require(actor, "manage_keys")
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        audit.record(actor, "api_key.revoked", key)
    return key


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise Invalid.field("role", _("Choose one of: %(roles)s.") % {"roles": ", ".join(Role.values)})


def _locked(membership: Membership) -> Membership:
    """This member, with the whole team under lock: two owners cannot leave at the same moment."""
    team = Membership.objects.select_for_update(of=("self",)).select_related("user", "workspace").order_by("id")
    locked = {row.pk: row for row in team}.get(membership.pk)
    if locked is None:
        raise NotFound
    return locked


def _keep_an_owner(workspace: Workspace) -> None:
    if Membership.objects.filter(workspace=workspace, role=Role.OWNER).count() < 2:
        raise LastOwner
