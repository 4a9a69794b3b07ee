"""A plugin's words in other languages: its own gettext catalogues, `<package>/locale/<language>/LC_MESSAGES/messages.mo`.

words = Words(__package__)

class BusiestHours(AnalyticsWidget):
    label = words.phrase("Busiest hours")          # said in the reader's language by the host

    async def look(self, figures, context):
        _ = words.into(context.language).gettext   # said in the reader's language by the plugin
"""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,8})*")


class Words:
    """The words of one package. A catalogue is read when its language is first asked for."""

    def __init__(self, package: str) -> None:
        self.package = package

    def phrase(self, text: str) -> Phrase:
        """For what is written down once, such as a label: English, and `said` in any language later."""
        phrase = Phrase(text)
        phrase.words = self
        return phrase

    def into(self, language: str) -> NullTranslations:
        """The translations into a language ("ar", "pt-br"), else into its base ("pt"), else none: the English stays."""
        name = language.replace("-", "_")
        return _catalogue(self.package, name) or _catalogue(self.package, name.partition("_")[0]) or NullTranslations()


class Phrase(str):
    """The English text wherever a str is wanted."""

    words: Words


def said(text: str, language: str) -> str:
    """A label in a language, if it is a Phrase that its plugin translates; else as it is."""
    if not text or not isinstance(text, Phrase):
        return text
    return text.words.into(language).gettext(str(text))


@lru_cache(maxsize=500)
def _catalogue(package: str, language: str) -> NullTranslations | None:
    if not LANGUAGE.fullmatch(language):
        return None
    file = files(package).joinpath("locale", language, "LC_MESSAGES", "messages.mo")
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        return GNUTranslations(opened)
