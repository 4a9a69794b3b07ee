"""OpenAI-compatible speech: answers read out, recordings written down, by the plugins for speech that are on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Form, Router, Schema
from ninja.files import UploadedFile
from pydantic import ConfigDict, StringConstraints

from frontdesk.core import limits
from frontdesk.core.errors import Invalid, TooLarge
from frontdesk.core.threads import in_thread
from frontdesk.sdk.values import Transcript
from frontdesk.speech import speaking
from frontdesk.speech.choosing import Wish
from frontdesk.speech.files import as_file
from frontdesk.speech.listening import transcribe as write_down

from ..auth import ApiRequest

router = Router(tags=["OpenAI-compatible"])
MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
# OpenAI's own models and voices, which clients name because they must: the workspace's take their place.
MODELS = ("tts-", "gpt-", "whisper")
VOICES = frozenset({
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable"),
    *("marin", "nova", "onyx", "sage", "shimmer", "verse"),
})  # fmt: skip
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")]


class VoiceIn(Schema):
    id: str = Field(max_length=100)


class SpeechIn(Schema):
    model_config = ConfigDict(extra="allow")

    model: str = Field("", max_length=100, description="A plugin, such as `offline_speech`; empty or one of OpenAI's for any.")
    input: str = Field(min_length=1, max_length=speaking.LONGEST_TEXT)
    voice: Annotated[str, StringConstraints(max_length=100)] | VoiceIn = Field(
        "", description="One of the plugin's voices; empty or one of OpenAI's for the first that speaks the language."
    )
    language: Language = Field("", description="Two letters; empty to find out from the text.")
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"


class TranscriptionIn(Schema):
    model_config = ConfigDict(extra="allow")

    model: str = Field("", max_length=100, description="A plugin, such as `elevenlabs`; empty or one of OpenAI's for any.")
    language: Language = ""
    response_format: Literal["json", "text", "verbose_json", "srt", "vtt", "diarized_json"] = "json"
    stream: bool = False


AUDIO = {"schema": {"type": "string", "format": "binary"}}
SPEECH = {"responses": {200: {"description": "OK", "content": dict.fromkeys(MEDIA_TYPES.values(), AUDIO)}}}


@router.post("/v1/audio/speech", openapi_extra=SPEECH)
async def speak(request: ApiRequest, body: SpeechIn) -> Any:
    """Read a text out. The audio is sent while it is made; MP3 and WAV, as the plugin gives."""
    if body.response_format not in MEDIA_TYPES:
        raise Invalid.field("response_format", _("Ask for mp3 or wav. Other types of audio are not made here."))
    if body.stream_format != "audio":
        raise Invalid.field("stream_format", _("Ask for audio. It is streamed as it is, without events around it."))
    if body.speed != 1:
        raise Invalid.field("speed", _("Leave the speed at 1. An owner sets it in the plugin's settings."))
    voice = body.voice if isinstance(body.voice, str) else body.voice.id
    await in_thread(limits.check_chat, request.actor.credential)
    wish = Wish(_engine(body.model), "" if voice in VOICES else voice, body.language, MEDIA_TYPES[body.response_format])
    audio = as_file(speaking.speak(request.actor, body.input, wish))
    # Whatever is refused is refused here, while there is still a status to say it with.
    first = await anext(audio)
    response = StreamingHttpResponse(_rest(first, audio), content_type=wish.media_type)
    response["Cache-Control"] = "no-store, no-transform"
    return response


async def _rest(first: bytes, audio: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(audio):
        yield first
        async for piece in audio:
            yield piece


@router.post("/v1/audio/transcriptions")
async def transcribe(request: ApiRequest, body: Form[TranscriptionIn], file: UploadedFile) -> Any:
    """Write down a recording: WAV, MP3, Ogg, WebM, M4A or FLAC. Silence gives an empty text."""
    if body.response_format not in {"json", "text", "verbose_json"}:
        raise Invalid.field("response_format", _("Ask for json, text or verbose_json. Times of words are not written down here."))
    if body.stream:
        raise Invalid.field("stream", _("Leave this out. The text comes as a whole."))
    if file.size > settings.UPLOAD_MAX_BYTES:
        raise TooLarge
    await in_thread(limits.check_chat, request.actor.credential)
    recording = await in_thread(file.read)
    transcript = await write_down(request.actor, recording, engine=_engine(body.model), language=body.language)
    return _answer(transcript, body.response_format)


def _answer(transcript: Transcript, response_format: str) -> Any:
    if response_format == "text":
        return HttpResponse(transcript.text + "\n", content_type="text/plain; charset=utf-8")
    if response_format == "json":
        return {"text": transcript.text}
    return {
        "task": "transcribe",
        "language": transcript.language,
        "duration": transcript.seconds,
        "text": transcript.text,
        "segments": [],
        "words": [],
    }


def _engine(model: str) -> str:
    return "" if model.startswith(MODELS) else model
