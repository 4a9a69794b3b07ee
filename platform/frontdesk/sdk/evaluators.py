"""Judging an answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from .context import Context
from .manifest import NoConfig
from .values import Passage


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, with what the agent had to go by. `expected` is the owner's own answer, perhaps empty."""

    question: str
    answer: str
    passages: Sequence[Passage] = ()
    expected: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is 0 (bad) … 1 (good); `reason` is a sentence for the owner. `passed` is None where it does not apply."""

    score: float
    passed: bool | None
    reason: str


class Evaluator(ABC):
    """One way to judge."""

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig

    @abstractmethod
    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        """Judge one answer."""
