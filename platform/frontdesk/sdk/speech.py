"""Speaking answers and writing down what customers say."""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from .context import Context
from .values import Speech, Transcript


class Viseme(IntEnum):
    """Shapes of a mouth, with the numbers and names of OVR LipSync and OpenXR (XrFaceTrackingVisemeMETA).

    A row of `Speech.visemes` is (start in seconds, one of these); a shape holds until the next one starts.
    """

    SIL = 0
    """at rest"""
    PP = 1
    """p b m"""
    FF = 2
    """f v"""
    TH = 3
    """th"""
    DD = 4
    """t d"""
    KK = 5
    """k g"""
    CH = 6
    """ch j sh"""
    SS = 7
    """s z"""
    NN = 8
    """n l"""
    RR = 9
    """r"""
    AA = 10
    """car"""
    E = 11
    """bed"""
    IH = 12
    """tip"""
    OH = 13
    """toe"""
    OU = 14
    """book"""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice. `languages` are two-letter codes; empty for any."""

    id: str
    label: str
    languages: tuple[str, ...] = ()


class SpeechEngine(ABC):
    """Turns text into speech, speech into text, or both. `context.settings` is the plugin's own config.

    What an engine does not offer it leaves as it is here. It is handed a sentence or a few at a time.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    needs_network: ClassVar[bool] = True
    gives: ClassVar[tuple[str, ...]] = ()
    """Media types that it speaks, of "audio/wav" and "audio/mpeg", the one it does best first; empty when it does not speak."""
    takes: ClassVar[tuple[str, ...]] = ()
    """Media types that it writes down, without parameters; empty when it does not listen."""
    hears: ClassVar[tuple[str, ...]] = ()
    """Languages of speech that it can write down; ("*",) for any."""
    shared_config_env: ClassVar[dict[str, str]] = {}
    """Field of the plugin's config → environment variable. Each must be filled in, by the owner or so by the operator for all."""
    usd_per_thousand_characters: ClassVar[float] = 0.0
    """What the vendor charges for speaking, for the figures and for credits."""
    usd_per_minute: ClassVar[float] = 0.0
    """What the vendor charges for writing down."""

    async def voices(self, context: Context) -> Sequence[Voice]:
        """The voices. Also the connection test: raises SpeechError with a sentence for the owner."""
        return []

    def speak(self, text: str, *, voice: str, media_type: str, context: Context) -> AsyncIterator[Speech]:
        """Speak a text, piece by piece; times of visemes count from the start of the text. Raises SpeechError.

        The pieces, joined, are one file of that type. WAV (16-bit PCM) is always a single piece.
        """
        raise NotImplementedError(f"{self.label} does not speak.")

    async def transcribe(self, audio: bytes, *, media_type: str, language: str, context: Context) -> Transcript:
        """Write down what is said; an empty text for silence. An empty `language` is the engine's to find. Raises SpeechError."""
        raise NotImplementedError(f"{self.label} does not listen.")
