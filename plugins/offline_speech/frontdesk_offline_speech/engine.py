"""The engine: orders for two programs, and their answers in the host's values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel, Field

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.speech import SpeechEngine, Voice
from frontdesk.sdk.values import Speech, Transcript

from .exchange import MIB
from .process import run
from .visemes import timeline
from .voices import IDS, VOICES
from .words import phrase

LONGEST_TEXT = 5_000
LONGEST_RECORDING = 300
"""Seconds."""
SECONDS_TO_SPEAK = 20
SECONDS_TO_LISTEN = 120
MEMORY_TO_SPEAK = 1024 * MIB
MEMORY_TO_LISTEN = 3072 * MIB
# Media types, and what FFmpeg calls the reader of each: it is told, so that a recording cannot choose an unusual one.
DEMUXERS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/webm": "matroska",
    "audio/mp4": "mp4",
    "audio/flac": "flac",
}
REFUSALS = {
    "voice": "This voice is not installed. Choose another one.",
    "no_sound": "The recording has no sound in it. Send another one.",
    "too_long": f"The recording is longer than {LONGEST_RECORDING // 60} minutes. Send a shorter one.",
    "unreadable": "The recording could not be read. Send a WAV, MP3, Ogg, WebM, M4A or FLAC file.",
}


class OfflineSpeechConfig(BaseModel):
    """What an owner may change."""

    speed: int = Field(165, ge=80, le=300, title=phrase("Speed"), description=phrase("Words a minute."))


class OfflineSpeech(SpeechEngine):
    """Speaks eight languages with espeak-ng and writes down English with Moonshine."""

    slug = "offline_speech"
    label = phrase("Offline speech")
    needs_network = False
    gives = ("audio/wav", "audio/mpeg")
    takes = tuple(DEMUXERS)
    hears = ("en",)

    async def voices(self, context: Context) -> Sequence[Voice]:
        return VOICES

    async def speak(self, text: str, *, voice: str, media_type: str, context: Context) -> AsyncIterator[Speech]:
        if voice not in IDS:
            raise SpeechRefused(REFUSALS["voice"])
        if len(text) > LONGEST_TEXT:
            raise SpeechRefused(f"The text is longer than {LONGEST_TEXT} characters. Send a shorter one.")
        assert isinstance(context.settings, OfflineSpeechConfig)
        order = {"voice": voice, "speed": context.settings.speed, "media_type": media_type}
        body = text.replace("\0", " ").encode("utf-8", "replace")
        head, audio = await run("speaking", order, body, seconds=SECONDS_TO_SPEAK, memory=MEMORY_TO_SPEAK)
        _check(head)
        sounds = [(float(start), str(sound)) for start, sound in head["sounds"]]
        yield Speech(audio, media_type, timeline(sounds, float(head["seconds"])))

    async def transcribe(self, audio: bytes, *, media_type: str, language: str, context: Context) -> Transcript:
        if find_spec("moonshine_voice") is None:
            raise SpeechError("Speech cannot be written down here: moonshine-voice does not exist for this system.")
        if language not in {"", *self.hears}:
            raise SpeechRefused("Only English can be written down without a network.")
        if media_type not in DEMUXERS:
            raise SpeechRefused(REFUSALS["unreadable"])
        order = {"demuxer": DEMUXERS[media_type], "longest": LONGEST_RECORDING}
        head, _rest = await run("listening", order, audio, seconds=SECONDS_TO_LISTEN, memory=MEMORY_TO_LISTEN)
        _check(head)
        return Transcript(str(head["text"]), "en", float(head["seconds"]))


def _check(head: dict[str, Any]) -> None:
    if reason := head.get("refused"):
        raise SpeechRefused(REFUSALS.get(reason, REFUSALS["unreadable"]))
