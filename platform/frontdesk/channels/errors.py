"""What can be wrong with a channel, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import NotAllowed, NotFound


class ChannelNotFound(NotFound):
    code = "CHANNEL_NOT_FOUND"
    default_message = _("There is no such channel.")


class UnknownKey(NotFound):
    code = "UNKNOWN_KEY"
    default_message = _("This chat does not exist any more. Copy the line of HTML again from the Studio.")


class OriginRefused(NotAllowed):
    code = "ORIGIN_REFUSED"
    default_message = _("This chat may not be shown on this page. Add the page's address to the chat's allowed web addresses.")
