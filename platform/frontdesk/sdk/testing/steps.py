"""What a scripted model does, step by step, in Python or from a JSON file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .. import errors
from ..errors import ProviderError
from ..values import ChatMessage, FinishReason, Usage


@dataclass(frozen=True, slots=True)
class Say:
    """Write a text, word by word, with `pace` seconds before each word (None: the provider's pace)."""

    text: str
    pace: float | None = None
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Think:
    """Write a text that only the owner may see."""

    text: str


@dataclass(frozen=True, slots=True)
class CallTool:
    """Ask for a tool. `arguments` may be text that is not JSON."""

    name: str
    arguments: Mapping[str, Any] | str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """Fail as a vendor does."""

    error: ProviderError


@dataclass(frozen=True, slots=True)
class Finish:
    """End the answer for another reason than having said everything."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Stop:
    """Break off: no usage, no Finished, no error."""


@dataclass(frozen=True, slots=True)
class Report:
    """Report this usage at the end of the answer, instead of the number of words."""

    usage: Usage


class Pause:
    """Wait `seconds`, or with none given until `release` is called, from whichever thread."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self._reached: Future[None] = Future()
        self._released: Future[None] = Future()

    def release(self) -> None:
        """Let the model go on."""
        self._released.set_result(None)

    async def reached(self) -> None:
        """Wait until the model has come to this step."""
        await asyncio.shield(asyncio.wrap_future(self._reached))

    async def wait(self) -> None:
        """What the model does here."""
        if not self._reached.done():
            self._reached.set_result(None)
        if self.seconds is None:
            await asyncio.shield(asyncio.wrap_future(self._released))
        else:
            await asyncio.sleep(self.seconds)


Step = Say | Think | CallTool | Fail | Finish | Stop | Report | Pause
Call = Step | Sequence[Step]
"""What is played in one call of the model: one step, or several."""


def steps_of(call: Call) -> tuple[Step, ...]:
    return tuple(call) if isinstance(call, Sequence) else (call,)


# --- from a file --------------------------------------------------------------------------------------------------


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WrittenSay(_Written):
    say: str
    pace: float | None = None

    def step(self) -> Step:
        return Say(self.say, self.pace)


class WrittenThink(_Written):
    think: str

    def step(self) -> Step:
        return Think(self.think)


class WrittenCall(_Written):
    call: str
    arguments: dict[str, Any] | str = ""

    def step(self) -> Step:
        return CallTool(self.call, self.arguments)


class WrittenPause(_Written):
    pause: Annotated[float, Field(ge=0)]

    def step(self) -> Step:
        return Pause(self.pause)


class WrittenFail(_Written):
    fail: Literal[
        "ProviderAuthError",
        "ProviderQuotaError",
        "ProviderRateLimited",
        "ProviderUnavailable",
        "ProviderRejected",
        "ProviderStopped",
    ]
    cause: str = "The script says so."
    retry_after: float | None = None

    def step(self) -> Step:
        return Fail(getattr(errors, self.fail)(self.cause, retry_after=self.retry_after))


class WrittenFinish(_Written):
    finish: FinishReason

    def step(self) -> Step:
        return Finish(self.finish)


class WrittenStop(_Written):
    stop: Literal[True]

    def step(self) -> Step:
        return Stop()


WrittenStep = WrittenSay | WrittenThink | WrittenCall | WrittenPause | WrittenFail | WrittenFinish | WrittenStop


class Line(_Written):
    """What to play when the last message is from `role` and holds `when`, whatever the case. Empty: any text."""

    when: str = ""
    role: Literal["user", "tool"] = "user"
    steps: list[WrittenStep]

    def fits(self, last: ChatMessage) -> bool:
        return last.role == self.role and self.when.casefold() in last.text.casefold()


class Script(_Written):
    """A file for tests that run in other processes. Lines are found by what was asked and never used up, so that a
    process that starts again, or several at once, play the same."""

    lines: list[Line]

    def steps_for(self, messages: Iterable[ChatMessage]) -> tuple[Step, ...] | None:
        """The steps of the first line that fits, None when none does."""
        last = [message for message in messages if message.role != "system"][-1:]
        fitting = (line for line in self.lines for message in last if line.fits(message))
        line = next(fitting, None)
        return tuple(step.step() for step in line.steps) if line else None
