"""Runs a child: one order in, one answer out, killed when its time is over or nobody waits any more."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from frontdesk.sdk.errors import SpeechError

from .exchange import MIB, pack, unpack

AT_ONCE = 2
"""Children that run at the same time; the others wait."""
LARGEST_ANSWER = 64 * MIB
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def run(module: str, order: dict[str, Any], body: bytes, *, seconds: int, memory: int) -> tuple[dict[str, Any], bytes]:
    """Have a module of this package do an order. Raises SpeechError when it fails, is too slow or says too much."""
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    async with turn:
        order = {**order, "memory": memory, "seconds": seconds, "parent": os.getpid()}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", f"frontdesk_offline_speech.{module}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
        )
        try:
            async with asyncio.timeout(seconds):
                answer = await _converse(child, pack(order, body))
                await child.wait()
        except TimeoutError as error:
            raise SpeechError(f"Speech took longer than {seconds} seconds. Try a shorter text or recording.") from error
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await asyncio.shield(child.wait())
    try:
        return unpack(answer)
    except ValueError as error:
        raise SpeechError("The program for speech ended without an answer. Ask the operator to look.") from error


async def _converse(child: asyncio.subprocess.Process, order: bytes) -> bytes:
    """Write and read at once."""
    assert child.stdin is not None
    assert child.stdout is not None
    telling = asyncio.create_task(_tell(child.stdin, order))
    try:
        answer = bytearray()
        while piece := await child.stdout.read(MIB):
            answer += piece
            if len(answer) > LARGEST_ANSWER:
                raise SpeechError("The speech is too large. Try a shorter text.")
        return bytes(answer)
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _tell(pipe: asyncio.StreamWriter, order: bytes) -> None:
    # A child that dies early does not read its order; its silence is what counts.
    with suppress(ConnectionError):
        pipe.write(order)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
