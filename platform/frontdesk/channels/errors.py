"""What can be wrong with a channel, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotAllowed, NotAuthenticated, NotFound, TooLarge, Unavailable


class ChannelNotFound(NotFound):
    code = "CHANNEL_NOT_FOUND"
    default_message = _("There is no such channel.")


class ArrivalNotFound(NotFound):
    code = "ARRIVAL_NOT_FOUND"
    default_message = _("There is no such request any more.")


class UnknownKey(NotFound):
    code = "UNKNOWN_KEY"
    default_message = _("This chat does not exist any more. Copy the line of HTML again from the Studio.")


class OriginRefused(NotAllowed):
    code = "ORIGIN_REFUSED"
    default_message = _("This chat may not be shown on this page. Add the page's address to the chat's allowed web addresses.")


class UnknownKind(NotFound):
    code = "UNKNOWN_CHANNEL_KIND"
    default_message = _("This kind of channel is not here, or its plugin is off. Turn it on under Plugins.")


class SignatureRefused(NotAuthenticated):
    code = "SIGNATURE_REFUSED"
    default_message = _("The signature is missing, wrong or too old.")


class RequestTooLarge(TooLarge):
    code = "REQUEST_TOO_LARGE"
    default_message = _("A request may have up to 1 MiB.")


class ChannelResting(Unavailable):
    """Vendors send again what is answered so, for hours or days."""

    code = "CHANNEL_RESTING"
    default_message = _("This channel is off at the moment. Try again later.")
    retry_after = 300


class ConnectionFailed(Conflict):
    code = "CHANNEL_NOT_CONNECTED"
    default_message = _("The other side did not accept this. Check what you filled in.")


class NoRehearsal(Conflict):
    code = "NO_REHEARSAL"
    default_message = _("This channel cannot be rehearsed.")


class FileNotThere(NotFound):
    code = "FILE_NOT_THERE"
    default_message = _("This file is not there any more.")


class RehearsalRefused(Conflict):
    """What the customer whom somebody plays cannot do."""

    code = "REHEARSAL_REFUSED"
    default_message = _("Customers cannot do that there.")


class NobodyWroteYet(Conflict):
    code = "NOBODY_WROTE_YET"
    default_message = _("Nobody has written on this channel yet. Write to it yourself first, then send the test message.")
