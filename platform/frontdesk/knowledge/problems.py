"""Why a source could not be learned: a code with parameters in the database, a sentence in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.http import REASONS, FetchRefused
from frontdesk.sdk.errors import LoaderError, ProviderError

from .crawling import errors as of_pages
from .crawling.errors import PageRefused
from .reading.errors import SENTENCES, Unreadable, sentence

INTERRUPTED = "INTERRUPTED"
OWN = {
    INTERRUPTED: _("Learning this was interrupted each time. Try again, or split it into smaller files."),
    "PROVIDER_ERROR": _("The embedding model did not answer: %(cause)s Check it under Settings → AI providers, then try again."),
    "ERROR": _("Something went wrong on our side while learning this. Try again; if it stays, ask support."),
}


def problem_of(error: Exception) -> tuple[str, dict[str, Any]]:
    """What to keep of an error: its code, and what `in_words` needs besides."""
    match error:
        case Unreadable():
            return error.code, {"variant": error.variant} if error.variant else {}
        case FetchRefused() | PageRefused():
            return error.code, {"reason": error.reason, **error.parameters}
        case FrontdeskError():
            return error.code, {"sentence": str(error.message)}
        case ProviderError():
            return "PROVIDER_ERROR", {"cause": error.cause}
        case LoaderError():
            return "UNREADABLE", {"sentence": str(error)}
    return "ERROR", {}


def in_words(code: str, parameters: Mapping[str, Any]) -> str:
    """The sentence, in the language that is active now. One that came ready-made stays as it is."""
    if "sentence" in parameters:
        return str(parameters["sentence"])
    if code in {FetchRefused.code, PageRefused.code}:
        reason = parameters["reason"]
        return str(of_pages.SENTENCES.get(reason) or REASONS[reason]) % parameters
    if code in SENTENCES:
        return sentence(code, parameters.get("variant", ""))
    return str(OWN.get(code, OWN["ERROR"])) % parameters if code else ""


def error_of(code: str, parameters: Mapping[str, Any]) -> Exception:
    """The error again that `problem_of` took apart, of a page or a file."""
    if code in {FetchRefused.code, PageRefused.code}:
        kind = FetchRefused if code == FetchRefused.code else PageRefused
        return kind(**parameters)
    return Unreadable(code, variant=parameters.get("variant", ""))
