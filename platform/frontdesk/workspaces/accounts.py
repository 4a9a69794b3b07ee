"""People's accounts: registering, signing in, passwords, and people whom an outside issuer vouches for."""

from __future__ import annotations

import unicodedata
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from frontdesk.core import limits
from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import scope

from . import audit
from .actions import accept_invitation
from .errors import NameTaken, RegistrationClosed, WrongPassword
from .models import Membership, Role, User, Workspace
from .permissions import Actor
from .signals import workspace_created
from .tokens import Outsider


@transaction.atomic
def register(
    name: str,
    password: str,
    *,
    email: str = "",
    full_name: str = "",
    workspace_name: str = "",
    invitation: str = "",
    ip: str = "",
) -> User:
    """A new person with a workspace of their own, or in the one that the invitation's token is for.

    `name` is a user name, or an e-mail address. Raises Invalid, NameTaken, InvitationGone, RegistrationClosed, or
    TooManyRequests for an address (`ip`) from which many came.
    """
    if not (settings.REGISTRATION_OPEN or invitation):
        raise RegistrationClosed
    user = _new_user(name, email, full_name)
    _check_password(password, user, "password")
    if ip:
        limits.check(f"sign-up-from:{ip}", allowed=settings.SIGN_UPS_PER_HOUR, seconds=3600)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise NameTaken from error
    if invitation:
        accept_invitation(user, invitation)
    else:
        create_workspace(user, workspace_name or _("%(name)s's workspace") % {"name": user.get_short_name()})
    return user


@transaction.atomic
def create_workspace(user: User, name: str, *, language: str = "en") -> Workspace:
    """A new business, owned by this person. It starts with credits: TooManyRequests for who makes very many."""
    name = name.strip()[:120]
    if not name:
        raise Invalid.field("name", _("Give the workspace a name."))
    limits.check(f"workspaces-of:{user.pk}", allowed=settings.WORKSPACES_PER_DAY, seconds=86400)
    slug = f"{slugify(name)[:50] or 'workspace'}-{uuid4().hex[:6]}"
    workspace = Workspace.objects.create(name=name, slug=slug, language=language)
    with scope(workspace=workspace):
        membership = Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
        audit.record(Actor.person(membership), "workspace.created", workspace)
        workspace_created.send(Workspace, workspace=workspace)
    return workspace


def sign_in(name: str, password: str, *, ip: str = "") -> User:
    """The person with this name and password. Raises WrongPassword, or TooManyRequests for who guesses."""
    per_minute = settings.SIGN_IN_ATTEMPTS_PER_MINUTE
    # Upper case first: the database finds "alice" for "alıce" and "aliſe" as well, and they must not be guessed separately.
    limits.check(f"sign-in:{name.upper().lower()[:150]}", allowed=per_minute, seconds=60)
    limits.check(f"sign-in-from:{ip}", allowed=per_minute * 10, seconds=60)
    user = authenticate(None, username=name, password=password)
    if not isinstance(user, User):
        raise WrongPassword
    return user


def change_password(user: User, old: str, new: str) -> User:
    """Set a new password; all tokens and sessions that are out end. Raises TooManyRequests for who guesses the old one."""
    limits.check(f"password-of:{user.pk}", allowed=settings.SIGN_IN_ATTEMPTS_PER_MINUTE, seconds=60)
    if user.has_usable_password() and not user.check_password(old):
        raise Invalid.field("old_password", _("This is not your present password."))
    _check_password(new, user, "new_password")
    user.set_password(new)
    user.token_version += 1
    user.save(update_fields=["password", "token_version", "updated_at"])
    return user


def sign_out_everywhere(user: User) -> None:
    """End all tokens and sessions of a person."""
    user.token_version += 1
    user.save(update_fields=["token_version", "updated_at"])


def choose_language(user: User, language: str) -> None:
    """The language in which a person reads the Studio."""
    user.language = language
    user.save(update_fields=["language", "updated_at"])


def meet(outsider: Outsider) -> User:
    """The person an outside issuer vouches for; made on first sight, with a workspace where registration is open."""
    user = User.objects.filter(outside_id=outsider.outside_id).first()
    if user is not None:
        return user
    try:
        with transaction.atomic():
            return _link(outsider) or _make(outsider)
    except IntegrityError:  # two first requests at once
        return User.objects.get(outside_id=outsider.outside_id)


def _link(outsider: Outsider) -> User | None:
    """Bind an issuer to the account with the same, verified, address.

    Whoever made that account never proved that the address is theirs: its password and tokens end here.
    """
    if not outsider.email:
        return None
    user = User.objects.select_for_update().filter(email__iexact=outsider.email, outside_id__isnull=True).first()
    if user is None:
        return None
    user.outside_id = outsider.outside_id
    user.set_unusable_password()
    user.token_version += 1
    user.save(update_fields=["outside_id", "password", "token_version", "updated_at"])
    return user


def _make(outsider: Outsider) -> User:
    email = outsider.email
    if email and User.objects.filter(email__iexact=email).exists():
        email = ""
    user = User(email=email or None, outside_id=outsider.outside_id, first_name=outsider.name)
    user.set_unusable_password()
    user.save()
    if settings.REGISTRATION_OPEN:
        create_workspace(user, _("%(name)s's workspace") % {"name": user.get_short_name()})
    return user


def _check_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            " ".join(error.messages), errors=[{"field": field, "message": message} for message in error.messages]
        ) from error


def _new_user(name: str, email: str, full_name: str) -> User:
    name = unicodedata.normalize("NFKC", name.strip())
    email = email.strip().lower()
    if "@" in name:
        email, name = email or name.lower(), ""
    checks = [("username", UnicodeUsernameValidator(), name), ("email", validate_email, email)]
    for field, check, value in checks:
        try:
            if value:
                check(value)
        except ValidationError as error:
            raise Invalid.field(field if field == "email" and name else "username", error.messages[0]) from error
    if not (name or email) or len(name) > 150 or len(email) > 254:
        raise Invalid.field("username", _("Choose a user name of at most 150 characters, or give an e-mail address."))
    if User.objects.filter(username=name).exists() if name else User.objects.filter(email__iexact=email).exists():
        raise NameTaken
    first, _space, last = full_name.strip().partition(" ")
    return User(username=name or None, email=email or None, first_name=first[:150], last_name=last[:150])
