"""Why a place could not be refreshed: a code with parameters in the database, a sentence for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import FrontdeskError
from frontdesk.sdk.errors import PluginError

from . import errors

UNREADABLE = "UNREADABLE"
STOPPED = "STOPPED"
SENTENCES = {
    STOPPED: _("Looking was stopped. What was learned stays."),
    **{
        kind.code: kind.default_message
        for kind in (
            *(errors.LoaderGone, errors.LoaderOff, errors.LoaderUnset, errors.PlaceTooLarge, errors.PlaceTooSlow),
            *(errors.ListedNothing, errors.BadItem),
        )
    },
}
OURS = _("Something went wrong on our side while looking there. What was learned stays. It is tried again by itself.")


def problem_of(error: Exception) -> tuple[str, dict[str, Any]]:
    """What to keep of an error: its code, and what `in_words` needs besides."""
    match error:
        case FrontdeskError() if error.code in SENTENCES:
            return error.code, {}
        case FrontdeskError():
            return error.code, {"sentence": str(error.message)[:300]}
        case PluginError():
            return UNREADABLE, {"sentence": str(error)[:300]}
    return "ERROR", {}


def in_words(code: str, parameters: Mapping[str, Any]) -> str:
    """The sentence in the language that is active now; a plugin's own as it came. Empty without a code."""
    if "sentence" in parameters:
        return str(parameters["sentence"])
    return str(SENTENCES.get(code, OURS)) if code else ""
