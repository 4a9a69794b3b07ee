"""The scripted provider plays exactly what it is told, and says so when it was asked for something else."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import orjson
import pytest
from pydantic import ValidationError

from frontdesk.sdk.errors import ProviderRateLimited, ProviderRejected
from frontdesk.sdk.testing.answers import read_answer
from frontdesk.sdk.testing.scripted import (
    CallTool,
    Fail,
    Finish,
    Pause,
    Report,
    Say,
    ScriptedConfig,
    ScriptedProvider,
    Stop,
    Think,
    UnexpectedCall,
)
from frontdesk.sdk.values import ChatMessage, ChatRequest, Finished, PartDelta, TextPart, Usage, message


def asking(text: str) -> ChatRequest:
    return ChatRequest(model="scripted", messages=(message("system", "Be kind."), message("user", text)))


async def test_steps_are_played_one_call_after_the_other() -> None:
    provider = ScriptedProvider(
        steps=[
            [Think("Hm."), Say("Let me look. ", cited=(7,)), CallTool("lookup", {"id": 7}, id="call_x")],
            Say("It is  blue.\n"),
            [Say("Far too"), Finish("length"), Report(Usage(5, 6))],
        ]
    )
    first = await read_answer(provider.chat(asking("What colour?")))
    assert (first.reasoning, first.text, first.cited, first.reason) == ("Hm.", "Let me look. ", (7,), "tool_calls")
    assert [(call.id, call.arguments) for call in first.tool_calls] == [("call_x", '{"id":7}')]
    second = await read_answer(provider.chat(asking("And now?")))
    assert (second.text, second.reason) == ("It is  blue.\n", "stop")
    third = await read_answer(provider.chat(asking("Go on")))
    assert (third.reason, third.usage) == ("length", Usage(5, 6))
    assert [request.messages[-1].text for request in provider.requests] == ["What colour?", "And now?", "Go on"]
    provider.assert_finished()


async def test_text_comes_word_by_word() -> None:
    provider = ScriptedProvider(steps=[Say("We open at nine.")])
    events = [event async for event in provider.chat(asking("When?"))]
    assert [event.text for event in events if isinstance(event, PartDelta)] == ["We", " open", " at", " nine."]


async def test_a_step_too_few_fails_even_if_the_host_swallows_it() -> None:
    provider = ScriptedProvider(steps=[])
    with pytest.raises(UnexpectedCall):
        await read_answer(provider.chat(asking("Hello")))
    with pytest.raises(UnexpectedCall, match="1 times more often"):
        provider.assert_finished()


async def test_a_step_too_many_fails() -> None:
    provider = ScriptedProvider(steps=[Say("Hello"), Say("Never heard")])
    await read_answer(provider.chat(asking("Hello")))
    with pytest.raises(AssertionError, match="Never heard"):
        provider.assert_finished()


async def test_a_vendor_can_fail_in_the_middle() -> None:
    provider = ScriptedProvider(steps=[[Say("One moment"), Fail(ProviderRateLimited("Slow down.", retry_after=2))]])
    heard = []
    with pytest.raises(ProviderRateLimited) as caught:
        async for event in provider.chat(asking("Hello")):
            heard.append(event)  # noqa: PERF401 - the events before the error are wanted
    assert caught.value.retry_after == 2
    assert heard


async def test_a_vendor_can_break_off() -> None:
    provider = ScriptedProvider(steps=[[Say("One moment"), Stop()]])
    events = [event async for event in provider.chat(asking("Hello"))]
    assert events
    assert not any(isinstance(event, Finished) for event in events)


async def test_a_pause_holds_until_another_thread_releases_it() -> None:
    pause = Pause()
    provider = ScriptedProvider(steps=[[Say("One"), pause, Say(" two")]])
    reading = asyncio.create_task(read_answer(provider.chat(asking("Count"))))
    await pause.reached()
    assert not reading.done()
    threading.Thread(target=pause.release).start()
    assert (await reading).text == "One two"


async def test_a_cancelled_reader_leaves_a_pause_that_can_be_released() -> None:
    pause = Pause()
    reading = asyncio.create_task(read_answer(ScriptedProvider(steps=[[pause]]).chat(asking("Count"))))
    await pause.reached()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    pause.release()
    assert reading.cancelled()


async def test_without_a_script_it_repeats() -> None:
    assert (await read_answer(ScriptedProvider().chat(asking("Is it me?")))).text == "Is it me?"


async def test_a_file_answers_by_what_was_asked(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_bytes(
        orjson.dumps(
            {
                "lines": [
                    {"when": "REFUND", "steps": [{"call": "lookup", "arguments": {"id": 7}}]},
                    {"role": "tool", "when": "paid", "steps": [{"think": "Good."}, {"pause": 0}, {"say": "Done."}]},
                    {"when": "slow", "steps": [{"fail": "ProviderRateLimited", "retry_after": 3}]},
                    {"when": "long", "steps": [{"say": "So", "pace": 0}, {"finish": "length"}]},
                    {"when": "cut", "steps": [{"stop": True}]},
                ]
            }
        )
    )
    # Two objects stand for two processes: neither remembers what the other has played.
    for provider in [ScriptedProvider(ScriptedConfig(script=str(script))) for _ in range(2)]:
        assert (await read_answer(provider.chat(asking("A refund, please")))).tool_calls[0].name == "lookup"
        result = ChatMessage("tool", (TextPart("paid yesterday"),), tool_call_id="call_1", name="lookup")
        answer = await read_answer(provider.chat(ChatRequest("scripted", (message("user", "A refund, please"), result))))
        assert (answer.reasoning, answer.text) == ("Good.", "Done.")
        with pytest.raises(ProviderRateLimited):
            await read_answer(provider.chat(asking("slow")))
        assert (await read_answer(provider.chat(asking("a long story")))).reason == "length"
        assert [event async for event in provider.chat(asking("cut"))] == []
        with pytest.raises(ProviderRejected, match=r"script\.json has no line"):
            await read_answer(provider.chat(asking("something else")))


@pytest.mark.parametrize("step", [{"says": "typo"}, {"fail": "NoSuchError"}, {"pause": -1}, {"say": "two", "think": "at once"}])
async def test_a_wrong_file_is_refused(tmp_path: Path, step: dict) -> None:
    script = tmp_path / "script.json"
    script.write_bytes(orjson.dumps({"lines": [{"steps": [step]}]}))
    with pytest.raises(ValidationError):
        await read_answer(ScriptedProvider(ScriptedConfig(script=str(script))).chat(asking("Hello")))


async def test_texts_with_words_in_common_are_near() -> None:
    provider = ScriptedProvider()
    vectors, usage = await provider.embed(
        "scripted-embedding", ["Opening hours on Sunday", "hours on sunday?", "Chocolate cake", ""], kind="document"
    )
    assert vectors[0] @ vectors[1] > 0.7 > 0.4 > vectors[0] @ vectors[2]
    assert usage.input_tokens == 9
    assert provider.embedded[2] == "Chocolate cake"
