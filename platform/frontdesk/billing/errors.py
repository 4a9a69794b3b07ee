"""What may go wrong with credits."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, PaymentRequired

__all__ = ["NotHeld", "PaymentRequired"]


class NotHeld(Conflict):
    """Credits were to be settled that nobody held."""

    code = "CREDITS_NOT_HELD"
    default_message = _("No credits are held for this.")
