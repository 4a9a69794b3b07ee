"""What an owner's program is told: signed, once where it is taken, again where it is not, and never half of a transaction."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frontdesk.channels.models import Channel
from frontdesk.channels.models import Delivery as ChannelDelivery
from frontdesk.channels.outbox import _end
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.models import Contact
from frontdesk.core import jobs
from frontdesk.core.errors import Conflict, Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.webhooks import actions
from frontdesk.webhooks.jobs import PAUSES, forget_old
from frontdesk.webhooks.kinds import KINDS
from frontdesk.webhooks.models import Delivery, Endpoint, Event
from frontdesk.workspaces.models import AuditEntry

from .conftest import Receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_workspace")]
Work = Callable[[], int]


@pytest.fixture
def endpoint(owner: Any, target: Receiver) -> Endpoint:
    return actions.create_endpoint(owner, target.url, list(KINDS))[0]


def write(owner: Any, agent: Any, text: str = "Hello?", **more: Any) -> Any:
    return receive(owner.workspace, agent.pk, Inbound(text, "api", "customer", **more))


def verified(secret: str, heard: tuple[dict[str, str], bytes]) -> bool:
    """As a receiver does it, written from the standard and not from our code."""
    headers, body = heard
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.split("_", 1)[1])
    good = "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    return good in headers["webhook-signature"].split(" ")


def test_a_message_is_told_with_a_signature_that_a_receiver_can_verify(
    owner: Any, agent: Any, target: Receiver, work: Work
) -> None:
    endpoint, secret = actions.create_endpoint(owner, target.url, ["message.received"])
    turn = write(owner, agent, external_id="theirs-1")
    work()
    (heard,) = target.heard
    assert verified(secret, heard)
    assert not verified("whsec_" + base64.b64encode(b"another").decode(), heard)
    (told,) = target.told()
    assert (told["type"], told["version"], told["workspace_id"]) == ("message.received", 1, str(owner.workspace.uuid))
    assert told["id"] == heard[0]["webhook-id"]
    assert (told["data"]["message"]["text"], told["data"]["message"]["external_id"]) == ("Hello?", "theirs-1")
    assert told["data"]["conversation"]["uuid"] == str(turn.conversation.uuid)
    assert told["data"]["conversation"]["contact"]["identities"] == [{"channel": "api", "external_id": "customer"}]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.log[0]["response"]) == ("delivered", 200, "ok")
    assert secret not in str(endpoint.__dict__["secrets"].keys())


def test_every_kind_is_told(owner: Any, agent: Any, endpoint: Endpoint, target: Receiver, work: Work) -> None:
    turn = write(owner, agent)
    conversations.reply_as_person(owner, turn.conversation, "Hi.")
    conversations.set_status(owner, turn.conversation, "support_active")
    conversations.set_status(owner, turn.conversation, "closed")
    contact = Contact.objects.get()
    contact.name = "Dora"
    contact.save()
    channel = Channel.objects.create(workspace=owner.workspace, agent=agent, kind="webhook", name="Shop")
    late = {"recipient_id": "dora", "give_up_at": timezone.now(), "state": "sending", "attempts": 1, "text": "Hi."}
    where = {"channel": channel, "conversation": turn.conversation, "message": turn.message}
    _end(ChannelDelivery.objects.create(workspace=owner.workspace, **where, **late), "failed", "They blocked us.")
    work()
    told = {each["type"]: each["data"] for each in target.told()}
    asked = {"conversation.opened", "message.received", "message.answered", "conversation.status", "conversation.closed"}
    assert told.keys() == asked | {"contact.changed", "delivery.failed"}
    assert told["message.answered"]["message"]["author"] == "person"
    assert told["conversation.closed"]["conversation"]["status"] == "closed"
    assert told["contact.changed"]["contact"]["name"] == "Dora"
    assert told["delivery.failed"]["delivery"]["problem"] == "They blocked us."


def test_only_what_was_asked_for_is_told(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    actions.create_endpoint(owner, target.url, ["conversation.closed"])
    turn = write(owner, agent)
    assert not Event.objects.exists()
    conversations.set_status(owner, turn.conversation, "closed")
    work()
    assert [each["type"] for each in target.told()] == ["conversation.closed"]


def test_what_is_rolled_back_is_not_told(owner: Any, agent: Any, endpoint: Endpoint, target: Receiver, work: Work) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(owner, agent)
        raise ZeroDivisionError
    work()
    assert not target.heard
    assert not Event.objects.exists()


def test_where_nobody_listens_nothing_is_asked_of_the_database(owner: Any, agent: Any, workspace: Any) -> None:
    write(owner, agent, external_id="1")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        write(owner, agent, external_id="2")
    assert not [query for query in asked.captured_queries if "webhooks_" in query["sql"]]
    assert not Job.objects.filter(kind__startswith="webhooks.").exists()


def test_another_workspace_hears_nothing(
    stranger: Any, owner: Any, agent: Any, endpoint: Endpoint, target: Receiver, work: Work
) -> None:
    from frontdesk.core.scoping import scope

    Endpoint.objects.filter(pk=endpoint.pk).delete()
    with scope(workspace=stranger.workspace):
        actions.create_endpoint(stranger, target.url, list(KINDS))
    write(owner, agent)
    work()
    assert not target.heard


def test_what_is_not_taken_is_tried_again_until_it_is(
    owner: Any, agent: Any, target: Receiver, work: Work, sooner: Callable[[], None]
) -> None:
    endpoint, _secret = actions.create_endpoint(owner, target.url, ["message.received"])
    target.answers = [(500, b"down for repairs", {}), (302, b"", {"Location": "http://169.254.169.254/"}), (204, b"", {})]
    write(owner, agent)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("queued", 1, 500)
    assert timedelta(seconds=3) < delivery.next_at - timezone.now() < timedelta(seconds=PAUSES[0] * 1.2)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    for _attempt in range(2):
        sooner()
        work()
    delivery.refresh_from_db()
    assert (delivery.state, [each["status"] for each in delivery.log]) == ("delivered", [500, 302, 204])
    assert delivery.log[0]["response"] == "down for repairs"
    assert len({headers["webhook-id"] for headers, _body in target.heard}) == 1, "a receiver can tell repetitions"
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.problem) == (None, "")


def test_it_comes_back_when_the_receiver_says(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    actions.create_endpoint(owner, target.url, ["message.received"])
    target.answers = [(429, b"", {"Retry-After": "600"})]
    write(owner, agent)
    work()
    assert Delivery.objects.get().next_at - timezone.now() > timedelta(seconds=590)


def test_a_moment_that_is_no_number_is_passed_over(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    actions.create_endpoint(owner, target.url, ["message.received"])
    target.answers = [(429, b"", {"Retry-After": "²"})]
    write(owner, agent)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("queued", 1, 429)


def test_after_a_day_it_is_given_up_and_can_be_sent_again(
    owner: Any, agent: Any, target: Receiver, work: Work, sooner: Callable[[], None]
) -> None:
    actions.create_endpoint(owner, target.url, ["message.received"])
    target.answers = [(503, b"", {})]
    write(owner, agent)
    for _attempt in range(len(PAUSES) + 3):
        work()
        sooner()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, len(target.heard)) == ("failed", len(PAUSES) + 1, len(PAUSES) + 1)
    assert 20 * 3600 < sum(PAUSES) < 30 * 3600
    target.answers = [(200, b"", {})]
    actions.send_again(owner, delivery)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, len(delivery.log)) == ("delivered", len(PAUSES) + 2)


def test_an_endpoint_that_takes_nothing_for_days_is_turned_off_and_its_owners_are_told(
    owner: Any, agent: Any, target: Receiver, work: Work
) -> None:
    endpoint, _secret = actions.create_endpoint(owner, target.url, ["message.received"])
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=4))
    target.answers = [(500, b"", {})]
    write(owner, agent)
    work()
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.problem) == (False, "It answered 500.")
    for row in Job.objects.filter(kind="webhooks.tell_owners"):
        jobs.run(row.pk)
    assert [(sent.to, target.url in sent.body) for sent in mail.outbox] == [(["alice@example.org"], True)]
    assert AuditEntry.objects.filter(verb="webhook.gave_up").exists()
    write(owner, agent, "Anybody?")
    assert Event.objects.count() == 1, "who is off is told nothing"
    with pytest.raises(Conflict):
        actions.send_again(owner, Delivery.objects.get())
    endpoint = actions.change_endpoint(owner, endpoint, enabled=True)
    assert (endpoint.failing_since, endpoint.problem) == (None, "")


def test_one_that_says_gone_is_turned_off_at_once(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    endpoint, _secret = actions.create_endpoint(owner, target.url, ["message.received"])
    target.answers = [(410, b"", {})]
    write(owner, agent)
    work()
    endpoint.refresh_from_db()
    assert not endpoint.enabled


def test_a_private_address_is_never_reached(owner: Any, agent: Any, target: Receiver, work: Work, settings: Any) -> None:
    actions.create_endpoint(owner, target.url, ["message.received"])
    settings.WEBHOOK_ALLOWED_HOSTS = []
    write(owner, agent)
    work()
    assert not target.heard
    assert "private network" in Delivery.objects.get().problem


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://example.com/", "http://example.com/hook", "https://127.0.0.1/", "https://localhost/", "https://[::1]/x",
     "https://10.0.0.7:8443/", "https://user:secret@example.com/", "https://example.com:99999/", "https://" + "a" * 2100,
     "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://１２７。０。０。１/",
     "https://[::ffff:10.0.0.7]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://localhost./",
     "https://exa mple.com/", "https://example.com/\r\nX-Mine: yes", "https://example.com/\u2028x"],
)  # fmt: skip
def test_addresses_that_cannot_be_used_are_refused_with_a_sentence(owner: Any, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_endpoint(owner, url, ["message.received"])
    assert [error["field"] for error in refused.value.errors] == ["url"]


@pytest.mark.parametrize("events", [[], ["message.received", "world.ended"]])
def test_unknown_events_are_refused(owner: Any, events: list[str]) -> None:
    with pytest.raises(Invalid):
        actions.create_endpoint(owner, "https://example.com/hook", events)


def test_only_owners_may(editor: Any, target: Receiver) -> None:
    with pytest.raises(NotAllowed):
        actions.create_endpoint(editor, target.url, ["message.received"])


def test_after_a_new_secret_both_sign_for_a_day(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    endpoint, old = actions.create_endpoint(owner, target.url, ["message.received"])
    new = actions.renew_secret(owner, endpoint)
    write(owner, agent)
    work()
    assert verified(old, target.heard[0])
    assert verified(new, target.heard[0])
    endpoint.refresh_from_db()
    endpoint.secrets = {**endpoint.secrets, "until": timezone.now().isoformat()}
    endpoint.save()
    write(owner, agent, "Again")
    work()
    assert verified(new, target.heard[1])
    assert not verified(old, target.heard[1])


def test_a_test_is_posted_once_and_its_answer_shown(owner: Any, target: Receiver, work: Work) -> None:
    endpoint, _secret = actions.create_endpoint(owner, target.url, ["conversation.closed"])
    target.answers = [(400, b'{"error": "what is this"}', {})]
    delivery = actions.send_test(owner, endpoint)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.log[0]["response"]) == ("failed", 400, '{"error": "what is this"}')
    assert target.told()[0]["type"] == "webhook.test"


def test_what_was_missed_is_sent_again_since_a_moment(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    endpoint, _secret = actions.create_endpoint(owner, target.url, ["message.received"])
    for number in range(3):
        write(owner, agent, f"Message {number}", external_id=str(number))
    work()
    Delivery.objects.filter(event__data__message__text="Message 1").update(state="failed")
    began = timezone.now() - timedelta(hours=1)
    target.heard.clear()
    actions.replay(owner, endpoint, began)
    work()
    assert [each["data"]["message"]["text"] for each in target.told()] == ["Message 1"]
    target.heard.clear()
    actions.replay(owner, endpoint, began.replace(tzinfo=None), failed_only=False)  # the workspace is in UTC
    work()
    assert len({each["id"] for each in target.told()}) == 3
    with pytest.raises(Invalid):
        actions.replay(owner, endpoint, timezone.now() - timedelta(days=31))


def test_a_deleted_one_is_told_nothing_more(owner: Any, agent: Any, endpoint: Endpoint, target: Receiver, work: Work) -> None:
    write(owner, agent)
    actions.delete_endpoint(owner, endpoint)
    work()
    assert not target.heard
    Endpoint.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    Event.objects.update(created_at=timezone.now() - timedelta(days=31))
    forget_old()
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


def test_an_attempt_that_was_cut_off_is_made_again(owner: Any, agent: Any, target: Receiver, work: Work) -> None:
    actions.create_endpoint(owner, target.url, ["message.received"])
    write(owner, agent)
    jobs.run(Job.objects.get(kind="webhooks.fan_out").pk)
    Delivery.objects.update(state="sending", lease_until=timezone.now() + timedelta(minutes=1))
    work()
    assert not target.heard, "whoever has it is perhaps at work"
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Job.objects.filter(kind="webhooks.deliver").update(run_after=None)
    work()
    assert len(target.heard) == 1


def test_there_can_be_twenty(owner: Any, target: Receiver) -> None:
    for _number in range(20):
        actions.create_endpoint(owner, f"{target.url}/{uuid4()}", ["message.received"])
    with pytest.raises(Conflict):
        actions.create_endpoint(owner, target.url, ["message.received"])
