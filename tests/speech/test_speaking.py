"""Reading out: whose voice, in which portions, at whose cost, and what a failing engine leaves behind."""

from __future__ import annotations

import io
import wave
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.billing import queries as billing
from frontdesk.billing.models import LedgerEntry, UsageRecord
from frontdesk.core.errors import Invalid, NotAllowed, PaymentRequired
from frontdesk.core.scoping import scope, unscoped
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions
from frontdesk.plugins.errors import PluginFailed
from frontdesk.speech import choosing
from frontdesk.speech.choosing import Wish
from frontdesk.speech.errors import SpeechFailed, SpeechNotTaken, SpeechOff, UnknownEngine
from frontdesk.speech.files import as_file
from frontdesk.speech.metering import REFERENCE, release_forgotten
from frontdesk.speech.queries import engines, speaks
from frontdesk.speech.speaking import LONGEST_TEXT, speak

from .conftest import Studio

pytestmark = pytest.mark.django_db(transaction=True)


async def said(actor, text, **wish) -> list[bytes]:
    return [piece async for piece in speak(actor, text, Wish(**wish))]


async def file_of(actor, text, **wish) -> bytes:
    return b"".join([piece async for piece in as_file(speak(actor, text, Wish(**wish)))])


def usage() -> list[tuple[Any, ...]]:
    with unscoped():
        fields = ("workspace__name", "purpose", "provider", "model", "shared_key", "requests", "succeeded")
        return list(UsageRecord.objects.order_by("pk").values_list(*fields))


def balance(workspace) -> Any:
    with scope(workspace=workspace):
        return billing.balance()


def turn_off(actor, plugin) -> None:
    with scope(workspace=actor.workspace):
        actions.turn_off(actor, plugin)


async def test_a_trial_speaks_without_a_key(owner) -> None:
    audio = await file_of(owner, "We open at nine. We close at six.", media_type="audio/wav")
    with wave.open(io.BytesIO(audio)) as file:
        assert file.getframerate() == 22_050
        assert len(file.readframes(10**8)) / 2 / 22_050 > 2
    assert await in_thread(usage) == [("Café", "speak", "offline_speech", "en-us", False, 2, True)]


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Where is the station, please?", "en-us"),
        ("مرحبا، كيف يمكنني مساعدتك؟", "ar"),
        ("Wo ist der Bahnhof, und wie komme ich dahin?", "de"),
        ("你好，我能帮你什么？", "cmn"),
        ("123", "en-us"),
    ],
)
async def test_the_voice_speaks_the_language_of_the_text(owner, text, voice) -> None:
    await said(owner, text)
    assert [row[3] for row in await in_thread(usage)] == [voice]


async def test_each_portion_has_visemes_of_its_own(owner) -> None:
    pieces = await said(owner, "We open at nine. We close at six.", media_type="audio/wav")
    assert [(piece.number, piece.of, piece.text) for piece in pieces] == [(0, 2, "We open at nine."), (1, 2, "We close at six.")]
    assert all(piece.speech.visemes[0][0] == 0 for piece in pieces)


async def test_a_single_wav_is_a_whole_file_and_mp3_goes_on(owner) -> None:
    whole = await file_of(owner, "We open.", media_type="audio/wav")
    with wave.open(io.BytesIO(whole)) as file:
        assert file.getnframes() * 2 + 44 == len(whole)
    assert (await file_of(owner, "We open. We close.", media_type="audio/mpeg"))[:1] == b"\xff"


async def test_a_wish_is_kept_or_refused(owner) -> None:
    await said(owner, "Hello.", voice="en+f3", engine="offline_speech")
    assert [row[3] for row in await in_thread(usage)] == ["en+f3"]
    for wish, field in (
        ({"voice": "nobody"}, "voice"),
        ({"language": "xx"}, "language"),
        ({"media_type": "audio/flac"}, "response_format"),
    ):
        with pytest.raises(Invalid) as caught:
            await said(owner, "Hello.", **wish)
        assert [error["field"] for error in caught.value.errors] == [field]
    with pytest.raises(UnknownEngine):
        await said(owner, "Hello.", engine="nobody")


@pytest.mark.parametrize("text", ["", "  ", "…!", "a" * (LONGEST_TEXT + 1)])
async def test_nothing_and_too_much_are_refused(owner, text) -> None:
    with pytest.raises(Invalid):
        await said(owner, text)


async def test_off_is_off(owner, stranger) -> None:
    await in_thread(turn_off, owner, "offline_speech")
    assert not await in_thread(speaks, owner.workspace)
    with pytest.raises(SpeechOff):
        await said(owner, "Hello.")
    assert await said(stranger, "Hello.")


async def test_who_may_not_answer_may_not_speak(owner) -> None:
    class Nobody:
        workspace = owner.workspace

        def may(self, permission) -> bool:
            return False

    with pytest.raises(NotAllowed):
        await said(Nobody(), "Hello.")


async def test_a_voice_that_is_paid_for_comes_first(owner, stranger, studio) -> None:
    await in_thread(studio)
    assert [engine.kind.slug for engine in await in_thread(engines, owner.workspace)] == ["studio", "offline_speech"]
    assert [engine.kind.slug for engine in await in_thread(engines, stranger.workspace)] == ["offline_speech"]
    await said(owner, "We open. We close.", language="de")
    assert Studio.log == [("We open.", "bo", "audio/mpeg", "de"), ("We close.", "bo", "audio/mpeg", "de")]
    assert await in_thread(usage) == [("Café", "speak", "studio", "bo", False, 2, True)]
    assert await in_thread(balance, owner.workspace) == await in_thread(balance, stranger.workspace), (
        "It is the owner's own account."
    )


@pytest.mark.parametrize("key", ["speaks nothing", "lists nothing"])
async def test_who_fails_at_once_is_followed_by_the_offline_voice(owner, studio, key) -> None:
    await in_thread(studio, key)
    assert (await said(owner, "We open."))[0].speech.audio
    assert (await in_thread(usage))[-1] == ("Café", "speak", "offline_speech", "en-us", False, 1, True)


async def test_who_was_named_is_not_followed(owner, studio) -> None:
    await in_thread(studio, "speaks nothing")
    with pytest.raises(SpeechFailed, match="The line broke"):
        await said(owner, "We open.", engine="studio")
    with pytest.raises(SpeechFailed, match="The line broke"):
        await said(owner, "We open.", voice="anna")


async def test_a_refused_text_is_not_tried_elsewhere(owner, studio) -> None:
    await in_thread(studio)
    with pytest.raises(SpeechNotTaken, match="cannot be said"):
        await said(owner, "unspeakable")
    assert await in_thread(usage) == [("Café", "speak", "studio", "anna", False, 1, False)]


@pytest.mark.parametrize(("word", "error"), [("breaks", SpeechFailed), ("crashes", PluginFailed)])
async def test_no_other_voice_takes_over_in_the_middle(owner, studio, word, error) -> None:
    await in_thread(studio)
    heard = []
    with pytest.raises(error):
        async for piece in speak(owner, f"This {word} now."):
            heard.append(piece.speech.audio)
    assert heard == [b"\xff\xfbThis"]
    assert await in_thread(usage) == [("Café", "speak", "studio", "anna", False, 1, False)]


class TestTheOperatorsAccount:
    @pytest.fixture(autouse=True)
    async def shared(self, studio, monkeypatch) -> None:
        monkeypatch.setenv("STUDIO_KEY", "the operator's")
        await in_thread(studio, "")

    async def test_costs_what_was_spoken(self, owner) -> None:
        before = await in_thread(balance, owner.workspace)
        await said(owner, "Ten chars.")
        assert before - await in_thread(balance, owner.workspace) == 100
        assert await in_thread(usage) == [("Café", "speak", "studio", "anna", True, 1, True)]

    async def test_who_leaves_early_pays_for_what_was_asked_for(self, owner) -> None:
        before = await in_thread(balance, owner.workspace)
        async with aclosing(speak(owner, "Ten chars. And many more that nobody waits for.")) as pieces:
            await anext(pieces)
        assert before - await in_thread(balance, owner.workspace) == 100

    async def test_without_credits_nothing_is_asked(self, owner) -> None:
        with pytest.raises(PaymentRequired):
            await said(owner, "word " * 1900)
        assert Studio.log == []

    async def test_it_is_not_there_without_the_operators_key(self, owner, monkeypatch) -> None:
        monkeypatch.delenv("STUDIO_KEY")
        assert [engine.kind.slug for engine in await in_thread(engines, owner.workspace)] == ["offline_speech"]

    async def test_what_a_killed_process_held_comes_back(self, owner) -> None:
        before = await in_thread(balance, owner.workspace)
        pieces = speak(owner, "Ten chars.")
        await anext(pieces)
        assert await in_thread(balance, owner.workspace) == before - 100
        assert await in_thread(_forgotten) == 1
        assert await in_thread(balance, owner.workspace) == before
        await pieces.aclose()


def _forgotten() -> Any:
    with unscoped():
        LedgerEntry.objects.filter(reference__startswith=REFERENCE).update(created_at=timezone.now() - timedelta(hours=2))
    return release_forgotten()


async def test_a_word_of_a_language_that_nobody_speaks_is_read_out_all_the_same(owner) -> None:
    found = await choosing.choices(owner.workspace, "Hi", Wish())
    assert found[0].language == "en"
    with pytest.raises(Invalid, match="“ca”"):
        await choosing.choices(owner.workspace, "Hi", Wish(language="ca"))
