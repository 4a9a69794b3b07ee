"""Writing down: what is taken, who hears it, what it costs."""

from __future__ import annotations

import pytest

from frontdesk.core.errors import Invalid, TooLarge, WrongMediaType
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions
from frontdesk.speech.choosing import Wish
from frontdesk.speech.errors import SpeechFailed, SpeechNotTaken, SpeechOff, UnknownEngine
from frontdesk.speech.files import as_file
from frontdesk.speech.listening import transcribe
from frontdesk.speech.recordings import media_type_of
from frontdesk.speech.speaking import speak

from .conftest import wav
from .test_speaking import balance, usage

pytestmark = pytest.mark.django_db(transaction=True)


async def recorded(actor, text="We open at nine in the morning.", media_type="audio/wav") -> bytes:
    wish = Wish(engine="offline_speech", media_type=media_type)
    return b"".join([piece async for piece in as_file(speak(actor, text, wish))])


@pytest.mark.parametrize("media_type", ["audio/wav", "audio/mpeg"])
async def test_what_was_spoken_is_understood(owner, media_type) -> None:
    transcript = await transcribe(owner, await recorded(owner, media_type=media_type))
    assert "morning" in transcript.text
    assert (await in_thread(usage))[-1] == ("Café", "transcribe", "offline_speech", "offline_speech", False, 1, True)


async def test_our_own_stream_of_unknown_length_is_understood(owner) -> None:
    assert "morning" in (await transcribe(owner, await recorded(owner, "Good day. We open in the morning."))).text


async def test_silence_is_an_empty_text(owner) -> None:
    assert (await transcribe(owner, wav(bytes(32_000)))).text == ""


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"ID3\4", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"),
        (b"\x1a\x45\xdf\xa3", "audio/webm"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"fLaC\0", "audio/flac"),
    ],
)
def test_recordings_are_known_by_their_first_bytes(head, media_type) -> None:
    assert media_type_of(head) == media_type


@pytest.mark.parametrize(
    "recording", [b"hello", b"\xff", b"%PDF-1.7", b"\x89PNG", b"RIFF\0\0\0\0AVI ", b"\xff\xf1\x50\x80", b"\0" * 99, b"<html>"]
)
async def test_what_is_no_recording_is_refused_before_anybody_is_asked(owner, recording) -> None:
    with pytest.raises(WrongMediaType, match="FLAC"):
        await transcribe(owner, recording)
    assert await in_thread(usage) == []


async def test_empty_large_and_broken_recordings(owner, settings) -> None:
    with pytest.raises(Invalid):
        await transcribe(owner, b"")
    with pytest.raises(SpeechNotTaken, match="could not be read"):
        await transcribe(owner, b"ID3" + b"\0" * 2000)
    settings.UPLOAD_MAX_BYTES = 2**20
    with pytest.raises(TooLarge, match="1 MiB"):
        await transcribe(owner, wav(bytes(2**20)))


async def test_a_language_that_nobody_hears(owner) -> None:
    with pytest.raises(Invalid, match="ar"):
        await transcribe(owner, wav(bytes(100)), language="ar")
    with pytest.raises(UnknownEngine):
        await transcribe(owner, wav(bytes(100)), engine="nobody")


async def test_who_hears_all_languages_is_asked_first(owner, studio) -> None:
    await in_thread(studio)
    assert (await transcribe(owner, wav(bytes(100)), language="ar")).text == "Well heard."
    assert (await transcribe(owner, await recorded(owner), engine="offline_speech")).language == "en"
    assert "morning" in (await transcribe(owner, await recorded(owner, media_type="audio/mpeg"))).text, "Only one takes MP3."


async def test_who_fails_is_followed_by_who_can(owner, studio) -> None:
    await in_thread(studio, "speaks nothing")
    recording = await recorded(owner)
    assert "morning" in (await transcribe(owner, recording)).text
    with pytest.raises(SpeechFailed, match="line broke"):
        await transcribe(owner, recording, engine="studio")


async def test_the_operators_account_costs_by_the_minute(owner, studio, monkeypatch) -> None:
    monkeypatch.setenv("STUDIO_KEY", "the operator's")
    await in_thread(studio, "")
    before = await in_thread(balance, owner.workspace)
    await transcribe(owner, wav(bytes(100)))
    assert before - await in_thread(balance, owner.workspace) == 3000


async def test_off_is_off(owner) -> None:
    def off() -> None:
        with scope(workspace=owner.workspace):
            actions.turn_off(owner, "offline_speech")

    await in_thread(off)
    with pytest.raises(SpeechOff):
        await transcribe(owner, wav(bytes(100)))
