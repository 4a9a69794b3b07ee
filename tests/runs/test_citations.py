"""The sources under an answer."""

from __future__ import annotations

from frontdesk.runs import citations
from frontdesk.sdk.values import Passage

LONG = (
    "Takeaway. " + "Everything can be taken away. " * 20 + "Oat milk costs 0.50 euro more. Almond milk too. " + "Come by. " * 60
)


def passage(text: str, id: int = 1) -> Passage:
    return Passage(id, text, "Guide", 1.0, 7, "guide.docx", place="page 2")


def test_only_what_is_cited_is_a_source() -> None:
    found = [passage("One."), passage("Two.", 2), passage("Three.", 3)]
    assert [source["n"] for source in citations.used("It is two. [2]", found)] == [2]
    assert [source["n"] for source in citations.used("It is three.", found, cited={3})] == [3]
    assert citations.used("I don't know.", found) == []


def test_a_marker_without_a_passage_is_no_source() -> None:
    assert citations.used("See [9].", [passage("One.")]) == []


def test_a_long_passage_is_quoted_where_the_answer_stands() -> None:
    quote = citations.used("Oat milk is 0.50 euro more. [1]", [passage(LONG)])[0]["quote"]
    assert quote.startswith("Oat milk costs 0.50 euro more.")
    assert len(quote) <= citations.QUOTE_LENGTH + 1
    assert quote.endswith("…")


def test_a_short_passage_is_quoted_whole() -> None:
    assert citations.used("Yes. [1]", [passage("Hours: eight to six.")])[0]["quote"] == "Hours: eight to six."


def test_without_an_answer_the_quote_is_the_beginning() -> None:
    assert citations.as_source(1, passage(LONG))["quote"].startswith("Takeaway.")
