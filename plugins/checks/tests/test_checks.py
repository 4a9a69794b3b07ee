"""What the checks find, in several scripts, and where they have nothing to say."""

from __future__ import annotations

import pytest
from frontdesk_checks import plugin
from frontdesk_checks.evaluators import (
    AddressesStand,
    FiguresStand,
    Length,
    NamesItsSource,
    SameScript,
    ShortEnough,
)

from frontdesk.sdk.evaluators import Exchange, Verdict
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.testing.evaluator_contract import EvaluatorContract
from frontdesk.sdk.values import Passage


def passage(text: str, url: str = "") -> Passage:
    return Passage(id=1, text=text, title="Guide", score=1.0, source_id=1, source_name="guide.pdf", url=url)


async def judge(evaluator, answer, *, question="What does it cost?", knows="", settings=None, url="") -> Verdict:
    exchange = Exchange(question, answer, [passage(knows, url)] if knows else [])
    return await evaluator().judge(exchange, context_for(plugin.manifest(), settings))


@pytest.mark.parametrize(
    ("answer", "knows", "passed"),
    [
        ("A coffee costs 4.50 [1].", "Coffee 4.50", True),
        ("A coffee costs 4,50.", "Coffee 4.50", True),
        ("سعر القهوة ٤٫٥٠", "Coffee 4.50", True),
        ("It costs 1,200 dollars.", "Price: 1200", True),
        ("A coffee costs 5.50.", "Coffee 4.50", False),
        ("We open at 08:00.", "Open from 8:00", True),
        ("We open at 8:30.", "Open from 8:00", False),
        ("We are open.", "Open from 8:00", None),
        ("See [12].", "nothing", None),
    ],
)
async def test_figures(answer, knows, passed) -> None:
    assert (await judge(FiguresStand, answer, knows=knows)).passed is passed


async def test_a_figure_of_the_question_may_be_repeated() -> None:
    assert (await judge(FiguresStand, "Yes, for 6 people.", question="A table for 6?")).passed


@pytest.mark.parametrize(
    ("answer", "knows", "passed"),
    [
        ("Write to hello@qamar.example.", "E-mail: hello@qamar.example", True),
        ("Book at https://qamar.example/book.", "https://qamar.example/book", True),
        ("Book at https://qamar.example/table", "https://qamar.example/book", False),
        ("Just come in.", "https://qamar.example/book", None),
    ],
)
async def test_addresses(answer, knows, passed) -> None:
    assert (await judge(AddressesStand, answer, knows=knows)).passed is passed


async def test_the_address_of_a_passage_may_be_said() -> None:
    assert (await judge(AddressesStand, "See https://qamar.example/menu", knows="Menu", url="https://qamar.example/menu")).passed


@pytest.mark.parametrize(("answer", "knows", "passed"), [("Yes [1].", "x", True), ("Yes.", "x", False), ("Yes.", "", None)])
async def test_sources(answer, knows, passed) -> None:
    assert (await judge(NamesItsSource, answer, knows=knows)).passed is passed


@pytest.mark.parametrize(
    ("question", "answer", "passed"),
    [
        ("متى تفتحون؟", "نفتح في الثامنة", True),
        ("متى تفتحون؟", "At eight.", False),
        ("何時に開きますか", "八時に開きます", True),
        ("When?", "8:00", None),
    ],
)
async def test_scripts(question, answer, passed) -> None:
    assert (await judge(SameScript, answer, question=question)).passed is passed


async def test_length_is_the_owners() -> None:
    assert (await judge(ShortEnough, "word " * 20, settings=Length(words=20))).passed
    verdict = await judge(ShortEnough, "word " * 40, settings=Length(words=20))
    assert (verdict.passed, verdict.score) == (False, 0.5)


class TestContract(EvaluatorContract):
    module = "frontdesk_checks.plugin"
