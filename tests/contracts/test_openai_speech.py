"""OpenAI's own client, speaking and listening through Frontdesk."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from frontdesk.core.scoping import scope
from frontdesk.plugins import actions
from frontdesk.speech.speaking import LONGEST_TEXT
from frontdesk.workspaces import tokens
from tests.ground.live import Web

pytestmark = pytest.mark.django_db(transaction=True)
SENTENCE = "We open at nine in the morning, and we close at six in the evening."


@pytest.fixture
def client(live_web: Web, alice: Any, workspace: Any) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live_web.url}/v1", api_key=tokens.issue(alice, "access"), max_retries=0) as made:
        yield made


@pytest.mark.parametrize("response_format", ["mp3", "wav"])
def test_what_is_spoken_is_written_down(client: openai.OpenAI, tmp_path: Path, response_format: Any) -> None:
    file = tmp_path / f"said.{response_format}"
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=SENTENCE, response_format=response_format
    ) as response:
        assert response.headers["content-type"] == {"mp3": "audio/mpeg", "wav": "audio/wav"}[response_format]
        response.stream_to_file(file)
    with file.open("rb") as recording:
        assert "evening" in client.audio.transcriptions.create(model="whisper-1", file=recording).text


def test_a_stream_of_several_sentences_is_one_wav(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(
        model="offline_speech", voice="de", input="Guten Tag. Wir haben offen.", response_format="wav"
    )
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert len(file.readframes(10**8)) > file.getframerate() * 2


def test_the_whole_of_what_is_known_about_a_transcript(client: openai.OpenAI) -> None:
    recording = client.audio.speech.create(model="tts-1", voice="nova", input=SENTENCE).content
    told = client.audio.transcriptions.create(
        model="whisper-1", file=("said.mp3", recording), language="en", response_format="verbose_json"
    )
    assert (told.language, told.duration > 2) == ("en", True)
    text = client.audio.transcriptions.create(model="whisper-1", file=("said.mp3", recording), response_format="text")
    assert text.strip() == told.text


def test_refusals_are_the_clients_own_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="no voice"):
        client.audio.speech.create(model="tts-1", voice="nobody", input="Hello.")
    with pytest.raises(openai.NotFoundError, match="No plugin for speech with this name"):
        client.audio.speech.create(model="nobody", voice="alloy", input="Hello.")
    with pytest.raises(openai.UnprocessableEntityError, match="mp3 or wav"):
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="opus")
    with pytest.raises(openai.APIStatusError, match="not a recording") as caught:
        client.audio.transcriptions.create(model="whisper-1", file=("x.mp3", b"hello"))
    assert caught.value.status_code == 415


SPEECH = {"model": "", "voice": "", "input": "Hello."}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"input": ""}, "input"),
        ({"input": "…"}, "input"),
        ({"input": "a" * (LONGEST_TEXT + 1)}, "input"),
        ({"input": 5}, "input"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": {"id": "nobody"}}, "voice"),
        ({"language": "english"}, "language"),
        ({"language": "xx"}, "language"),
        ({"response_format": "ogg"}, "response_format"),
        ({"speed": 2}, "speed"),
        ({"speed": 9}, "speed"),
        ({"stream_format": "sse"}, "stream_format"),
    ],
)
def test_a_wrong_wish_is_said(api: Any, wrong: dict[str, Any], field: str) -> None:
    answer = api.post("/v1/audio/speech", {**SPEECH, **wrong})
    assert answer.status_code == 422, answer.content
    assert any(error["field"].startswith(field) for error in answer.json()["errors"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"response_format": "srt"}, "response_format"),
        ({"stream": "true"}, "stream"),
        ({"language": "English"}, "language"),
        ({"language": "ar"}, "language"),
        ({"file": ""}, "file"),
    ],
)
def test_a_wrong_recording_is_said(api: Any, wrong: dict[str, Any], field: str) -> None:
    answer = api.upload("/v1/audio/transcriptions", {"model": "whisper-1", "file": recording(b"\0" * 800), **wrong})
    assert answer.status_code == 422, answer.content
    assert any(error["field"].startswith(field) for error in answer.json()["errors"])


def recording(samples: bytes) -> SimpleUploadedFile:
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setparams((1, 2, 8_000, 0, "NONE", ""))
        target.writeframes(samples)
    return SimpleUploadedFile("said.wav", file.getvalue())


def test_who_may_use_it(live_web: Web, api: Any, key_api: Any, stranger_api: Any, anonymous_api: Any, owner: Any) -> None:
    def speak(headers: dict[str, str]) -> int:
        return httpx.post(f"{live_web.url}/v1/audio/speech", headers=headers, json=SPEECH).status_code

    assert speak(key_api.headers) == 200
    assert anonymous_api.post("/v1/audio/speech", SPEECH).status_code == 401
    assert anonymous_api.upload("/v1/audio/transcriptions", {"file": recording(b"")}).status_code == 401
    with scope(workspace=owner.workspace):
        actions.turn_off(owner, "offline_speech")
    assert api.post("/v1/audio/speech", SPEECH).json()["code"] == "SPEECH_OFF"
    assert api.upload("/v1/audio/transcriptions", {"file": recording(b"\0" * 800)}).status_code == 409
    assert speak(stranger_api.headers) == 200


def test_more_than_is_taken(api: Any, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    answer = api.upload("/v1/audio/transcriptions", {"file": recording(b"\0" * 2000)})
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


def test_speech_counts_as_chat(api: Any, settings: Any) -> None:
    settings.CHAT_REQUESTS_PER_MINUTE = 1
    file = {"file": recording(b"\0" * 800)}
    assert api.upload("/v1/audio/transcriptions", file).status_code == 200
    answer = api.post("/v1/audio/speech", SPEECH)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
