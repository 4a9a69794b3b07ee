"""Engines made for a test, beside the real offline one."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, SecretStr

from frontdesk.core.scoping import scope
from frontdesk.plugins import actions
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.speech import SpeechEngine, Voice
from frontdesk.sdk.values import Speech, Transcript
from tests.ground.plugins import module


def wav(samples: bytes, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", ""))
        target.writeframes(samples)
    return file.getvalue()


class StudioConfig(BaseModel):
    key: SecretStr = SecretStr("")


class Studio(SpeechEngine):
    """Far away and paid for. What it says is what it was told, so that a test can read it."""

    slug = "studio"
    label = "Studio"
    gives = ("audio/mpeg", "audio/wav")
    takes = ("audio/wav",)
    hears = ("*",)
    shared_config_env: ClassVar[dict[str, str]] = {"key": "STUDIO_KEY"}
    usd_per_thousand_characters = 10.0
    usd_per_minute = 6.0
    log: ClassVar[list[tuple[str, str, str, str]]] = []

    async def voices(self, context: Context) -> Sequence[Voice]:
        if _key(context) == "lists nothing":
            raise SpeechError("The vendor is away.")
        return [Voice("anna", "Anna"), Voice("bo", "Bo", ("de",))]

    async def speak(self, text: str, *, voice: str, media_type: str, context: Context) -> AsyncIterator[Speech]:
        self.log.append((text, voice, media_type, context.language))
        if "unspeakable" in text:
            raise SpeechRefused("This cannot be said.")
        if _key(context) == "speaks nothing":
            raise SpeechError("The line broke.")
        for number, word in enumerate(text.split()):
            if word == "breaks":
                raise SpeechError("The line broke.")
            if word == "crashes":
                raise ZeroDivisionError
            audio = b"\xff\xfb" + word.encode()
            if media_type == "audio/mpeg":
                yield Speech(audio, media_type, [(float(number), 1)])
        if media_type == "audio/wav":
            yield Speech(wav(text.encode().ljust(400)[:400]), media_type)

    async def transcribe(self, audio: bytes, *, media_type: str, language: str, context: Context) -> Transcript:
        if _key(context) == "speaks nothing":
            raise SpeechError("The line broke.")
        return Transcript("Well heard.", language or "fr", 30.0)


def _key(context: Context) -> str:
    assert isinstance(context.settings, StudioConfig)
    return context.settings.key.get_secret_value()


@pytest.fixture
def studio(install: Any, owner: Any) -> Callable[[str], None]:
    """Turns the paid engine on in the café, with a key."""
    plugin = module("studio", config=StudioConfig, hooks={"register_speech": lambda: [Studio]})
    install(plugin)
    Studio.log.clear()

    def turn_on(key: str = "good") -> None:
        with scope(workspace=owner.workspace):
            actions.turn_on(owner, "studio", agreed=plugin.manifest().permissions)
            actions.configure(owner, "studio", {"key": key})

    return turn_on
