"""Customers' files: fetched, looked at, kept or refused; the answer waits for them and not for ever."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Never

import pytest
from django.utils import timezone
from PIL import ExifTags, Image

from frontdesk.channels import fetching, jobs
from frontdesk.channels.models import Delivery
from frontdesk.channels.signals import to_write_down
from frontdesk.conversations import attachments
from frontdesk.conversations.models import Attachment, Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.runs import pictures
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import Say, ScriptedProvider
from frontdesk.sdk.values import ImagePart, ModelInfo
from frontdesk.workspaces.models import Workspace
from tests.channels.place import message, post
from tests.conversations import files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def storage(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def send(address, place) -> Callable[..., Any]:
    """A message with files that lie at the customer's own system."""

    def say(text: str, *names: str, number: int = 1, **more) -> None:
        given = [{"url": f"{place.url}/{name}", "name": name, **more} for name in names]
        place.files |= {f"/answers/{name}": content for name, content in CONTENTS.items() if name in names}
        assert post(address, message(text, number, attachments=given)).status_code == 200

    return say


CONTENTS = {
    "cake.png": files.picture(),
    "note.ogg": files.OGG,
    "menu.pdf": files.PDF,
    "tool.exe": files.PROGRAM,
    "page.html": b"<html><script>alert(1)</script></html>",
    "gone.png": 404,
    "busy.png": [503, 503, files.picture()],
    "down.png": 503,
}


def person_answers(workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")


def asked(number: int = 0) -> str:
    return Run.objects.order_by("pk")[number].task["question"]


def test_a_picture_is_here_before_the_answer_begins(send, work, place, scripted) -> None:
    scripted.play(Say("A cake!"))
    send("What is this?", "cake.png")
    work()
    row = Attachment.objects.get()
    assert (row.state, row.media_type, row.name, row.width) == ("ready", "image/png", "cake.png", 8)
    assert attachments.read(row) == files.picture()
    assert asked() == "What is this?\n[picture cake.png: image/png, 1 KB]"
    assert place.texts == ["A cake!"]


def test_what_is_written_meanwhile_waits_for_the_file_too(send, address, work, scripted) -> None:
    scripted.play(Say("A cake!"))
    send("", "cake.png")
    post(address, message("What is this?", 2))
    work()
    assert Run.objects.count() == 1
    assert asked() == "(sent a picture)\n[picture cake.png: image/png, 1 KB]\nWhat is this?"


def test_a_file_that_comes_late_is_waited_for(send, work, scripted) -> None:
    scripted.play(Say("A cake!"))
    send("What is this?", "busy.png")
    work()
    assert (Attachment.objects.get().state, Run.objects.count()) == ("pending", 0)
    work(later=True)
    work(later=True)
    assert (Attachment.objects.get().state, Run.objects.count()) == ("ready", 1)


def test_a_file_that_never_comes_is_waited_for_no_longer(send, work, place, scripted) -> None:
    scripted.play(Say("I see no picture."))
    send("What is this?", "down.png")
    work()
    Message.objects.update(created_at=timezone.now() - fetching.PATIENCE)
    work(later=True)
    row = Attachment.objects.get()
    assert (row.state, "503" in row.problem) == ("refused", True)
    assert place.texts == ["I could not receive your file. Please send it again.", "I see no picture."]
    assert "[file down.png: not received." in asked()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tool.exe", "I cannot take files of this type. Please send a picture, a PDF or a text."),
        ("page.html", "I cannot take files of this type. Please send a picture, a PDF or a text."),
        ("gone.png", "I could not receive your file. Please send it again."),
    ],
)
def test_what_is_not_taken_is_said_once(send, work, place, workspace, name, said) -> None:
    person_answers(workspace)
    send("", name, "menu.pdf")
    send("", name, number=2)
    work()
    assert place.texts == [said]
    assert list(Attachment.objects.order_by("id").values_list("state", flat=True)) == ["refused", "ready", "refused"]
    assert Attachment.objects.filter(file="").count() == 2


def test_a_file_too_large_is_not_read_to_its_end(send, work, place, workspace, settings) -> None:
    person_answers(workspace)
    settings.ATTACHMENT_MAX_BYTES = 2**20
    CONTENTS["big.png"] = files.picture() + b"\x00" * 2**21
    send("", "big.png")
    work()
    assert place.texts == ["Your file is larger than 1 MiB, so I could not take it. Please send a smaller one."]
    assert Attachment.objects.get().problem == "It is larger than 1 MiB."


def test_the_customer_is_told_in_the_languages_of_the_business(send, work, place, workspace) -> None:
    person_answers(workspace)
    Workspace.objects.filter(pk=workspace.pk).update(language="ar")
    send("", "tool.exe")
    work()
    assert place.texts[0] and "type" not in place.texts[0]


def test_a_voice_message_is_answered_by_its_words(send, work, scripted) -> None:
    def write_down(sender, actor, recording, language, **kwargs) -> str:
        assert recording == files.OGG
        return "Are you open on Friday?"

    to_write_down.connect(write_down)
    try:
        scripted.play(Say("Yes."))
        send("", "note.ogg", media_type="audio/ogg")
        work()
    finally:
        to_write_down.disconnect(write_down)
    assert asked() == "Are you open on Friday?"
    kept = Message.objects.get(author="customer")
    assert (kept.text, kept.attachments.get().text) == ("Are you open on Friday?", "Are you open on Friday?")


def test_who_writes_down_may_fail(send, work, scripted, caplog) -> None:
    def broken(sender, **kwargs) -> Never:
        raise OSError("no microphone")

    to_write_down.connect(broken)
    try:
        scripted.play(Say("I cannot listen here."))
        send("", "note.ogg", media_type="audio/ogg")
        work()
    finally:
        to_write_down.disconnect(broken)
    assert asked() == "(sent a voice message)\n[recording note.ogg: audio/ogg, 1 KB]"
    assert "cannot be written down" in caplog.text


def test_a_person_is_not_disturbed_by_an_answer(send, work, workspace, place) -> None:
    person_answers(workspace)
    send("What is this?", "cake.png")
    work()
    assert (Run.objects.count(), place.got, Attachment.objects.get().state) == (0, [], "ready")


def test_the_same_message_again_fetches_nothing_again(send, work, workspace, place) -> None:
    person_answers(workspace)
    for _ in range(3):
        send("", "cake.png")
    work()
    assert (place.fetched, Attachment.objects.count()) == (["/answers/cake.png"], 1)


def test_a_lost_job_is_found_again(send, work, workspace, place) -> None:
    person_answers(workspace)
    send("", "cake.png")
    core_jobs.run(Job.objects.get(kind="channels.receive").pk)
    Job.objects.filter(kind="channels.fetch").delete()
    assert Attachment.objects.get().state == "pending"
    Attachment.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
    assert jobs.sweep() == 1
    work()
    assert Attachment.objects.get().state == "ready"
    assert not Delivery.objects.exists()


def shown(scripted: ScriptedProvider) -> list[ImagePart]:
    return [part for part in scripted.requests[-1].messages[-1].parts if isinstance(part, ImagePart)]


def test_a_model_that_sees_is_shown_the_picture(send, address, work, scripted) -> None:
    CONTENTS["wide.png"] = files.picture(size=(3000, 100))
    scripted.play(Say("A cake!"), Say("Teal."))
    send("What is this?", "wide.png")
    work()
    [part] = shown(scripted)
    with Image.open(io.BytesIO(part.data)) as seen:
        assert (part.media_type, seen.format, seen.size[0]) == ("image/jpeg", "JPEG", pictures.LONGEST_SIDE)
    post(address, message("Which colour?", 2))
    work()
    assert len(shown(scripted)) == 1, "it is still spoken of"


def _turned() -> bytes:
    """As a phone that was held upright writes it: lying, with a note which way up it is."""
    held = io.BytesIO()
    note = Image.Exif()
    note[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (40, 20), "teal").save(held, "JPEG", exif=note)
    return held.getvalue()


def _transparent() -> bytes:
    held = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(held, "PNG")
    return held.getvalue()


def test_a_model_sees_a_picture_as_a_person_does(send, work, scripted) -> None:
    CONTENTS["turned.jpg"], CONTENTS["clear.png"] = _turned(), _transparent()
    scripted.play(Say("A wall."))
    send("What is this?", "turned.jpg", "clear.png")
    work()
    turned, clear = (Image.open(io.BytesIO(part.data)) for part in shown(scripted))
    assert (turned.size, clear.getpixel((10, 10))) == ((20, 40), (255, 255, 255))


def test_a_model_that_does_not_see_is_told_of_it(send, work, scripted, monkeypatch) -> None:
    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("scripted", "chat", "Blind", tools=True, context=128_000)]

    monkeypatch.setattr(ScriptedProvider, "models", models)
    scripted.play(Say("I cannot see it."))
    send("What is this?", "cake.png")
    work()
    assert shown(scripted) == []
    assert "[picture cake.png" in scripted.requests[-1].messages[-1].text


def test_a_picture_that_cannot_be_opened_stops_nobody(send, work, scripted, caplog) -> None:
    CONTENTS["cut.png"] = files.picture()[:40]
    scripted.play(Say("It does not open."))
    send("What is this?", "cut.png")
    work()
    assert shown(scripted) == []


def test_what_was_taken_back_is_not_shown_any_more(send, address, work, scripted, place) -> None:
    scripted.play(Say("A cake!"), Say("No."))
    send("What is this?", "cake.png")
    work()
    assert post(address, {"type": "delete", "id": "m-1", "sender": {"id": "42"}}).status_code == 200
    work()
    post(address, message("Have you seen it?", 2))
    work()
    kept = Message.objects.get(external_id__endswith="/m-1")
    assert (kept.text, kept.deleted_at is not None, kept.attachments.count()) == ("What is this?", True, 1)
    assert shown(scripted) == []
    assert "What is this?" not in "".join(said.text for said in scripted.requests[-1].messages)
