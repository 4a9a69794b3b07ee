"""Whatever a plugin does when it is called, the host gets an answer or a sentence, and soon."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from frontdesk.core.scoping import scope
from frontdesk.plugins import calling, incidents
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.plugins.models import Incident
from frontdesk.sdk.errors import ToolError

SHORT = 0.2


async def works(text: str) -> str:
    return text.upper()


async def breaks() -> None:
    raise ZeroDivisionError("by nought")


async def waits() -> None:
    await asyncio.sleep(60)


async def leaves() -> None:
    raise SystemExit(3)


async def refuses() -> None:
    raise ToolError("There is no such city.")


async def test_an_answer_comes_back_from_a_thread_of_the_plugin() -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert await calling.call("good", "test", works, "hello") == "HELLO"
    assert await calling.call("good", "test", where) == "plugin good"


@pytest.mark.parametrize(
    ("function", "says"),
    [(breaks, "by nought"), (waits, "did not answer in time"), (leaves, "SystemExit")],
    ids=["breaks", "waits", "leaves"],
)
async def test_a_failure_is_a_sentence_with_the_plugins_name(function, says) -> None:
    with pytest.raises(PluginFailed, match="The plugin bad failed") as failed:
        await calling.call("bad", "test", function, seconds=SHORT)
    assert says in str(failed.value)


async def test_what_it_says_on_purpose_passes() -> None:
    for _ in range(calling.FAILURES + 1):
        with pytest.raises(ToolError, match="no such city"):
            await calling.call("good", "tool weather", refuses)


async def test_an_answer_of_another_type_is_a_failure() -> None:
    with pytest.raises(PluginFailed, match="str instead of int"):
        await calling.call("bad", "test", works, "x", answers=int)


async def test_a_plugin_that_blocks_its_thread_loses_it_and_nobody_else_waits(monkeypatch) -> None:
    monkeypatch.setattr(calling, "GRACE_SECONDS", SHORT)
    let_go = threading.Event()

    async def blocks() -> None:
        let_go.wait(30)

    try:
        failing = asyncio.create_task(calling.call("hung", "test", blocks, seconds=SHORT))
        await asyncio.sleep(0)
        assert await calling.call("good", "test", works, "meanwhile") == "MEANWHILE"
        with pytest.raises(PluginFailed, match="did not answer in time"):
            await failing
        assert await calling.call("hung", "other", works, "again") == "AGAIN", "it gets a new thread"
        for _ in range(calling.MOST_STUCK - 1):
            with pytest.raises(PluginFailed):
                await calling.call("hung", "test", blocks, seconds=SHORT)
        with pytest.raises(PluginResting, match="until the next start"):
            await calling.call("hung", "other", works, "x")
    finally:
        let_go.set()


async def test_who_fails_again_and_again_is_left_alone_for_a_while(monkeypatch) -> None:
    for _ in range(calling.FAILURES):
        with pytest.raises(PluginFailed):
            await calling.call("bad", "test", breaks)
    called = []

    async def counts() -> None:
        called.append(1)

    with pytest.raises(PluginResting, match="left alone for a minute"):
        await calling.call("bad", "test", counts)
    assert not called
    assert await calling.call("bad", "another part", works, "x") == "X"
    now = time.monotonic()
    monkeypatch.setattr(calling.time, "monotonic", lambda: now + calling.REST_SECONDS + 1)
    await calling.call("bad", "test", counts)
    await calling.call("bad", "test", counts)
    assert len(called) == 2


async def test_who_is_cancelled_ends_the_call() -> None:
    ended = threading.Event()

    async def notices() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    calling_it = asyncio.create_task(calling.call("good", "test", notices))
    await asyncio.sleep(0.05)
    calling_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling_it
    assert await asyncio.to_thread(ended.wait, 5)


async def test_a_stream_comes_piece_by_piece_and_is_closed_when_one_leaves() -> None:
    closed = threading.Event()

    async def counts() -> AsyncIterator[int]:
        try:
            for number in range(100):
                yield number
        finally:
            closed.set()

    got = []
    pieces = calling.stream("good", "speech", counts, answers=int)
    async for piece in pieces:
        got.append(piece)
        if piece == 2:
            break
    await pieces.aclose()
    assert got == [0, 1, 2]
    assert await asyncio.to_thread(closed.wait, 5)


async def test_a_stream_that_breaks_halfway_is_a_failure() -> None:
    async def halfway() -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("no more")

    got = []
    with pytest.raises(PluginFailed, match="no more"):
        async for piece in calling.stream("bad", "speech", halfway):
            got.append(piece)
    assert got == [1]


def test_plain_functions_have_the_same_protection() -> None:
    let_go = threading.Event()
    assert calling.call_now("good", "parse", str.upper, "a") == "A"
    with pytest.raises(PluginFailed, match="in time"):
        calling.call_now("bad", "parse", let_go.wait, 30, seconds=SHORT)
    let_go.set()


def test_a_thread_that_waits_for_a_coroutine_has_the_same_protection(monkeypatch) -> None:
    monkeypatch.setattr(calling, "GRACE_SECONDS", SHORT)
    let_go = threading.Event()

    async def blocks() -> None:
        let_go.wait(30)

    assert calling.call_and_wait("good", "send", works, "hello") == "HELLO"
    with pytest.raises(ToolError, match="no such city"):
        calling.call_and_wait("good", "send", refuses)
    for function in (breaks, waits, leaves, cancels_itself, blocks):
        with pytest.raises(PluginFailed, match="The plugin bad failed"):
            calling.call_and_wait("bad", f"send {function.__name__}", function, seconds=SHORT)
    assert calling.call_and_wait("bad", "send", works, "again") == "AGAIN", "it gets a new thread"
    let_go.set()


@pytest.mark.django_db(transaction=True)
def test_an_owner_sees_what_failed_once_with_how_often(workspace, other_workspace) -> None:
    for _ in range(3):
        with pytest.raises(PluginFailed):
            calling.call_now("bad", "parse", int, "x", workspace=workspace.uuid)
    incidents.written()
    with scope(workspace=workspace):
        row = Incident.objects.get()
    assert (row.plugin, row.what, row.times) == ("bad", "parse", 3)
    assert "invalid literal" in row.problem
    with scope(workspace=other_workspace):
        assert not Incident.objects.exists()


class Farewell(BaseException):
    """What `except Exception` does not catch."""


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


def raises(error: type[BaseException]) -> Any:
    async def function() -> None:
        raise error

    return function


@pytest.mark.parametrize(
    "function",
    [cancels_itself, *map(raises, (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, Farewell))],
    ids=range(5),
)
async def test_a_plugin_cancels_and_ends_nothing_but_itself(function) -> None:
    with pytest.raises(PluginFailed, match="The plugin bad failed"):
        await calling.call("bad", "test", function, seconds=SHORT)


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit, Farewell])
def test_a_plain_function_ends_nothing_but_itself(error) -> None:
    def function() -> None:
        raise error

    with pytest.raises(PluginFailed, match="The plugin bad failed"):
        calling.call_now("bad", "test", function)


async def test_several_calls_behind_one_that_hangs_count_as_one(monkeypatch) -> None:
    monkeypatch.setattr(calling, "GRACE_SECONDS", SHORT)
    let_go = threading.Event()

    async def blocks() -> None:
        let_go.wait(30)

    try:
        calls = [calling.call("queue", f"test {number}", blocks, seconds=SHORT) for number in range(calling.MOST_STUCK + 1)]
        assert all(isinstance(each, PluginFailed) for each in await asyncio.gather(*calls, return_exceptions=True))
        assert await calling.call("queue", "test", works, "again") == "AGAIN"
    finally:
        let_go.set()


async def test_what_waits_behind_a_call_that_hangs_is_given_up_before_it_begins(monkeypatch) -> None:
    monkeypatch.setattr(calling, "GRACE_SECONDS", SHORT)
    let_go, hangs, began = threading.Event(), threading.Event(), []

    async def blocks(name: str) -> str:
        began.append((name, threading.current_thread(), asyncio.get_running_loop()))
        hangs.set()
        let_go.wait(60)
        return name

    try:
        first = asyncio.create_task(calling.call("late", "test", blocks, "first", seconds=60))
        assert await asyncio.to_thread(hangs.wait, 60)
        with pytest.raises(PluginFailed, match="did not answer in time"):
            await calling.call("late", "other", blocks, "second", seconds=SHORT)
    finally:
        let_go.set()
    assert await first == "first", "it had more time"
    [(_first, thread, loop)] = began
    await asyncio.to_thread(thread.join, 60)
    assert asyncio.all_tasks(loop) == set()
    assert len(began) == 1
