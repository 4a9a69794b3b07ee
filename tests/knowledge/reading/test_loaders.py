"""File loaders of plugins: confined like the built-in readers, and a broken one is a sentence about one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.knowledge import reading
from frontdesk.knowledge.reading import Limits
from frontdesk.knowledge.reading.errors import Unreadable
from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.testing import broken

MAIL = b"From: nour@qamar.example\nSubject: Hours\nMIME-Version: 1.0\nContent-Type: text/plain\n\nWe close at six.\n"
MAIL_LOADER = ("frontdesk_more_files.mail", "Mail")


@pytest.fixture
def read(tmp_path) -> Callable[..., Any]:
    def document(loader, data=b"Hello", name="file.broken", **limits) -> Any:
        path = tmp_path / name
        path.write_bytes(data)
        chosen = loader if isinstance(loader, tuple) else (loader.__module__, loader.__qualname__)
        return reading.read(path, name=name, limits=Limits(**limits), loaders=[chosen])

    return document


def test_blocks_come_with_the_headings_above_them(read) -> None:
    document = read(MAIL_LOADER, MAIL, "hours.eml")
    assert (document.title, document.media_type) == ("Hours", "application/x-mail")
    assert [(block.kind, block.text, block.headings) for block in document.blocks][-1] == (
        "paragraph", "We close at six.", ("Hours",)
    )  # fmt: skip


def test_a_file_with_the_name_but_not_the_content_is_read_as_what_it_is(read) -> None:
    assert read(MAIL_LOADER, b"Just words.", "words.eml").media_type == "text/plain"


def test_another_suffix_is_not_the_loaders(read) -> None:
    assert read(MAIL_LOADER, MAIL, "hours.txt").media_type == "text/plain"


@pytest.mark.parametrize(
    ("loader", "code", "limits"),
    [
        (broken.HangingLoader, "timeout", {"seconds": 1.5}),
        (broken.RaisingLoader, "plugin", {}),
        (broken.NonsenseLoader, "plugin", {}),
        (broken.CallingLoader, "plugin", {}),
        (broken.LeavingLoader, "corrupt", {}),
        (broken.EndlessLoader, "too_large", {"output": 1_000_000}),
    ],
    ids=lambda it: getattr(it, "slug", ""),
)
def test_what_a_broken_one_does_ends_with_the_file(read, loader, code, limits) -> None:
    with pytest.raises(Unreadable) as error:
        read(loader, **limits)
    assert error.value.code == code
    assert str(error.value).endswith(".")


def test_it_writes_nothing(read, tmp_path) -> None:
    with pytest.raises(LoaderError):
        read(broken.WritingLoader)
    assert not list(tmp_path.glob("*.stolen")) or not (tmp_path / "file.stolen").stat().st_size


def test_what_it_says_itself_reaches_the_owner(read) -> None:
    with pytest.raises(LoaderError, match="This is a picture of a cat. Upload one of a dog.") as said:
        read(broken.RefusingLoader)
    assert not isinstance(said.value, Unreadable)


@pytest.mark.parametrize("loader", [broken.BlindLoader, ("nobody", "There"), ("frontdesk_more_files.mail", "Nobody")])
def test_one_that_cannot_look_leaves_the_file_to_others(read, loader) -> None:
    assert read(loader).text == "Hello"
