"""What teammates and agents send beside plain words: files, choices, marks, answers to one message, approved templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Never
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from frontdesk_webhook.channel import Webhook

from frontdesk.channels import templates, window
from frontdesk.channels.errors import ConnectionFailed
from frontdesk.channels.models import Delivery
from frontdesk.channels.texts import marked_portions, plain, without_sources
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.models import Attachment, Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.sdk.channel import Capabilities
from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import Template
from frontdesk.workspaces.models import Workspace
from tests.channels.place import message, post
from tests.conversations import files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def storage(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def conversation(address, workspace, work) -> Conversation:
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    post(address, message("Hello"))
    work()
    return Conversation.objects.select_related("workspace").get()


@pytest.fixture
def say(owner, conversation) -> Callable[..., Any]:
    return lambda text, **more: conversations.reply_as_person(owner, conversation, text, **more)


CAKE = Upload("cake.png", files.picture())
MENU = Upload("menu.pdf", files.PDF)


def test_files_follow_the_words_one_by_one(say, work, place) -> None:
    said = say("Here they are.", files=[CAKE, MENU])
    work()
    words, first, second = place.got
    assert (words["text"], "attachments" in words) == ("Here they are.", False)
    assert [(each["text"], each["attachments"][0]["name"]) for each in (first, second)] == [("", "cake.png"), ("", "menu.pdf")]
    given = first["attachments"][0]
    assert (given["media_type"], given["size"]) == ("image/png", len(files.picture()))
    assert Client().get(urlsplit(given["url"]).path).content == files.picture()
    assert list(said.deliveries.values_list("state", flat=True)) == ["sent"] * 3


def test_what_a_channel_cannot_take_goes_as_a_link(say, work, place, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(media_out=frozenset({"image/*"}), largest_media=50))
    say("", files=[CAKE, MENU])
    work()
    assert all("attachments" not in each for each in place.got)
    address = place.texts[1].split(" ")[1]
    assert place.texts[1].startswith("menu.pdf: http")
    assert Client().get(urlsplit(address).path).content == files.PDF


def test_a_letter_has_its_files_with_its_words(say, work, place, monkeypatch) -> None:
    can = Capabilities(media_out=frozenset({"*/*"}), together=True)
    monkeypatch.setattr(Webhook, "capabilities", can)
    say("Here they are.", files=[CAKE, MENU])
    work()
    assert [(each["text"], len(each["attachments"])) for each in place.got] == [("Here they are.", 2)]


def test_a_file_that_is_lost_is_said(say, work, place) -> None:
    said = say("", files=[CAKE])
    row = Attachment.objects.get()
    row.file.storage.delete(row.file.name)
    work()
    assert place.got == []
    assert "not here any more" in said.deliveries.get().problem


def test_choices_are_buttons_and_come_back_pressed(say, work, place, address) -> None:
    say("Which size?", buttons=[{"id": "s", "label": "Small"}, {"id": "l", "label": "Large"}])
    work()
    assert place.got[0]["buttons"] == [{"id": "s", "label": "Small"}, {"id": "l", "label": "Large"}]
    post(address, message("Large", 2, button="l", reply_to=place.got[0]["id"]))
    work()
    pressed = Message.objects.filter(author="customer").latest("id")
    assert (pressed.text, pressed.metadata["button"], pressed.reply_to.text) == ("Large", "l", "Which size?")


def test_choices_are_numbered_where_there_are_no_buttons(say, work, place, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities())
    say("Which size?", buttons=[{"id": "s", "label": "Small"}, {"id": "l", "label": "Large"}])
    work()
    assert place.texts == ["Which size?\n\n1. Small\n2. Large"]


def test_an_answer_to_one_message_says_to_which(say, work, place, address) -> None:
    asked = Message.objects.get()
    say("Hello to you.", reply_to=asked)
    work()
    assert place.got[0]["reply_to"] == "m-1"


def test_an_answer_keeps_its_marks(address, work, place, scripted) -> None:
    scripted.play(Say("Yes, we **do** [1]. See [1](https://qamar.example)."))
    post(address, message("Do you?"))
    work()
    assert place.texts == ["Yes, we do. See 1 (https://qamar.example)."]
    assert place.got[0]["markdown"] == "Yes, we **do**. See [1](https://qamar.example)."


LONG = """# Menu

We have **many** cakes:

- *Apple* cake
- Plum cake

| cake | price |
|---|---|
| plum | 3 |

```
code **here**
```
"""


@pytest.mark.parametrize("longest", [20, 30, 45, 60, 200])
def test_each_portion_is_whole_in_itself(longest) -> None:
    found = marked_portions(LONG, longest)
    assert [text for text, _ in found]
    for text, marked in found:
        assert len(text) <= longest
        assert not marked or plain(marked) == text
        assert marked.count("**") % 2 == 0 and marked.count("```") % 2 == 0
    assert " ".join(" ".join(text for text, _ in found).split()) == " ".join(plain(LONG).split())


def test_bytes_count_where_a_vendor_counts_them() -> None:
    text = "قهوة وكعك. " * 40
    for portion, _ in marked_portions(text, 1000, 100):
        assert len(portion.encode()) <= 100


def test_numbers_of_sources_go_and_links_stay() -> None:
    assert without_sources("Yes [1][2]. See [3](x) and [4][a].\n\n[4]: y") == "Yes. See [3](x) and [4][a].\n\n[4]: y"


def closed(conversation: Conversation, hours: int) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(last_inbound_at=timezone.now() - timedelta(hours=hours))
    conversation.refresh_from_db()


def test_after_the_window_nothing_is_sent_and_the_owner_reads_why(say, work, place, conversation, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(window_hours=24))
    closed(conversation, 23)
    assert window.open_until(conversation) > timezone.now()
    say("In time")
    work()
    closed(conversation, 25)
    assert window.open_until(conversation) < timezone.now()
    late = say("Too late")
    work()
    assert place.texts == ["In time"]
    delivery = late.deliveries.get()
    assert (delivery.state, "Wait until they write" in delivery.problem) == ("failed", True)


def test_a_person_may_have_longer(say, work, place, conversation, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(window_hours=24, person_window_hours=168))
    closed(conversation, 100)
    say("A person may.")
    work()
    assert place.texts == ["A person may."]


def test_no_window_no_limit(say, work, place, conversation) -> None:
    closed(conversation, 10_000)
    assert window.open_until(conversation) is None
    say("Hello again")
    work()
    assert place.texts == ["Hello again"]


@pytest.fixture
def approved(monkeypatch) -> list[Any]:
    """Our app has approved one text, and takes nothing else after a day."""
    sent = []

    async def send(self, message, context) -> Any:
        sent.append(message)
        return await original(self, message, context)

    async def list_them(self, context) -> list[Template]:
        return [Template("order_ready", "en", "Hello {{1}}, your {{2}} is ready.")]

    original = Webhook.send
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(window_hours=24, templates=True))
    monkeypatch.setattr(Webhook, "templates", list_them)
    monkeypatch.setattr(Webhook, "send", send)
    return sent


def test_a_template_reaches_who_was_silent(owner, conversation, channel, work, place, approved) -> None:
    closed(conversation, 100)
    assert [each.name for each in templates.templates(channel)] == ["order_ready"]
    said = templates.send_template(owner, conversation, "order_ready", "en", ["Ana", "cake"])
    work()
    assert said.text == place.texts[0] == "Hello Ana, your cake is ready."
    assert approved[0].template == Template("order_ready", "en", "Hello {{1}}, your {{2}} is ready.", ("Ana", "cake"))
    late = conversations.reply_as_person(owner, conversation, "And now?")
    work()
    assert "templates" in late.deliveries.get().problem


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [("other", ["a", "b"], "template"), ("order_ready", ["a"], "values"), ("order_ready", ["a", " "], "values")],
)
def test_a_template_that_does_not_fit_is_not_sent(owner, conversation, approved, name, values, field) -> None:
    with pytest.raises(Invalid) as wrong:
        templates.send_template(owner, conversation, name, "en", values)
    assert wrong.value.errors[0]["field"] == field
    assert not Delivery.objects.exists()


def test_a_program_finds_the_templates_and_sends_one(api, conversation, work, place, approved) -> None:
    closed(conversation, 100)
    address = f"/api/conversations/{conversation.uuid}"
    found = api.get(f"{address}/templates").json()
    assert found == [{"name": "order_ready", "language": "en", "text": "Hello {{1}}, your {{2}} is ready."}]
    sent = api.post(f"{address}/messages", {"template": {"name": "order_ready", "language": "en", "values": ["Ana", "cake"]}})
    assert (sent.status_code, sent.json()["text"]) == (201, "Hello Ana, your cake is ready.")
    work()
    assert (place.texts, approved[0].template.name) == (["Hello Ana, your cake is ready."], "order_ready")


def test_a_vendor_that_does_not_tell_its_templates_is_a_sentence(channel, approved, monkeypatch) -> None:
    async def broken(self, context) -> Never:
        raise DeliveryFailed("The token is over.", permanent=True)

    monkeypatch.setattr(Webhook, "templates", broken)
    with pytest.raises(ConnectionFailed, match="token is over"):
        templates.templates(channel)
