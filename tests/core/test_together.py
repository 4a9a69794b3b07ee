"""Calls that come in at the same moment are done as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from frontdesk.core.together import Together


class Refused(Exception):
    pass


async def test_those_who_wait_are_served_together_each_with_their_own_answer() -> None:
    batches: list[list[int]] = []

    def double(numbers: Sequence[int]) -> list[int]:
        batches.append(list(numbers))
        return [2 * number for number in numbers]

    together = Together(double, most=4)
    assert await asyncio.gather(*(together(number) for number in range(10))) == [2 * number for number in range(10)]
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert await together(7) == 14, "and afterwards"


async def test_one_who_is_refused_does_not_harm_the_others() -> None:
    together: Together[int, int] = Together(lambda numbers: [Refused(number) if number == 1 else number for number in numbers])
    answers = await asyncio.gather(*(together(number) for number in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Refused, int]


async def test_when_the_work_itself_fails_everybody_hears_it_and_the_next_ones_are_served() -> None:
    fails = [True, False]

    def work(numbers: Sequence[int]) -> list[int]:
        if fails.pop(0):
            raise ConnectionError("the database is away")
        return list(numbers)

    together = Together(work)
    answers = await asyncio.gather(together(1), together(2), return_exceptions=True)
    assert all(isinstance(answer, ConnectionError) for answer in answers)
    assert await together(3) == 3


async def test_one_who_leaves_does_not_harm_the_others() -> None:
    together: Together[int, int] = Together(list)
    leaves, stays = asyncio.ensure_future(together(1)), asyncio.ensure_future(together(2))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await leaves
