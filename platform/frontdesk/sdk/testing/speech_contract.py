"""What a speech engine owes. A plugin's tests subclass these, say how an engine and its context are made, and pass.

class TestMine(SpeakingContract, ListeningContract):
    module = "frontdesk_mine.plugin"
    engine = MyEngine
    texts = {"en": "We open at nine."}

    def make_context(self): …       # the plugin's config, a client that reaches it or its double
    def recording(self, kind): …    # "speech", "silence" or "garbage", as bytes of the first type that the engine takes
"""

from __future__ import annotations

import importlib
import io
import logging
import wave
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from ..context import Context
from ..errors import SpeechError
from ..manifest import Manifest
from ..speech import SpeechEngine, Viseme, Voice
from ..values import Speech, Transcript
from ..vendor import HttpFactory, plain_http
from .context import MemoryStorage

GIVES = {"audio/wav", "audio/mpeg"}
Recording = Literal["speech", "silence", "garbage"]


def make_context(settings: BaseModel, *, http: HttpFactory = plain_http) -> Context:
    """A context for tests, in a workspace that nobody has."""
    log = logging.getLogger("frontdesk.plugin.under_test")
    return Context("under_test", UUID(int=0), settings, http, MemoryStorage(room=0), log)


def check_speech(pieces: Sequence[Speech], media_type: str) -> bytes:
    """The rules of `SpeechEngine.speak`; gives the joined audio. Raises AssertionError with a sentence."""
    assert pieces, "Nothing was spoken."
    assert {piece.media_type for piece in pieces} == {media_type}, "Every piece is of the type that was asked for."
    audio = b"".join(piece.audio for piece in pieces)
    rows = [row for piece in pieces for row in piece.visemes]
    assert all(len(row) == 2 and int(row[1]) in set(Viseme) for row in rows), "A row is (start, viseme)."
    starts = [row[0] for row in rows]
    assert starts == sorted(set(starts)), "The starts rise."
    assert not rows or starts[0] >= 0, "Nothing begins before the audio."
    if media_type == "audio/wav":
        assert len(pieces) == 1, "A WAV is a single piece."
        seconds = seconds_of(audio)
        assert seconds > 0, "The file is empty."
        assert not rows or starts[-1] < seconds, "No viseme begins after the audio."
    else:
        assert audio[:3] == b"ID3" or (audio[0] == 0xFF and audio[1] & 0xE0 == 0xE0), "This is no MP3."
    return audio


def seconds_of(wav: bytes) -> float:
    """Length of a WAV, which is 16-bit PCM as far as the host is concerned."""
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getsampwidth() == 2, "16-bit PCM."
        return file.getnframes() / file.getframerate()


class EngineContract:
    """What every engine owes."""

    module: ClassVar[str]
    engine: ClassVar[type[SpeechEngine]]

    @abstractmethod
    def make_context(self) -> Context:
        """A context with the plugin's config."""

    @pytest.fixture
    def context(self) -> Context:
        return self.make_context()

    def test_the_plugin_offers_it(self) -> None:
        plugin = importlib.import_module(self.module)
        assert isinstance(plugin.manifest(), Manifest)
        assert self.engine in plugin.register_speech()

    def test_it_says_what_it_does(self) -> None:
        assert self.engine.label
        assert set(self.engine.gives) <= GIVES
        assert self.engine.gives or self.engine.takes, "It speaks or listens."
        assert bool(self.engine.takes) == bool(self.engine.hears)
        assert all(kind.startswith("audio/") and ";" not in kind for kind in self.engine.takes)
        assert set(self.engine.shared_config_env) <= set(importlib.import_module(self.module).manifest().config.model_fields)


class SpeakingContract(EngineContract):
    """What an engine with voices owes."""

    texts: ClassVar[Mapping[str, str]] = {"en": "We open at nine in the morning."}
    """Language → what is spoken in it."""

    async def voice_for(self, language: str, context: Context) -> Voice:
        voices = await self.engine().voices(context)
        return next(voice for voice in voices if not voice.languages or language in voice.languages)

    async def say(self, text: str, voice: str, media_type: str, context: Context) -> list[Speech]:
        spoken = self.engine().speak(text, voice=voice, media_type=media_type, context=context)
        return [piece async for piece in spoken]

    async def test_voices_can_be_told_apart(self, context: Context) -> None:
        voices = await self.engine().voices(context)
        assert voices
        assert len({voice.id for voice in voices}) == len(voices)
        assert all(voice.id and voice.label for voice in voices)
        assert all(len(language) == 2 and language.islower() for voice in voices for language in voice.languages)

    async def test_it_speaks_each_language_in_each_type(self, context: Context) -> None:
        for language, text in self.texts.items():
            voice = await self.voice_for(language, context)
            for media_type in self.engine.gives:
                check_speech(await self.say(text, voice.id, media_type, context), media_type)

    async def test_mouths_move(self, context: Context) -> None:
        for language, text in self.texts.items():
            voice = await self.voice_for(language, context)
            pieces = await self.say(text, voice.id, self.engine.gives[0], context)
            shapes = {row[1] for piece in pieces for row in piece.visemes}
            assert len(shapes) > 1, f"{language}: {shapes}"

    async def test_an_unknown_voice_is_an_error_with_a_sentence(self, context: Context) -> None:
        with pytest.raises(SpeechError, match=r"\.$"):
            await self.say("Hello.", "nobody/../has this voice", self.engine.gives[0], context)

    async def test_leaving_early_is_no_error(self, context: Context) -> None:
        voice = await self.voice_for("en", context)
        spoken: Any = self.engine().speak(self.texts["en"], voice=voice.id, media_type=self.engine.gives[-1], context=context)
        assert (await anext(spoken)).audio
        await spoken.aclose()


class ListeningContract(EngineContract):
    """What an engine that writes down speech owes."""

    spoken: ClassVar[str] = "open"
    """A word that is said in the recording."""

    @abstractmethod
    def recording(self, kind: Recording) -> bytes:
        """Audio of the first type that the engine takes."""

    @pytest.fixture
    def listen(self, context: Context) -> Callable[[bytes, str], Awaitable[Transcript]]:
        async def hear(audio: bytes, language: str = "en") -> Transcript:
            return await self.engine().transcribe(audio, media_type=self.engine.takes[0], language=language, context=context)

        return hear

    async def test_speech_is_written_down(self, listen: Callable[..., Awaitable[Transcript]]) -> None:
        transcript = await listen(self.recording("speech"))
        assert self.spoken in transcript.text.lower()
        assert transcript.language == "en"
        assert transcript.seconds > 0

    async def test_the_language_may_be_left_to_the_engine(self, listen: Callable[..., Awaitable[Transcript]]) -> None:
        assert (await listen(self.recording("speech"), "")).language == "en"

    async def test_silence_is_nothing(self, listen: Callable[..., Awaitable[Transcript]]) -> None:
        assert (await listen(self.recording("silence"))).text == ""

    async def test_what_is_no_audio_is_an_error_with_a_sentence(self, listen: Callable[..., Awaitable[Transcript]]) -> None:
        with pytest.raises(SpeechError, match=r"\.$"):
            await listen(self.recording("garbage"))
