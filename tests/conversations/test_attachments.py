"""Files of messages: what they are, what is taken, and who gets them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Never

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client

from frontdesk.conversations import actions, attachments
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.errors import AttachmentNotFound, AttachmentRefused
from frontdesk.conversations.models import Attachment, Message
from frontdesk.core import jobs
from frontdesk.core.errors import Invalid
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from tests.conversations import files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def storage(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def conversation(workspace, in_workspace) -> Any:
    from tests.ground.rows import make_row

    return make_row(actions.Conversation, workspace, test=False)


@pytest.fixture
def send(owner, conversation) -> Callable[..., Any]:
    def reply(data: bytes, name: str = "", media_type: str = "", text: str = "") -> Attachment:
        actions.reply_as_person(owner, conversation, text, files=[Upload(name, data, media_type)])
        return Attachment.objects.latest("id")

    return reply


@pytest.mark.parametrize(
    ("data", "name", "announced", "is_a"),
    [
        (files.picture(), "cat.txt", "text/plain", "image/png"),
        (files.picture("JPEG"), "", "", "image/jpeg"),
        (files.picture("WEBP"), "", "", "image/webp"),
        (files.PDF, "photo.jpg", "image/jpeg", "application/pdf"),
        (files.OGG, "", "audio/ogg", "audio/ogg"),
        (files.MP4, "", "video/mp4", "video/mp4"),
        (files.MP4, "", "audio/mp4", "audio/mp4"),
        (files.WEBM, "", "audio/webm;codecs=opus", "audio/webm"),
        (files.WEBM, "", "application/pdf", "video/webm"),
        (files.recording(), "a.wav", "", "audio/wav"),
        (b"name;price\ncake;3", "prices.csv", "", "text/csv"),
        ("قهوة".encode(), "order.txt", "", "text/plain"),
        (b"\xef\xbb\xbfhello", "page.html", "text/html", "text/plain"),
        (b"<!doctype html><script>alert(1)</script>", "cat.png", "image/png", "text/html"),
        (files.SVG, "logo.svg", "image/svg+xml", "application/xml"),
        (files.PROGRAM, "invoice.pdf", "application/pdf", "application/x-msdownload"),
        (b"\x00\x01\x02\x03", "data.csv", "text/csv", "application/octet-stream"),
    ],
)
def test_content_says_what_a_file_is(data, name, announced, is_a) -> None:
    assert attachments.media_type_of(data, name, announced) == is_a


def test_a_reply_may_be_a_picture_alone(send, conversation) -> None:
    row = send(files.picture(), "../../etc/pass\\wd/cat\r\n.png")
    assert (row.state, row.media_type, row.name, row.width, row.height) == ("ready", "image/png", "cat .png", 8, 5)
    assert row.sha256 and row.size == len(files.picture())
    assert "cat" not in row.file.name
    assert attachments.read(row) == files.picture()
    conversation.refresh_from_db()
    assert conversation.last_message_preview == "(sent a picture)"


@pytest.mark.parametrize(
    ("data", "words"),
    [(files.PROGRAM, "not taken"), (files.SVG, "not taken"), (b"<html><body>", "not taken"), (b"", "empty")],
)
def test_what_is_not_taken_is_not_sent(send, data, words) -> None:
    with pytest.raises(AttachmentRefused, match=words):
        send(data, "file.pdf")
    assert not Message.objects.exists()


def test_a_file_too_large_and_too_many_files_are_not_sent(send, owner, conversation, settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2**20
    with pytest.raises(AttachmentRefused, match="larger than 1 MiB"):
        send(b"a" * (2**20 + 1))
    with pytest.raises(AttachmentRefused, match="10 files"):
        actions.reply_as_person(owner, conversation, "", files=[Upload("a.txt", b"a")] * 11)
    with pytest.raises(Invalid):
        actions.reply_as_person(owner, conversation, " ")


def test_the_file_goes_with_its_message(send) -> None:
    row = send(files.picture())
    name = row.file.name
    assert default_storage.exists(name)
    row.message.delete()
    assert not default_storage.exists(name)


def test_pictures_are_shown_and_all_else_is_downloaded(send, owner, alice) -> None:
    browser = Client()
    browser.force_login(alice)
    shown = browser.get(f"/studio/attachments/{send(files.picture(), 'cat.png').uuid}/")
    assert (shown.status_code, shown["content-type"], shown["x-content-type-options"]) == (200, "image/png", "nosniff")
    assert shown["content-disposition"] == 'inline; filename="cat.png"'
    assert shown["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.content == files.picture()
    downloaded = browser.get(f"/studio/attachments/{send(b'a;b', 'قائمة.csv').uuid}/")
    assert downloaded["content-type"] == "application/octet-stream"
    assert downloaded["content-disposition"].startswith("attachment; filename*=utf-8''")


def test_members_only(send, alice, charlie, api, other_workspace) -> None:
    row = send(files.picture())
    address = f"/studio/attachments/{row.uuid}/"
    assert Client().get(address).status_code == 302
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(address).status_code == 404
    assert api.get(f"/api/attachments/{row.uuid}").content == files.picture()
    assert Client().get(f"/api/attachments/{row.uuid}").status_code == 401


@pytest.mark.parametrize(
    ("asked", "status", "part", "says"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/10"),
        ("bytes=7-", 206, slice(7, 10), "bytes 7-9/10"),
        ("bytes=-2", 206, slice(8, 10), "bytes 8-9/10"),
        ("bytes=0-99", 200, slice(0, 10), None),
        ("bytes=10-", 416, slice(0, 0), "bytes */10"),
        ("bytes=-0", 416, slice(0, 0), "bytes */10"),
        ("bytes=5-2", 416, slice(0, 0), "bytes */10"),
        ("bytes=0-1,4-5", 200, slice(0, 10), None),
        ("lines=1", 200, slice(0, 10), None),
    ],
)
def test_players_ask_for_parts(send, asked, status, part, says) -> None:
    row = send(b"0123456789", "digits.txt")
    answer = Client().get(attachments.link(row).removeprefix("http://127.0.0.1:8000"), headers={"range": asked})
    assert (answer.status_code, answer.content, answer.get("content-range")) == (status, b"0123456789"[part], says)


def test_an_address_ends(send, workspace) -> None:
    row = send(files.picture())
    path = "/files/" + attachments.link(row).rpartition("/")[2]
    assert Client().get(path).content == files.picture()
    over = "/files/" + attachments.link(row, seconds=-1).rpartition("/")[2]
    forged = path[:-3] + "abc"
    for wrong in (over, forged, "/files/x", "/files/" + "a:" * 40):
        assert Client().get(wrong).status_code == 404
    with scope(workspace=workspace), pytest.raises(AttachmentNotFound):
        Attachment.objects.filter(pk=row.pk).update(state="refused")
        attachments.read(Attachment.objects.get(pk=row.pk))


def put(name: str, *, days: int) -> str:
    """A file that was written so long ago."""
    kept = default_storage.save(name, ContentFile(b"said"))
    then = time.time() - days * 86_400
    os.utime(default_storage.path(kept), (then, then))
    return kept


def aged(attachment: Attachment) -> str:
    os.utime(attachment.file.path, (0, 0))
    return attachment.file.name


def cleaned() -> dict[str, object]:
    row = jobs.enqueue("conversations.remove_leftovers")
    jobs.run(row.pk)
    row.refresh_from_db()
    assert row.state == Job.State.DONE, row.problem
    return row.result


def test_a_file_whose_message_was_never_kept_is_removed_a_day_later(owner, conversation, send) -> Never:
    kept = aged(send(files.picture()))
    with suppress(ZeroDivisionError), transaction.atomic():
        actions.reply_as_person(owner, conversation, "", files=[Upload("cat.png", files.picture())])
        left = aged(Attachment.objects.latest("id"))
        raise ZeroDivisionError
    young, elsewhere = put("attachments/ab/young", days=0), put("sources/ab/book", days=9)
    assert cleaned() == {"removed": 1}
    assert not default_storage.exists(left)
    assert all(default_storage.exists(name) for name in (kept, young, elsewhere))
    assert cleaned() == {"removed": 0}


def test_files_of_every_workspace_are_kept(send, other_workspace) -> None:
    from tests.ground.rows import make_row

    with scope(workspace=other_workspace):
        theirs = make_row(Attachment, other_workspace, file=put("attachments/cd/theirs", days=9))
    assert cleaned() == {"removed": 0}
    assert default_storage.exists(theirs.file.name)


def test_where_nobody_has_sent_a_file_there_is_nothing_to_remove(conversation) -> None:
    assert cleaned() == {"removed": 0}
