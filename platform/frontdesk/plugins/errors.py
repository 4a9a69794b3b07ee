"""What may go wrong with plugins, in the reader's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, FrontdeskError, NotFound


class UnknownPlugin(NotFound):
    code = "UNKNOWN_PLUGIN"
    default_message = _("This plugin is not installed.")


class ConsentOutdated(Conflict):
    code = "CONSENT_OUTDATED"
    default_message = _("This plugin asks for something else than what you saw. Look again at what it asks for.")


class PluginFailed(FrontdeskError):
    """A plugin broke, hung or answered nonsense. `message` names it; the trace is in the log."""

    status = 502
    code = "PLUGIN_FAILED"
    default_message = _("A plugin failed. The rest goes on working.")


class PluginResting(PluginFailed):
    """It failed so often that it is left alone for a minute."""

    code = "PLUGIN_RESTING"


class ConnectionRefused(Conflict):
    """An account could not be connected. `outcome` is a word for the address that the owner is sent back to."""

    code = "CONNECTION_REFUSED"
    default_message = _("The account could not be connected. Please try again.")

    def __init__(self, outcome: str, message: Any = None) -> None:
        super().__init__(message)
        self.outcome = outcome
