"""What is read out of an answer, and in which portions."""

from __future__ import annotations

from frontdesk.speech.portions import LONGEST, portions, readable


def test_marks_are_not_read_out() -> None:
    answer = "## Hours\n\nWe **open** at `nine` [1].\nSee [our page](https://example.com/a_b).\n\n- Tea\n- *Cake* [2]\n\n1. First"
    assert readable(answer) == "Hours\nWe open at nine. See our page.\nTea\nCake\nFirst"


def test_tables_code_and_html_are_read_as_what_they_say() -> None:
    assert readable("| Day | Open |\n|---|---|\n| Monday | 9 |") == "Day\nOpen\nMonday\n9"
    assert readable("```\npip install\n```\n\n<b>hi</b> & ![a cat](c.png)") == "pip install\n<b>hi</b> & a cat"
    assert readable("") == readable("***") == ""


def test_the_first_sentence_comes_alone() -> None:
    assert portions("Yes. We open at nine. We close at six. Come by!") == ["Yes.", "We open at nine. We close at six. Come by!"]


def test_each_script_has_its_ends_of_sentences() -> None:
    assert portions("نعم. هل تريد الحجز؟ أهلا بك.") == ["نعم.", "هل تريد الحجز؟ أهلا بك."]
    assert portions("好的。我们九点开门。")[0] == "好的。"


def test_no_portion_is_too_long_and_no_word_is_lost() -> None:
    for text in ("word " * 900, "x" * 2000, "One. " + "Two is here. " * 300):
        found = portions(text)
        assert max(map(len, found)) <= LONGEST
        assert "".join("".join(found).split()) == "".join(text.split())


def test_what_nobody_can_say_is_nothing() -> None:
    assert portions("") == portions(" \n ") == portions("… !? 🙂 —") == []
