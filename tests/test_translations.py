"""Arabic: what a customer may read is translated, and what is translated is compiled."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from django.utils import translation

from frontdesk.surfaces.site.words import strings

PACKAGE = Path(__file__).resolve().parents[1] / "platform/frontdesk"
FOLDER = PACKAGE / "locale/ar/LC_MESSAGES"
READ_BY_CUSTOMERS = [
    "surfaces/site/words.py",
    "surfaces/site/views.py",
    "runs/engine.py",
    "runs/actions.py",
    "runs/errors.py",
    "core/errors.py",
    "channels/errors.py",
    "conversations/errors.py",
    "conversations/actions.py",
]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%?[sdn]|\{\w+\}")


@pytest.fixture(scope="module")
def arabic() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="ar")


def texts(message: Message) -> list[str]:
    """One text, or the six that Arabic has for a number."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def translated(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id and all(texts(message))]


@pytest.mark.parametrize("name", READ_BY_CUSTOMERS)
def test_what_customers_read_is_translated(arabic: Catalog, name: str) -> None:
    found = extract_from_file("python", PACKAGE / name, keywords={"_": None, "gettext": None, "gettext_lazy": None})
    ids = {message for _line, message, _comments, _context in found}
    assert ids
    assert ids - {message.id for message in translated(arabic)} == set()


def test_every_word_of_the_widget_reaches_it_in_arabic() -> None:
    with translation.override("en"):
        english = strings()
    with translation.override("ar"):
        arabic = strings()
    assert [key for key in english if arabic[key] == english[key]] == []
    assert all(PLACEHOLDER.findall(arabic[key]) == PLACEHOLDER.findall(english[key]) for key in english)


def test_placeholders_are_kept(arabic: Catalog) -> None:
    wrong = []
    for message in translated(arabic):
        english = message.id if isinstance(message.id, str) else message.id[1]
        # "Nothing", "one" and "two" need no number in Arabic; the other forms do.
        forms = texts(message) if isinstance(message.id, str) else texts(message)[3:]
        wrong += [form for form in forms if sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(english))]
    assert wrong == []


def test_nothing_is_guessed(arabic: Catalog) -> None:
    """msgmerge marks what it guessed from a similar sentence as fuzzy; a person has to look at it."""
    assert [message.id for message in arabic if message.id and message.fuzzy] == []


def test_the_compiled_file_is_up_to_date(arabic: Catalog) -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = {key: text for key, text in GNUTranslations(file)._catalog.items() if key}
    expected = {}
    for message in translated(arabic):
        if isinstance(message.id, str):
            expected[f"{message.context}\x04{message.id}" if message.context else message.id] = message.string
        else:
            expected |= {(message.id[0], form): text for form, text in enumerate(message.string)}
    assert compiled == expected


@pytest.mark.parametrize(("number", "words"), [(1, "محادثة واحدة"), (2, "محادثتان"), (3, "3 محادثات"), (11, "11 محادثة")])
def test_numbers_take_their_form(number: int, words: str) -> None:
    with translation.override("ar"):
        found = translation.ngettext("%(n)s conversation", "%(n)s conversations", number)
    assert found % {"n": number} == words
