"""What may go wrong around people, workspaces and credentials."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, Malformed, NotAllowed, NotAuthenticated, NotFound


class TokenRefused(NotAuthenticated):
    code = "TOKEN_INVALID"
    default_message = _("This token is not valid or has expired. Sign in again.")


class KeyRefused(NotAuthenticated):
    code = "API_KEY_INVALID"
    default_message = _("This API key does not exist, has expired or was revoked. Create a new one.")


class PlaceRefused(NotAllowed):
    """A good key, used from a place that is not on its allow-list."""

    code = "PLACE_NOT_ALLOWED"


class WrongPassword(NotAuthenticated):
    code = "WRONG_PASSWORD"
    default_message = _("The user name or the password is wrong.")


class Stranger(NotAllowed):
    code = "NOT_A_MEMBER"
    default_message = _("You are not a member of this workspace. Ask an owner for an invitation.")


class WorkspaceRequired(Malformed):
    code = "WORKSPACE_REQUIRED"
    default_message = _("You belong to several workspaces. Name one in the X-Workspace-ID header.")


class RegistrationClosed(NotAllowed):
    code = "REGISTRATION_CLOSED"
    default_message = _("New accounts are made by invitation here. Ask an owner for one.")


class NameTaken(Conflict):
    code = "USERNAME_TAKEN"
    default_message = _("Somebody has this name already. Choose another one, or sign in.")


class AlreadyMember(Conflict):
    code = "ALREADY_MEMBER"
    default_message = _("This person is a member already.")


class LastOwner(Conflict):
    code = "LAST_OWNER"
    default_message = _("A workspace needs an owner. Make somebody else an owner first.")


class InvitationGone(NotFound):
    code = "INVITATION_GONE"
    default_message = _("This invitation was used, taken back or has expired. Ask for a new one.")
