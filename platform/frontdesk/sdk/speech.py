"""Speaking answers and writing down what customers say."""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .context import Context
from .values import Speech, Transcript


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice. `languages` are two-letter codes; empty for any."""

    id: str
    label: str
    languages: tuple[str, ...] = ()


class SpeechEngine(ABC):
    """Turns text into speech, speech into text, or both. `context.settings` is the plugin's own config.

    What an engine does not offer it leaves as it is here: no voices, no transcripts.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    needs_network: ClassVar[bool] = True
    hears: ClassVar[tuple[str, ...]] = ()
    """Languages of speech that it can write down; ("*",) for any."""

    async def voices(self, context: Context) -> Sequence[Voice]:
        """The voices. Also the connection test: raises SpeechError with a sentence for the owner."""
        return []

    def speak(self, text: str, *, voice: str, context: Context) -> AsyncIterator[Speech]:
        """Speak a text, piece by piece; times of visemes count from the start of the text. Raises SpeechError."""
        raise NotImplementedError(f"{self.label} does not speak.")

    async def transcribe(self, audio: bytes, *, media_type: str, language: str, context: Context) -> Transcript:
        """Write down what is said; an empty text for silence. Raises SpeechError."""
        raise NotImplementedError(f"{self.label} does not listen.")
