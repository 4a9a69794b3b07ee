"""ElevenLabs: the contract against a double that answers as the vendor's API documents, and all that can go wrong on the way."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from frontdesk_elevenlabs.config import ElevenLabsConfig
from frontdesk_elevenlabs.engine import BASE, RATE, ElevenLabs
from frontdesk_elevenlabs.visemes import shape, timeline
from pydantic import SecretStr

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.speech import Viseme
from frontdesk.sdk.testing.speech_contract import ListeningContract, Recording, SpeakingContract, check_speech, make_context
from frontdesk.sdk.testing.vendor_server import Reply, VendorRequest, VendorServer

RECORDINGS = Path(__file__).parent / "recordings"
SECRET = "key-that-nobody-may-see"
VOICE = "21m00Tcm4TlvDq8ikWAM"
LETTER = 0.06
"""Seconds that the double spends on a letter."""
LETTERS_A_PIECE = 12
# One frame of silence: MPEG 1 layer III, 64 kbit/s, 44.1 kHz, mono.
MP3_FRAME = b"\xff\xfb\x50\xc4" + bytes(205)


class Rerouted(httpx.AsyncBaseTransport):
    """Carries what is meant for the vendor to its double, and nothing else."""

    def __init__(self, double: str) -> None:
        self.double = httpx.URL(double)
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url).startswith(BASE + "/"), f"{request.url} is not the vendor."
        request.url = request.url.copy_with(scheme="http", host=self.double.host, port=self.double.port)
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


def piece_of(letters: str, first: int, media_type: str) -> bytes:
    starts = [round((first + place) * LETTER, 3) for place in range(len(letters))]
    alignment = {
        "characters": list(letters),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": [round(start + LETTER, 3) for start in starts],
    }
    samples = int(LETTER * RATE) * len(letters)
    tone = b"".join(struct.pack("<h", int(9000 * math.sin(place / 9))) for place in range(samples))
    audio = tone if media_type == "audio/wav" else MP3_FRAME * (len(letters) * 3)
    line = {"audio_base64": base64.b64encode(audio).decode(), "alignment": alignment, "normalized_alignment": alignment}
    return json.dumps(line).encode() + b"\n\n"


def spoken(text: str, media_type: str = "audio/mpeg") -> Reply:
    pieces = [text[at : at + LETTERS_A_PIECE] for at in range(0, len(text), LETTERS_A_PIECE)]
    lines = [piece_of(letters, number * LETTERS_A_PIECE, media_type) for number, letters in enumerate(pieces)]
    return Reply(tuple(lines), 200, {"content-type": "application/json"})


def recorded(name: str, status: int = 200, **headers: str) -> Reply:
    return Reply.file(RECORDINGS / f"{name}.json", status=status, headers=headers)


def vendor_of(request: VendorRequest) -> Reply:
    """The vendor when all is well, with the refusals that depend on what is asked."""
    if request.headers.get("xi-api-key") != SECRET:
        return recorded("error_401", 401)
    if request.path == "/v2/voices":
        return recorded("voices_2" if request.query.get("next_page_token") else "voices_1")
    if request.path == "/v1/speech-to-text":
        if b"garbage" in request.body:
            return recorded("error_400_file", 400)
        return recorded("transcript_silence" if b"silence" in request.body else "transcript")
    if VOICE not in request.path:
        return recorded("error_404", 404)
    media_type = "audio/wav" if request.query["output_format"].startswith("pcm") else "audio/mpeg"
    return spoken(request.json()["text"], media_type)


def context_for(url: str, **config: str) -> Context:
    key = SecretStr(config.pop("api_key", SECRET))

    def http(*, timeout: float) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=Rerouted(url), timeout=timeout)

    return make_context(ElevenLabsConfig(api_key=key, **config), http=http)


@pytest.fixture
async def vendor() -> AsyncIterator[VendorServer]:
    async with VendorServer() as vendor:
        yield vendor


@pytest.fixture
def context(vendor: VendorServer) -> Context:
    return context_for(vendor.url)


async def speak(context: Context, text: str = "We open at nine.", media_type: str = "audio/mpeg") -> list:
    return [piece async for piece in ElevenLabs().speak(text, voice=VOICE, media_type=media_type, context=context)]


async def do(call: str, context: Context) -> None:
    match call:
        case "voices":
            await ElevenLabs().voices(context)
        case "speak":
            await speak(context)
        case _:
            await ElevenLabs().transcribe(b"audio", media_type="audio/mpeg", language="", context=context)


CALLS = pytest.mark.parametrize("call", ["voices", "speak", "transcribe"])


class TestContract(SpeakingContract, ListeningContract):
    module = "frontdesk_elevenlabs.plugin"
    engine = ElevenLabs
    texts = {
        "en": "We open at nine in the morning.",
        "ar": "نفتح في التاسعة صباحا",
        "zh": "我们早上九点, 开门。",
        "hi": "हम सुबह नौ बजे खुलते हैं",
    }

    @pytest.fixture(autouse=True)
    async def double(self) -> AsyncIterator[None]:
        async with VendorServer() as vendor:
            vendor.serve(vendor_of)
            self.url = vendor.url
            yield

    @pytest.fixture
    def context(self, double: None) -> Context:
        return self.make_context()

    def make_context(self) -> Context:
        return context_for(self.url)

    def recording(self, kind: Recording) -> bytes:
        return b"ID3 a recording of " + kind.encode()


async def test_what_the_vendor_is_asked(vendor, context) -> None:
    vendor.serve(vendor_of)
    await speak(context, "We open.")
    await ElevenLabs().transcribe(b"recorded", media_type="audio/webm", language="de", context=context)
    first, second = vendor.requests
    assert (first.method, first.path) == ("POST", f"/v1/text-to-speech/{VOICE}/stream/with-timestamps")
    assert first.query == {"output_format": "mp3_44100_64"}
    assert first.json() == {"text": "We open.", "model_id": "eleven_multilingual_v2"}
    assert second.path == "/v1/speech-to-text"
    for part in (b'name="language_code"\r\n\r\nde', b"scribe_v2", b'filename="recording.webm"', b"recorded"):
        assert part in second.body


async def test_audio_comes_as_it_is_made(vendor, context) -> None:
    vendor.play(spoken("We open at nine in the morning.").first(1, ending="hang"))
    pieces = ElevenLabs().speak("We open at nine in the morning.", voice=VOICE, media_type="audio/mpeg", context=context)
    first = await anext(pieces)
    assert first.audio
    assert first.visemes
    await pieces.aclose()
    await vendor.client_left.wait()


async def test_voices_of_all_pages_the_chosen_one_first(vendor) -> None:
    vendor.serve(vendor_of)
    voices = await ElevenLabs().voices(context_for(vendor.url, voice="AZnzlk1XvdvUeBnXmlld"))
    assert [voice.id for voice in voices][0] == "AZnzlk1XvdvUeBnXmlld"
    assert len(voices) == 3
    assert "Rachel (american, female, young)" in {voice.label for voice in voices}


async def test_spelled_out_numbers_move_the_mouth(vendor, context) -> None:
    line = json.loads(piece_of("at nine", 0, "audio/wav"))
    line["alignment"] = {"characters": ["9"], "character_start_times_seconds": [0.0], "character_end_times_seconds": [0.4]}
    vendor.play(Reply((json.dumps(line).encode(),), 200, {"content-type": "application/json"}))
    [piece] = await speak(context, "at 9", "audio/wav")
    assert Viseme.NN in {row[1] for row in piece.visemes}


async def test_pieces_without_letters_are_audio_all_the_same(vendor, context) -> None:
    line = json.dumps({"audio_base64": base64.b64encode(MP3_FRAME).decode(), "alignment": None, "normalized_alignment": None})
    vendor.play(Reply((line.encode() + b"\n",) * 2, 200, {"content-type": "application/json"}))
    assert check_speech(await speak(context), "audio/mpeg") == MP3_FRAME * 2


@CALLS
@pytest.mark.parametrize(
    ("status", "name", "kind", "says"),
    [
        (401, "error_401", SpeechError, "refused the key"),
        (401, "error_401_quota", SpeechError, "no credit left"),
        (402, "error_402", SpeechError, "no credit left"),
        (404, "error_404", SpeechRefused, "voice"),
        (422, "error_422", SpeechRefused, "Field required"),
        (429, "error_429", SpeechError, "slow down"),
        (500, "error_500", SpeechError, "not available"),
        (503, "error_503", SpeechError, "not available"),
    ],
)
async def test_refusals_are_sentences(call, status, name, kind, says, vendor, context) -> None:
    vendor.play(recorded(name, status))
    with pytest.raises(SpeechError, match=rf"{says}.*\.$") as caught:
        await do(call, context)
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    assert len(vendor.requests) == 1


@CALLS
@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"[1, 2]", b'{"voices": 5, "text": 5, "audio_base64": 5}', b'{"half a']
)
async def test_garbage_is_an_error(call, body, vendor, context) -> None:
    vendor.play(Reply((body,), 200, {"content-type": "application/json"}))
    with pytest.raises(SpeechError, match="not speech"):
        await do(call, context)


@CALLS
async def test_no_answer_and_a_dropped_line_are_errors(call, vendor, context) -> None:
    vendor.play(Reply(status=0, ending="cut"))
    with pytest.raises(SpeechError, match="could not be reached"):
        await do(call, context)


@CALLS
async def test_a_silent_vendor_is_given_up(call, vendor, context, monkeypatch) -> None:
    monkeypatch.setattr("frontdesk_elevenlabs.engine.SECONDS", 0.05)
    vendor.play(Reply.silence())
    with pytest.raises(SpeechError, match="did not answer in time"):
        await do(call, context)


@pytest.mark.parametrize("media_type", ElevenLabs.gives)
async def test_a_stream_that_breaks_is_an_error(vendor, context, media_type) -> None:
    vendor.play(spoken("We open at nine in the morning.", media_type).first(2, ending="cut"))
    with pytest.raises(SpeechError, match="line broke"):
        await speak(context, media_type=media_type)


async def test_a_stream_without_audio_is_an_error(vendor, context) -> None:
    vendor.play(Reply((b"\n",), 200, {"content-type": "application/json"}))
    with pytest.raises(SpeechError, match="no audio"):
        await speak(context)


async def test_a_line_without_end_is_cut(vendor, context) -> None:
    vendor.play(Reply((b'{"audio_base64": "' + b"A" * 2**20,) * 6, 200, {"content-type": "application/json"}))
    with pytest.raises(SpeechError, match="not speech"):
        await speak(context)


@CALLS
@pytest.mark.parametrize(("key", "says"), [("", "needs a key"), ("ключ", "not a key"), ("a\nb", "not a key")])
async def test_what_is_no_key_is_not_sent(call, key, says, vendor) -> None:
    with pytest.raises(SpeechError, match=says) as caught:
        await do(call, context_for(vendor.url, api_key=key))
    assert vendor.requests == []
    assert "ключ" not in str(caught.value)


def test_letters_have_shapes() -> None:
    expected = {
        **{"B": "PP", "é": "E", "ş": "CH", " ": "SIL"},
        **{"ب": "PP", "ش": "CH", "م": "PP"},
        **{"क": "KK", "ि": "IH", "ф": "FF", "м": "PP", "我": "AA"},
    }
    assert {letter: shape(letter).name for letter in expected} == expected
    assert (shape("h"), shape("्")) == (None, None)


def test_letters_written_together_are_one_sound() -> None:
    rows = timeline("these", [0.0, 0.1, 0.2, 0.3, 0.4], (-1.0, -1))
    assert rows == [(0.0, Viseme.TH), (0.2, Viseme.E), (0.3, Viseme.SS), (0.4, Viseme.E)]
