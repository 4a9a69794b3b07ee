"""Evaluators are asked where they are on and may see; one that breaks is a line, and the others are heard."""

from __future__ import annotations

from typing import Never

import pytest

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.evals import judging
from frontdesk.plugins import actions
from frontdesk.sdk.evaluators import Evaluator, Exchange, Verdict
from frontdesk.sdk.manifest import Permissions
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)
SEES = Permissions(data=("conversations", "knowledge"))
EXCHANGE = Exchange("When do you open?", "At eight.")


class Fine(Evaluator):
    slug, label, description = "fine", "Fine", "Likes everything."

    async def judge(self, exchange, context) -> Verdict:
        return Verdict(1.0, True, f"I like {exchange.answer}")


class Broken(Fine):
    slug, label = "broken", "Broken"

    async def judge(self, exchange, context) -> Never:
        raise ZeroDivisionError("by nought")


class Vague(Fine):
    slug, label = "vague", "Vague"

    async def judge(self, exchange, context) -> float:
        return 0.7


@pytest.fixture
def jury(install, owner, workspace) -> None:
    install(
        module("jury", permissions=SEES, hooks={"register_evaluators": lambda: [Fine, Broken, Vague]}),
        module("blind", hooks={"register_evaluators": lambda: [type("Blind", (Fine,), {"slug": "blind"})]}),
    )
    with scope(workspace=workspace):
        actions.turn_on(owner, "jury", agreed=SEES)
        actions.turn_on(owner, "blind", agreed=Permissions())
        actions.turn_off(owner, "checks")


async def test_a_broken_one_is_a_line_and_the_others_are_heard(jury, workspace) -> None:
    judged = {item.slug: item for item in await judging.judge(workspace, EXCHANGE)}
    assert judged["fine"].verdict == Verdict(1.0, True, "I like At eight.")
    assert "by nought" in judged["broken"].problem
    assert "float instead of Verdict" in judged["vague"].problem


async def test_who_did_not_ask_to_see_conversations_judges_none(jury, workspace) -> None:
    assert "blind" not in {item.slug for item in await judging.judge(workspace, EXCHANGE)}


async def test_they_are_on_where_an_owner_turned_them_on(jury, owner, workspace, other_workspace) -> None:
    assert {item.slug for item in await judging.judge(other_workspace, EXCHANGE)}.isdisjoint({"fine", "broken", "vague"})
    await in_thread(turn_off, owner, workspace)
    assert await judging.judge(workspace, EXCHANGE) == []


def turn_off(owner, workspace) -> None:
    with scope(workspace=workspace):
        actions.turn_off(owner, "jury")
