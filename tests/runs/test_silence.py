"""A vendor that stops talking, and a reader who takes his time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from frontdesk.core.threads import in_thread
from frontdesk.providers import calls
from frontdesk.runs import service
from frontdesk.sdk.errors import ProviderUnavailable
from frontdesk.sdk.testing.scripted import Pause, Say, ScriptedProvider
from frontdesk.sdk.values import ChatRequest, PartDelta, message

pytestmark = pytest.mark.django_db(transaction=True)
CHAIN = [calls.Candidate("scripted", "", None)]
REQUEST = ChatRequest("", [message("user", "Hello?")])


async def text(reports: list[calls.Call], *, pause: float = 0.0) -> str:
    """What the vendor says to a reader who pauses after every event."""
    said = ""
    async for event in calls.chat(CHAIN, REQUEST, report=reports.append):
        await asyncio.sleep(pause)
        said += event.text if isinstance(event, PartDelta) else ""
    return said


async def test_a_vendor_that_falls_silent_in_an_answer_is_given_up(
    scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SILENCE_SECONDS", 0.05)
    scripted.play([Say("Well"), Pause()])
    reports: list[calls.Call] = []
    with pytest.raises(ProviderUnavailable):
        await text(reports)
    assert ["silent" in report.problem for report in reports] == [True]


async def test_a_vendor_that_keeps_talking_is_not_silent(scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SILENCE_SECONDS", 1.0)
    words = " ".join(["word"] * 15)
    scripted.play(Say(words, pace=0.1))
    assert await text([]) == words


async def test_a_slow_reader_is_not_the_vendors_silence(scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SILENCE_SECONDS", 0.05)
    scripted.play(Say("One two."))
    assert await text([], pause=0.2) == "One two."


async def test_the_customer_gets_a_sentence(ask: Any, scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SILENCE_SECONDS", 0.05)
    scripted.play([Say("Well"), Pause()])
    taken = await in_thread(ask)
    await service.start(taken.run)
    ending = await service.wait(str(taken.run.uuid))
    assert (ending.type, ending.data["code"]) == ("run.failed", "PROVIDER_ERROR")
    await taken.run.arefresh_from_db()
    assert "silent" in taken.run.cause
