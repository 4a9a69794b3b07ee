"""Offline speech: the contract on the real engines, and what a hostile recording or a slow child gets."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import wave

import av
import numpy as np
import psutil
import pytest
from frontdesk_offline_speech import process
from frontdesk_offline_speech.engine import DEMUXERS, LONGEST_RECORDING, LONGEST_TEXT, OfflineSpeech, OfflineSpeechConfig
from frontdesk_offline_speech.exchange import MIB, pack, unpack
from frontdesk_offline_speech.visemes import shapes_of, timeline
from frontdesk_offline_speech.voices import VOICES

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.speech import Viseme
from frontdesk.sdk.testing.speech_contract import ListeningContract, Recording, SpeakingContract, make_context, seconds_of

ORDER = {"voice": "en-us", "speed": 150, "media_type": "audio/wav"}
CONTEXT = make_context(OfflineSpeechConfig())
SENTENCE = "We open at nine in the morning, and we close at six in the evening."
TEXTS = {
    "en": SENTENCE,
    "ar": "مرحبا، كيف يمكنني مساعدتك اليوم؟",
    "fr": "Bonjour, comment puis-je vous aider ?",
    "de": "Guten Tag, wie kann ich Ihnen helfen?",
    "es": "Hola, ¿en qué puedo ayudarle?",
    "tr": "Merhaba, size nasıl yardımcı olabilirim?",
    "zh": "你好，我能帮你什么？",
    "hi": "नमस्ते, मैं आपकी कैसे मदद कर सकता हूँ?",
}
# What FFmpeg calls the writer and the codec of each type.
WRITERS = {
    "audio/wav": ("wav", "pcm_s16le", 16_000),
    "audio/mpeg": ("mp3", "mp3", 24_000),
    "audio/ogg": ("ogg", "libopus", 48_000),
    "audio/webm": ("webm", "libopus", 48_000),
    "audio/mp4": ("mp4", "aac", 44_100),
    "audio/flac": ("flac", "flac", 22_050),
}


async def speak(text: str, voice: str = "en-us", media_type: str = "audio/wav", context: Context = CONTEXT) -> bytes:
    pieces = [piece async for piece in OfflineSpeech().speak(text, voice=voice, media_type=media_type, context=context)]
    return b"".join(piece.audio for piece in pieces)


async def listen(audio: bytes, media_type: str = "audio/wav", language: str = "") -> str:
    transcript = await OfflineSpeech().transcribe(audio, media_type=media_type, language=language, context=CONTEXT)
    return transcript.text


def wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setparams((1, 2, 8_000, 0, "NONE", ""))
        target.writeframes(samples)
    return file.getvalue()


def silence(seconds: float) -> bytes:
    return wav(bytes(int(seconds * 8_000) * 2))


def converted(wav: bytes, media_type: str) -> bytes:
    """A recording as a browser or a phone would send it."""
    writer, codec, rate = WRITERS[media_type]
    file = io.BytesIO()
    with av.open(io.BytesIO(wav)) as source, av.open(file, "w", format=writer) as target:
        stream = target.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1024)
        for decoded in (*source.decode(audio=0), None):
            for frame in resampler.resample(decoded):
                target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return file.getvalue()


class TestContract(SpeakingContract, ListeningContract):
    module = "frontdesk_offline_speech.plugin"
    engine = OfflineSpeech
    texts = TEXTS

    def make_context(self) -> Context:
        return CONTEXT

    def recording(self, kind: Recording) -> bytes:
        return {"speech": recorded(), "silence": silence(3), "garbage": b"not a recording" * 99}[kind]


def recorded() -> bytes:
    order = {
        "voice": "en-us",
        "speed": 150,
        "media_type": "audio/wav",
        "memory": 1024 * MIB,
        "seconds": 20,
        "parent": os.getpid(),
    }
    command = [sys.executable, "-m", "frontdesk_offline_speech.speaking"]
    return unpack(subprocess.run(command, input=pack(order, SENTENCE.encode()), capture_output=True, check=True).stdout)[1]


async def test_every_voice_speaks() -> None:
    for voice in VOICES:
        assert seconds_of(await speak("1 2 3", voice.id)) > 0.3, voice


async def test_speed_is_the_owners() -> None:
    slow, fast = (make_context(OfflineSpeechConfig(speed=speed)) for speed in (80, 300))
    assert seconds_of(await speak(SENTENCE, context=slow)) > 2 * seconds_of(await speak(SENTENCE, context=fast))


@pytest.mark.parametrize("media_type", DEMUXERS)
async def test_each_kind_of_recording_is_understood(media_type) -> None:
    text = await listen(converted(await speak(SENTENCE), media_type), media_type)
    assert "morning" in text.lower()


async def test_noise_is_not_words() -> None:
    noise = (np.random.default_rng(1).normal(size=48_000) * 900).astype("<i2").tobytes()
    assert await listen(wav(noise)) == ""


@pytest.mark.parametrize("media_type", DEMUXERS)
async def test_broken_recordings_are_refused(media_type) -> None:
    whole = converted(await speak("Hello."), media_type)
    for broken in (b"", b"\0" * 4096, whole[:20], whole[40:60]):
        with pytest.raises(SpeechRefused, match="could not be read|no sound"):
            await listen(broken, media_type)


async def test_a_recording_cannot_choose_another_reader() -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    with pytest.raises(SpeechRefused):
        await listen(playlist, "audio/mpeg")
    with pytest.raises(SpeechRefused):
        await listen(await speak("Hello."), "application/vnd.apple.mpegurl")


async def test_long_recordings_and_texts_are_refused() -> None:
    with pytest.raises(SpeechRefused, match="5 minutes"):
        await listen(silence(LONGEST_RECORDING + 1))
    with pytest.raises(SpeechRefused, match=str(LONGEST_TEXT)):
        await speak("a" * (LONGEST_TEXT + 1))


async def test_only_english_is_written_down() -> None:
    with pytest.raises(SpeechRefused, match="English"):
        await listen(silence(1), language="ar")


@pytest.mark.parametrize("text", ["[[h@l@U]]", "<speak>9 &lt; 10</speak>", "a\0b", "\ud800 hello", "🙂 hello", "…"])
async def test_odd_texts_are_spoken_as_text(text) -> None:
    assert seconds_of(await speak(text)) > 0


async def test_a_slow_child_is_ended(monkeypatch) -> None:
    monkeypatch.setattr("frontdesk_offline_speech.engine.SECONDS_TO_LISTEN", 0.2)
    with pytest.raises(SpeechError, match="longer than"):
        await listen(await speak(SENTENCE))
    assert children() == []


async def test_nobody_waiting_ends_the_child() -> None:
    task = asyncio.create_task(listen(await speak(SENTENCE)))
    while not children():
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert children() == []


async def test_a_child_without_memory_is_an_error_with_a_sentence() -> None:
    with pytest.raises(SpeechError, match="ended without an answer"):
        await process.run("speaking", {**ORDER, "media_type": "audio/mpeg"}, b"x", seconds=20, memory=8 * MIB)


async def test_the_server_never_loads_the_libraries() -> None:
    """GPL code stays in programs of its own, and a start stays light."""
    code = "import sys, frontdesk_offline_speech.plugin as p; p.register_speech(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"espeakng_loader", "av", "moonshine_voice"}.isdisjoint(done.stdout.split())


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "frontdesk_offline_speech" in " ".join(child.cmdline())]


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        ("ˈoʊ", [Viseme.OH, Viseme.OU]),
        ("tʃ", [Viseme.CH]),
        ("t̪", [Viseme.DD]),
        ("h", []),
        ("", [Viseme.SIL]),
        ("uː", [Viseme.OU]),
        ("m", [Viseme.PP]),
        ("f", [Viseme.FF]),
    ],
)
def test_sounds_have_shapes(sound, expected) -> None:
    assert shapes_of(sound) == expected


def test_times_rise_and_end_with_the_audio() -> None:
    rows = timeline([(0.0, "m"), (0.1, "m"), (0.1, "aɪ"), (0.3, ""), (0.5, "z")], 0.5)
    assert rows == [(0.0, Viseme.PP), (0.1, Viseme.AA), (0.2, Viseme.IH), (0.3, Viseme.SIL)]
