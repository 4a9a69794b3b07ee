"""Messages over REST: what came with them, what became of them, and files that a teammate sends."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.starters import start_content
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.attachments import MOST_FILES, expect
from frontdesk.conversations.models import Attachment, Message
from frontdesk.sdk.values import Attachment as File
from tests.conversations import files


@pytest.fixture(autouse=True)
def storage(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def said(owner, in_workspace) -> Message:
    agent = agents.create_agent(owner, start_content("Maya"), live=True)
    return receive(owner.workspace, agent.pk, Inbound("Is this yours?", "api", "ana")).message


@pytest.fixture
def address(said) -> str:
    return f"/api/conversations/{said.conversation.uuid}/messages"


def upload(name="menu.png", data=None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, files.picture() if data is None else data, "image/png")


def test_a_message_is_shown_with_all_that_belongs_to_it(api, said, address) -> None:
    expect(said, [File("image/png", "bag.png", data=files.picture()), File("image/png", "hat.png", reference="77", size=9)])
    answer = api.post(address, {"text": "Yes!", "reply_to": str(said.uuid)}).json()
    Message.objects.filter(pk=said.pk).update(deleted_at=timezone.now())
    Message.objects.filter(uuid=answer["uuid"]).update(reaction="👍")
    question, reply = api.get(address).json()["results"]
    assert (question["deleted"], question["reply_to"], question["reaction"]) == (True, None, "")
    assert (reply["deleted"], reply["reply_to"], reply["reaction"], reply["attachments"]) == (False, str(said.uuid), "👍", [])
    here, coming = question["attachments"]
    assert (coming["name"], coming["media_type"], coming["size"], coming["state"]) == ("hat.png", "image/png", 9, "pending")
    assert (here["name"], here["media_type"], here["url"], coming["url"]) == ("bag.png", "image/png", None, None)


def test_a_list_of_messages_with_files_takes_as_many_queries_as_one(api, address, django_assert_max_num_queries) -> None:
    for _each in range(3):
        api.upload(address, {"files": [upload(), upload()]})
    with django_assert_max_num_queries(12) as few:
        assert sum(len(row["attachments"]) for row in api.get(address).json()["results"]) == 6
    assert len([query for query in few.captured_queries if "attachment" in query["sql"]]) == 1


def test_a_teammate_sends_files(api, said, address) -> None:
    sent = api.upload(
        address, {"text": "This one?", "reply_to": str(said.uuid), "files": [upload(), upload("list.pdf", files.PDF)]}
    )
    assert sent.status_code == 201, sent.content
    shown = sent.json()
    assert (shown["text"], shown["author"], shown["reply_to"]) == ("This one?", "person", str(said.uuid))
    picture, document = shown["attachments"]
    assert [picture["media_type"], document["media_type"]] == ["image/png", "application/pdf"]
    assert picture["state"] == "ready" and picture["url"].startswith("http://")
    assert api.get(picture["url"]).content == files.picture()


def test_files_need_no_words_and_are_sent_once(api, address) -> None:
    for _time in range(2):
        sent = api.upload(address, {"files": [upload()]}, idempotency_key="k1")
        assert (sent.status_code, sent.json()["text"]) == (201, "")
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"text": " "},
        {"files": [upload("program.png", files.PROGRAM)]},
        {"files": [upload(data=b"")]},
        {"files": [upload() for _each in range(MOST_FILES + 1)]},
        {"text": "Hello", "reply_to": str(uuid4())},
        {"text": "Hello", "reply_to": "the last one"},
    ],
)
def test_a_form_that_cannot_be_sent_is_refused_and_leaves_nothing(api, address, form) -> None:
    refused = api.upload(address, form)
    assert refused.status_code == 422, refused.content
    assert api.get(address).json()["count"] == 1
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "Hello", "template": {"name": "a", "language": "en"}},
        {"template": {"name": "a", "language": "en"}},
        {"template": {"name": "a"}},
    ],
)
def test_nothing_to_say_and_templates_where_there_are_none_are_refused(api, address, body) -> None:
    assert api.post(address, body).status_code == 422


def test_a_conversation_without_a_channel_has_no_templates(api, said) -> None:
    assert api.get(f"/api/conversations/{said.conversation.uuid}/templates").json() == []


def test_files_of_others_are_not_there(api, stranger_api, address) -> None:
    file = api.upload(address, {"files": [upload()]}).json()["attachments"][0]
    assert stranger_api.get(file["url"]).status_code == 404
    assert stranger_api.upload(address, {"files": [BytesIO(b"x")]}).status_code == 404
