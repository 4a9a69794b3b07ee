"""What may go wrong with speech, in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, FrontdeskError, Invalid, NotFound, VendorFailed
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.errors import SpeechError, SpeechRefused


class SpeechOff(Conflict):
    """No engine is on that could do this."""

    code = "SPEECH_OFF"
    default_message = _("No plugin for speech is on. An owner can turn one on under Plugins.")


class UnknownEngine(NotFound):
    """As OpenAI answers for a model that it does not have."""

    code = "UNKNOWN_ENGINE"
    default_message = _("No plugin for speech with this name is on here. Leave the name out, and one is chosen.")


class SpeechNotTaken(Invalid):
    """What was sent is at fault, says the engine."""

    code = "SPEECH_NOT_TAKEN"


class SpeechFailed(VendorFailed):
    code = "SPEECH_FAILED"


def translated(error: SpeechError | PluginFailed) -> FrontdeskError:
    """An engine's error as one for the outside."""
    if isinstance(error, PluginFailed):
        return error
    return SpeechNotTaken(str(error)) if isinstance(error, SpeechRefused) else SpeechFailed(str(error))
