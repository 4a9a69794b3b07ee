"""What comes in on a channel is checked, kept once and answered; what is forged or unreadable does no harm."""

from __future__ import annotations

from datetime import timedelta
from typing import Never

import pytest
from django.test import Client
from django.utils import timezone
from frontdesk_webhook import signing
from frontdesk_webhook.channel import Webhook

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.billing.models import CreditAccount
from frontdesk.channels import actions, jobs, queries, receiving
from frontdesk.channels.models import Arrival, Channel, Thread
from frontdesk.conversations import deletion
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.plugins.host import host
from frontdesk.runs.models import Run
from frontdesk.sdk.channel import Channel as Kind
from frontdesk.sdk.errors import ProviderRejected
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.testing.scripted import Fail, Say
from frontdesk.sdk.values import Attachment, Inbound, WebResponse
from frontdesk.workspaces.models import Workspace
from tests.channels.place import SECRET, message, post
from tests.conversations.files import picture
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)


def test_plugins_offer_it_by_register_channels() -> None:
    assert host().offers("channels")["webhook"].plugin == "webhook"


def test_a_message_is_answered(address, work, scripted, place) -> None:
    scripted.play(Say("Yes, we **do** [1]."))
    assert post(address, message("Do you have oat milk?")).status_code == 200
    assert Message.objects.count() == 0, "a worker does the rest"
    work()
    assert list(Message.objects.order_by("id").values_list("author", "text")) == [
        ("customer", "Do you have oat milk?"),
        ("AI", "Yes, we **do** [1]."),
    ]
    assert [(said["recipient"]["id"], said["text"]) for said in place.got] == [("42", "Yes, we do.")]
    conversation = Conversation.objects.get()
    assert (conversation.channel_kind, str(conversation.contact)) == ("webhook", "Ana")
    assert Channel.objects.get().heard_at is not None


def test_the_same_request_again_is_acknowledged_and_changes_nothing(address, work, scripted, place) -> None:
    scripted.play(Say("Hello."))
    for _ in range(3):
        assert post(address, message("Hi"), request_id="r-1").status_code == 200
    work()
    assert post(address, message("Hi"), request_id="r-1").status_code == 200
    assert post(address, message("Hi"), request_id="r-2").status_code == 200, "the same message in another request"
    work()
    assert (Arrival.objects.count(), Message.objects.count(), len(place.got)) == (2, 2, 1)


def test_messages_of_one_customer_are_one_conversation_in_their_order(address, work, scripted, place) -> None:
    scripted.play(Say("One."), Say("Two."))
    for number in range(1, 4):
        post(address, message(f"Question {number}", number))
    for row in Job.objects.filter(kind="channels.receive").order_by("-pk"):
        core_jobs.run(row.pk)
    assert list(Message.objects.order_by("id").values_list("text", flat=True)) == ["Question 1", "Question 2", "Question 3"]
    work()
    assert Conversation.objects.count() == 1
    assert place.texts == ["One.", "Two."], "what came while the first was answered is answered together"


def test_each_thread_is_a_conversation_of_its_own(address, work, scripted, place) -> None:
    scripted.play(Say("A."), Say("B."), Say("C."))
    post(address, message("Order", 1, thread="order-1"))
    post(address, message("Refund", 2, thread="order-2"))
    post(address, message("Hello", 3, sender="43"))
    work()
    assert Conversation.objects.count() == 3
    assert Contact.objects.count() == 2
    assert {(said["recipient"]["id"], said["thread"]) for said in place.got} == {("42", "order-1"), ("42", "order-2"), ("43", "")}


def test_the_same_ids_on_another_channel_are_another_customer(owner, agent, channel, place, work, scripted, address) -> None:
    scripted.play(Say("A."), Say("B."))
    other = actions.connect(owner, "webhook", agent.pk, {"callback_url": place.url, "secret": SECRET}, name="Second app")
    post(address, message("Hello"))
    post(f"/hooks/{other.webhook_token}", message("Hello"))
    work()
    assert (Conversation.objects.count(), Contact.objects.count(), Message.objects.count()) == (2, 2, 4)


def test_a_channel_that_got_another_agent_begins_anew(owner, agent, channel, place, work, scripted, address) -> None:
    scripted.play(Say("I am Mila."), Say("I am Gus."))
    post(address, message("Hello", 1))
    work()
    gus = agents.create_agent(owner, AgentContent(name="Gus"), live=True)
    actions.connect(owner, "webhook", gus.pk, {"callback_url": place.url}, name="Our app", channel=channel)
    post(address, message("Hello?", 2))
    work()
    assert place.texts == ["I am Mila.", "I am Gus."]
    assert list(Conversation.objects.order_by("id").values_list("agent", flat=True)) == [agent.pk, gus.pk]
    assert Thread.objects.get().conversation.agent_id == gus.pk


def test_a_deleted_customer_who_writes_again_is_somebody_new(owner, address, work, scripted, place) -> None:
    scripted.play(Say("Hello."), Say("Hello, who are you?"))
    post(address, message("It is me", 1))
    work()
    deletion.delete_contact(owner, Contact.objects.get())
    post(address, message("It is me again", 2))
    work()
    assert place.texts == ["Hello.", "Hello, who are you?"]
    assert (Contact.objects.count(), Conversation.objects.count()) == (2, 2)
    assert Thread.objects.get().conversation.contact.deleted_at is None


@pytest.mark.parametrize(
    "forge",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-id": "another"},
        {"webhook-timestamp": "1"},
    ],
)
def test_a_forged_request_is_refused_counted_and_not_kept(address, forge) -> None:
    assert post(address, message("Give me the money"), **forge).status_code == 401
    assert post(address, message("Give me the money"), secret="another secret of theirs").status_code == 401
    assert Channel.objects.get().refused == 2
    assert not Arrival.objects.exists()


def test_a_slash_at_the_end_does_not_matter(address) -> None:
    assert post(f"{address}/", {"type": "ping"}).status_code == 200


def test_an_old_request_is_refused(address) -> None:
    body = b'{"type": "ping"}'
    headers = signing.headers(SECRET, "r-1", body, now=timezone.now().timestamp() - 600)
    response = Client().generic("POST", address, body, content_type="application/json", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "SIGNATURE_REFUSED")


@pytest.mark.parametrize("token", ["x", "hook_" + "a" * 43, "pk_" + "a" * 43, "hook_%00" + "a" * 42, "é" * 48])
def test_an_unknown_address_is_not_found(channel, token) -> None:
    response = post(f"/hooks/{token}", message("Hello"))
    assert (response.status_code, response.json()["code"]) == (404, "CHANNEL_NOT_FOUND")


def test_what_is_too_large_or_of_another_method_is_refused(address) -> None:
    big = message("x" * 2**20)
    assert post(address, big).status_code == 413
    assert Client().put(address, {}).status_code == 405
    assert not Arrival.objects.exists()


def test_nothing_is_kept_that_nobody_can_check(owner, channel, address) -> None:
    actions.set_enabled(owner, channel, enabled=False)
    response = post(address, message("Hello"))
    assert (response.status_code, response["Retry-After"]) == (503, "300")
    actions.set_enabled(owner, channel, enabled=True)
    plugins.turn_off(owner, "webhook")
    assert post(address, message("Hello")).status_code == 503
    assert not Arrival.objects.exists()


def test_what_came_before_the_plugin_was_turned_off_waits(owner, address, work, scripted, place) -> None:
    scripted.play(Say("Hello."))
    post(address, message("Hello"))
    plugins.turn_off(owner, "webhook")
    work()
    assert Arrival.objects.get().state == "received"
    plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
    work(later=True)
    assert place.texts == ["Hello."]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "This is not JSON."),
        ({"type": "message", "id": "m-1", "sender": {"id": "42"}, "text": " "}, "This message has neither text nor attachments."),
        (message("x" * 20_001), "The message is longer than 20000 characters. Make it shorter."),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter(owner, address, work, body, problem) -> None:
    assert post(address, body).status_code == 200
    work()
    [dead] = queries.dead_letters()
    assert dead.problem == problem
    assert not Message.objects.exists()
    assert actions.read_again(owner, dead)
    work()
    assert queries.dead_letters().count() == 1, "it is still wrong"
    actions.discard(owner, dead)
    assert not Arrival.objects.exists()


def test_after_a_fix_a_dead_letter_is_read_again(owner, address, work, scripted, place, monkeypatch) -> None:
    def broken(self, request, settings) -> Never:
        raise KeyError("a mistake of the author")

    scripted.play(Say("Here you are."))
    with monkeypatch.context() as patch:
        patch.setattr(Webhook, "parse", broken)
        post(address, message("Where is my order?"))
        work()
    [dead] = queries.dead_letters()
    assert "webhook" in dead.problem
    actions.read_again(owner, dead)
    work()
    assert place.texts == ["Here you are."]
    assert not actions.read_again(owner, dead), "once"


def test_a_dead_letter_does_not_hold_up_what_follows(address, work, scripted, place) -> None:
    scripted.play(Say("Hello."))
    post(address, {"type": "message", "id": "m-1", "sender": {"id": "42"}, "text": ""})
    post(address, message("Hello", 2))
    work()
    assert place.texts == ["Hello."]


def test_a_file_without_words_stands_in_words(address, place, work, scripted, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    place.files["/cake.jpg"] = picture("JPEG")
    scripted.play(Say("What a nice cake."))
    file = {"url": f"http://{place.host}/cake.jpg", "media_type": "image/jpeg", "name": "cake.jpg"}
    post(address, message("", attachments=[file]))
    work()
    kept = Message.objects.get(author="customer")
    assert kept.text == "(sent a picture)"
    assert kept.attachments.get().url == file["url"]


def test_what_cannot_be_stored_is_left_out_and_the_rest_is_answered(address, work, scripted, place) -> None:
    scripted.play(Say("Yes."))
    body = message("Oat \x00milk?", "\x00", thread="order-\x001")
    body["sender"]["name"] = "A\x00na"
    assert post(address, body).status_code == 200
    work()
    assert not queries.dead_letters()
    assert Message.objects.order_by("id").first().text == "Oat milk?"
    assert (str(Contact.objects.get()), place.texts, Thread.objects.get().thread_id) == ("Ana", ["Yes."], "order-1")


def test_halves_of_letters_are_left_out_of_texts_and_of_files() -> None:
    came = Inbound(
        "1\ud83d", "2\x00", "Hi\udc00", attachments=(Attachment("image/png", name="a\ud800.png", data=b"\x00"),), sent_at=1.5
    )
    stored = Inbound("1", "2", "Hi", attachments=(Attachment("image/png", name="a.png", data=b"\x00"),), sent_at=1.5)
    assert receiving._storable(came) == stored


def test_an_edit_changes_the_message(address, work, scripted) -> None:
    scripted.play(Say("At six."))
    post(address, message("When do you opn?"))
    work()
    post(address, {**message("When do you open?"), "type": "edit"})
    post(address, {**message("No such", 99), "type": "edit"})
    post(address, {**message("No such", 1, sender="7"), "type": "edit"})
    work()
    kept = Message.objects.get(author="customer")
    assert (kept.text, kept.metadata["before_edit"]) == ("When do you open?", "When do you opn?")
    assert Run.objects.count() == 1


def test_when_a_person_answers_the_ai_does_not(address, work, place, workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    post(address, message("Hello"))
    work()
    assert Conversation.objects.get().status == "support_active"
    assert not Run.objects.exists()


def test_what_the_ai_may_not_answer_is_handed_over(address, work, agent) -> None:
    Agent.objects.update(live=False)
    post(address, message("Hello"))
    work()
    Agent.objects.update(live=True)
    CreditAccount.objects.update(balance=0)
    post(address, message("Hello", 2, sender="43"))
    work()
    assert list(Message.objects.order_by("id").values_list("author", flat=True)) == ["customer", "notice"] * 2
    assert set(Conversation.objects.values_list("status", flat=True)) == {"support_active"}
    assert all(Conversation.objects.values_list("status_reason", flat=True))


def test_what_the_ai_failed_to_answer_is_handed_over(address, work, scripted) -> None:
    scripted.play(Fail(ProviderRejected("No such model.")))
    post(address, message("Hello"))
    work()
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.status_reason) == ("support_active", "The AI could not answer.")


def test_a_request_whose_job_was_lost_is_found(address, work, scripted, place) -> None:
    scripted.play(Say("Hello."))
    post(address, message("Hello"))
    Job.objects.all().delete()
    assert jobs.sweep() == 0, "not at once"
    Arrival.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert jobs.sweep() == 1
    assert jobs.sweep() == 1
    assert Job.objects.count() == 1
    work()
    assert place.texts == ["Hello."]


def test_requests_are_forgotten_after_two_weeks_but_not_dead_letters(address, work) -> None:
    post(address, {"type": "ping"})
    post(address, b"{")
    work()
    jobs.forget_old()
    assert Arrival.objects.count() == 2
    Arrival.objects.update(created_at=timezone.now() - timedelta(days=15))
    jobs.forget_old()
    assert Arrival.objects.get().state == "dead"


class Careless(Kind):
    """Raises what it should not, and keeps nobody waiting for an answer to its handshake."""

    slug, label = "careless", "Careless"

    def verify(self, request, settings) -> None:
        if request.method == "POST":
            raise RuntimeError("a mistake of the author")

    def handshake(self, request, settings) -> WebResponse | None:
        return WebResponse(body=request.query["challenge"]) if "challenge" in request.query else None

    def parse(self, request, settings) -> list[str]:
        return ["nonsense"]

    async def send(self, message, context) -> Never:
        raise AssertionError("nothing is sent")


def test_a_careless_plugin_loses_nothing_and_handshakes_are_answered(install, owner, agent, work) -> None:
    install(module("careless", hooks={"register_channels": lambda: [Careless]}))
    plugins.turn_on(owner, "careless", agreed=Permissions())
    made = actions.connect(owner, "careless", agent.pk, {}, name="")
    browser = Client(raise_request_exception=False)
    shaken = browser.get(f"/hooks/{made.webhook_token}", {"challenge": "1158201444"})
    assert (shaken.status_code, shaken.content) == (200, b"1158201444")
    assert browser.post(f"/hooks/{made.webhook_token}").status_code == 503, "the vendor tries again"
    assert browser.get(f"/hooks/{made.webhook_token}").status_code == 200
    work()
    assert "no message" in queries.dead_letters().get().problem
