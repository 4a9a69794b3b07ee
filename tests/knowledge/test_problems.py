"""Why a source could not be learned: kept as a code, said in the language of whoever reads it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from frontdesk.core.errors import Invalid
from frontdesk.core.http import REASONS, FetchRefused
from frontdesk.knowledge import actions, problems, queries
from frontdesk.knowledge.models import Source
from frontdesk.knowledge.problems import in_words, problem_of
from frontdesk.knowledge.reading.errors import SENTENCES, Unreadable
from frontdesk.sdk.errors import LoaderError, ProviderUnavailable

from .conftest import work

pytestmark = pytest.mark.django_db


def test_the_reader_chooses_the_language(owner, base, api) -> None:
    """The worker speaks the workspace's language, which may be neither reader's."""
    source = work(actions.add_file(owner, base, "photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40))
    assert (source.state, source.problem_code, source.problem_parameters) == (
        Source.State.FAILED,
        "unsupported",
        {"variant": "image"},
    )
    english = SENTENCES["unsupported:image"]
    assert queries.progress(source).sentence == source.problem == english
    with translation.override("ar"):
        arabic = queries.progress(source).sentence
    assert arabic != english
    for language, sentence in (("en", english), ("ar", arabic)):
        with translation.override(language):
            assert api.get(f"/api/sources/{source.pk}", accept_language=language).json()["problem"] == sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unreadable("password"), "protected by a password"),
        (Unreadable("unsupported", variant="spreadsheet"), "This is a spreadsheet"),
        (FetchRefused("status", host="example.org", status=503), "example.org answered with an error (503)"),
        (ProviderUnavailable("It is down."), "did not answer: It is down. Check it"),
        (Invalid("Choose another model."), "Choose another model."),
        (LoaderError("This drawing has no text."), "This drawing has no text."),
        (RuntimeError("secret"), "Something went wrong on our side"),
    ],
)
def test_what_is_kept_of_an_error_says_it_again(error: Exception, words: str) -> None:
    assert words in in_words(*problem_of(error))


def test_every_sentence_is_said_in_arabic() -> None:
    codes: list[tuple[str, dict[str, Any]]] = [(code, {"cause": "x"}) for code in problems.OWN]
    codes += [(code, {"variant": variant}) for code, _colon, variant in (key.partition(":") for key in SENTENCES)]
    codes += [("FETCH_REFUSED", {"reason": reason, "host": "h", "limit": 1, "status": 500}) for reason in REASONS]
    english = [in_words(*each) for each in codes]
    with translation.override("ar"):
        arabic = [in_words(*each) for each in codes]
    assert not set(english) & set(arabic)


def test_no_problem_is_no_sentence_and_an_unknown_one_is_calm() -> None:
    assert in_words("", {}) == ""
    assert in_words("FROM_ANOTHER_VERSION", {}).startswith("Something went wrong")


def test_problems_of_before_stay_readable(owner, base) -> None:
    """The migration's statements, on rows as they were."""
    migration = import_module("frontdesk.knowledge.migrations.0004_deleted_can_come_back")
    codes = ("FETCH_REFUSED", "password", "unsupported", "INTERRUPTED")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE knowledge_source ADD problem varchar(500) NOT NULL DEFAULT ''")
        rows = {code: actions.add_text(owner, base, code, "Text.").pk for code in codes}
        for code, pk in rows.items():
            cursor.execute("UPDATE knowledge_source SET problem = 'قديم', problem_code = %s WHERE id = %s", [code, pk])
        cursor.execute(migration.FORWARD)
    said = {code: Source.objects.get(pk=pk).problem for code, pk in rows.items()}
    assert (said["FETCH_REFUSED"], said["unsupported"]) == ("قديم", "قديم")
    assert said["password"] == SENTENCES["password"]
    assert said["INTERRUPTED"].startswith("Learning this was interrupted")
