"""ElevenLabs as a speech engine: plain HTTP through the client that reaches its host only."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from babel.core import get_global

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import SpeechError
from frontdesk.sdk.speech import SpeechEngine, Voice
from frontdesk.sdk.values import Speech, Transcript

from .config import ElevenLabsConfig
from .errors import error_of
from .stream import GARBAGE, Decoder

HOST = "api.elevenlabs.io"
BASE = f"https://{HOST}"
SECONDS = 30.0
"""How long to wait for a connection or for the next bytes."""
PAGES_OF_VOICES = 5
LARGEST_ANSWER = 4 * 2**20
RATE = 24_000
FORMATS = {"audio/mpeg": "mp3_44100_64", "audio/wav": f"pcm_{RATE}"}
SUFFIXES = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/mp4": "m4a",
    "audio/flac": "flac",
}


class ElevenLabs(SpeechEngine):
    """Voices with the times of each letter, and transcripts."""

    slug = "elevenlabs"
    label = "ElevenLabs"
    gives = tuple(FORMATS)
    takes = tuple(SUFFIXES)
    hears = ("*",)
    shared_config_env = {"api_key": "ELEVENLABS_API_KEY"}
    # The vendor's list prices of its pay-as-you-go API, of the dearest model that is offered.
    usd_per_thousand_characters = 0.30
    usd_per_minute = 0.40 / 60

    async def voices(self, context: Context) -> Sequence[Voice]:
        """The account's voices, the chosen one first. Their models speak every language with each."""
        found: list[Voice] = []
        query = {"page_size": "100"}
        for _page in range(PAGES_OF_VOICES):
            async with _asking(context, "GET", "/v2/voices", params=query) as response:
                answer = await _json(response)
            found += [_voice(voice) for voice in _of(answer, "voices", list)]
            query["next_page_token"] = str(answer.get("next_page_token") or "")
            if not answer.get("has_more") or not query["next_page_token"]:
                break
        chosen = _config(context).voice
        return sorted(found, key=lambda voice: voice.id != chosen)

    async def speak(self, text: str, *, voice: str, media_type: str, context: Context) -> AsyncIterator[Speech]:
        path = f"/v1/text-to-speech/{quote(voice, safe='')}/stream/with-timestamps"
        body = {"text": text, "model_id": _config(context).model}
        query = {"output_format": FORMATS[media_type]}
        samples = bytearray()
        rows: list[tuple[float, int]] = []
        decoder, heard = Decoder(), False
        async with _asking(context, "POST", path, params=query, json=body) as response:
            async for line in _lines(response):
                audio, visemes = decoder.read(line)
                heard = heard or bool(audio)
                if media_type == "audio/wav":
                    samples += audio
                    rows += visemes
                elif audio or visemes:
                    yield Speech(audio, media_type, visemes)
        if not heard:
            raise SpeechError("ElevenLabs sent no audio. Try again in a moment.")
        if media_type == "audio/wav":
            yield Speech(_wav(bytes(samples)), media_type, [row for row in rows if row[0] < len(samples) / 2 / RATE])

    async def transcribe(self, audio: bytes, *, media_type: str, language: str, context: Context) -> Transcript:
        fields = {"model_id": _config(context).transcript_model, "tag_audio_events": "false", "timestamps_granularity": "word"}
        if language:
            fields["language_code"] = language
        file = {"file": (f"recording.{SUFFIXES.get(media_type, 'bin')}", audio, media_type)}
        async with _asking(context, "POST", "/v1/speech-to-text", data=fields, files=file) as response:
            answer = await _json(response)
        try:
            ends = [float(word.get("end") or 0) for word in answer.get("words") or ()]
            seconds = float(answer.get("audio_duration_secs") or max(ends, default=0.0))
        except (AttributeError, TypeError, ValueError) as error:
            raise SpeechError(GARBAGE) from error
        return Transcript(_of(answer, "text", str).strip(), _two_letters(str(answer.get("language_code") or "")), seconds)


def _config(context: Context) -> ElevenLabsConfig:
    assert isinstance(context.settings, ElevenLabsConfig)
    return context.settings


@asynccontextmanager
async def _asking(context: Context, method: str, path: str, **request: Any) -> AsyncIterator[httpx.Response]:
    """A request whose answer has begun well. What goes wrong, then or while it is read, is a SpeechError."""
    key = _config(context).api_key.get_secret_value()
    if not key:
        raise SpeechError("ElevenLabs needs a key. Enter it in the settings of the plugin.")
    if not (key.isascii() and key.isprintable()):
        raise SpeechError("This is not a key of ElevenLabs. Copy it again.")
    try:
        async with (
            context.http(timeout=SECONDS) as client,
            client.stream(method, f"{BASE}{path}", headers={"xi-api-key": key}, **request) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise error_of(response.status_code, await _body(response))
            yield response
    except httpx.TimeoutException as error:
        raise SpeechError("ElevenLabs did not answer in time. Try again in a moment.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpeechError(f"ElevenLabs could not be reached, or the line broke: {str(error) or type(error).__name__}.") from error


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise SpeechError(GARBAGE)
    return bytes(body)


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """Lines with something in them."""
    rest = bytearray()
    async for piece in response.aiter_bytes():
        *lines, last = (rest + piece).split(b"\n")
        rest = bytearray(last)
        if len(rest) > LARGEST_ANSWER:
            raise SpeechError(GARBAGE)
        for line in lines:
            if line.strip():
                yield line.decode("utf-8", "replace")
    if rest.strip():
        yield rest.decode("utf-8", "replace")


async def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = orjson.loads(await _body(response))
    except orjson.JSONDecodeError as error:
        raise SpeechError(GARBAGE) from error
    if not isinstance(answer, dict):
        raise SpeechError(GARBAGE)
    return answer


def _of(answer: dict[str, Any], name: str, kind: type) -> Any:
    value = answer.get(name)
    if not isinstance(value, kind):
        raise SpeechError(GARBAGE)
    return value


def _voice(voice: Any) -> Voice:
    if not isinstance(voice, dict) or not isinstance(voice.get("voice_id"), str):
        raise SpeechError(GARBAGE)
    labels = voice.get("labels") or {}
    known = [str(labels[name]) for name in ("accent", "gender", "age") if isinstance(labels, dict) and labels.get(name)]
    name = str(voice.get("name") or voice["voice_id"])
    return Voice(voice["voice_id"], f"{name} ({', '.join(known)})" if known else name)


def _two_letters(code: str) -> str:
    """ISO 639-1 for the three letters that the vendor answers with, where there is one."""
    return str(get_global("language_aliases").get(code, code))


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(samples)
    return file.getvalue()
