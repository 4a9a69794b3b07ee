"""Passages can be understood on their own, and nothing of the text is lost."""

from __future__ import annotations

import pytest

from frontdesk.knowledge.chunking import characters, split
from frontdesk.knowledge.reading.document import Block

SENTENCES = [f"Sentence number {number} says something of its own." for number in range(60)]


def rows(count: int) -> list[Block]:
    header = "Drink; Price; Size"
    return [
        Block("table", f"Drink: Latte {n}; Price: {n}.50; Size: small", ("Menu",), sheet="Prices", rows=(n, n), header=header)
        for n in range(2, count + 2)
    ]


def test_every_passage_of_a_table_names_its_columns_sheet_and_rows() -> None:
    pieces = split(rows(120), chunk_size=128, chunk_overlap=16)
    assert len(pieces) > 5
    for piece in pieces:
        assert all(line.startswith("Drink: ") and "Price: " in line for line in piece.text.splitlines())
        assert piece.headings == ("Menu",)
        assert piece.place["sheet"] == "Prices"
    assert [number for piece in pieces for number in range(piece.place["rows"][0], piece.place["rows"][1] + 1)] == list(
        range(2, 122)
    )


def test_parts_of_a_very_long_row_repeat_the_header() -> None:
    row = Block("table", "Note: " + " ".join(SENTENCES), sheet="Notes", rows=(2, 2), header="Note; Author")
    pieces = split([row], chunk_size=64, chunk_overlap=0)
    assert len(pieces) > 3
    assert all(piece.text.startswith("Note; Author\n") for piece in pieces)


def test_prose_keeps_headings_and_pages() -> None:
    blocks = [
        Block("heading", "Returns", ("Shop",), page=1),
        Block("paragraph", " ".join(SENTENCES[:30]), ("Shop", "Returns"), page=1),
        Block("paragraph", " ".join(SENTENCES[30:]), ("Shop", "Returns"), page=2),
    ]
    pieces = split(blocks, chunk_size=100, chunk_overlap=0)
    assert {piece.headings for piece in pieces} == {("Shop", "Returns")}
    assert pieces[0].place == {"page": [1, 1]}
    assert pieces[-1].place == {"page": [2, 2]}
    joined = " ".join(piece.text for piece in pieces)
    assert all(sentence in joined for sentence in SENTENCES)


def test_neighbouring_passages_overlap_when_asked_to() -> None:
    text = Block("paragraph", " ".join(SENTENCES))
    apart = split([text], chunk_size=64, chunk_overlap=0)
    overlapping = split([text], chunk_size=64, chunk_overlap=32)
    assert not any(sentence in apart[0].text and sentence in apart[1].text for sentence in SENTENCES)
    assert any(sentence in overlapping[0].text and sentence in overlapping[1].text for sentence in SENTENCES)


def test_small_sections_share_a_passage_with_their_headings() -> None:
    blocks = []
    for day in ("Monday", "Tuesday", "Wednesday"):
        blocks += [Block("heading", day, ("Hours",)), Block("paragraph", "From 7 to 18.", ("Hours", day))]
    (piece,) = split(blocks, chunk_size=512, chunk_overlap=32)
    assert piece.text == "Monday\n\nFrom 7 to 18.\n\nTuesday\n\nFrom 7 to 18.\n\nWednesday\n\nFrom 7 to 18."


@pytest.mark.parametrize(("text", "shorter"), [("東京都は日本の首都です。" * 9, True), ("Plain English words here. " * 9, False)])
def test_a_token_is_fewer_characters_where_characters_say_more(text: str, shorter: bool) -> None:
    assert (characters(512, text) < 1_000) is shorter


def test_the_same_words_under_another_title_are_another_passage() -> None:
    first, second = (
        split([Block("paragraph", "From 7 to 18.")], chunk_size=64, chunk_overlap=0)[0].digest(title) for title in ("A", "B")
    )
    assert first != second
