"""Whatever dies, and at whichever commit: what was accepted ends, is answered once and goes out once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.models import Sum

from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.channels import intake
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import jobs
from frontdesk.providers import registry
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.sdk.values import WebRequest
from tests.channels.dying import Life, drain, due
from tests.channels.place import Place, message, signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model says the customer's words."""
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: ScriptedProvider())


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    made = Life(monkeypatch)
    yield made
    made.revive()


def assert_books_balance() -> None:
    """Nothing is held any more."""
    balance, total = CreditAccount.objects.get().balance, LedgerEntry.objects.aggregate(total=Sum("amount"))["total"]
    held = LedgerEntry.objects.filter(kind="hold").values("reference")
    assert balance == total
    assert LedgerEntry.objects.filter(kind="settle").count() == held.distinct().count()


def answered_once(place: Place, who: str) -> str:
    """How a customer's only message ended: "sent", "unknown" or "person"."""
    conversation = Conversation.objects.get(contact__identities__external_id__endswith=f":{who}")
    assert set(Arrival.objects.values_list("state", flat=True)) == {"done"}
    assert not Run.objects.filter(state__in=Run.OPEN).exists()
    assert conversation.messages.filter(author=Message.Author.CUSTOMER).count() == 1
    answers = conversation.messages.filter(author=Message.Author.AI)
    heard = [said["text"] for said in place.got if said["recipient"]["id"] == who and said["text"] == f"Hello {who}"]
    if conversation.status == Conversation.Status.SUPPORT_ACTIVE:
        assert (list(answers), heard) == ([], [])
        assert conversation.runs.get().state == Run.State.FAILED
        return "person"
    assert conversation.runs.get().state == Run.State.COMPLETED
    [delivery] = Delivery.objects.filter(message=answers.get())
    assert delivery.state in ("sent", "unknown")
    assert len(heard) == 1 or (delivery.state == "unknown" and not heard)
    return delivery.state


def write(channel: Channel, who: str) -> None:
    """The customer's message arrives, in this very thread."""
    body, headers = signed(message(f"Hello {who}", who, sender=who), request_id=who)
    intake.take_in(channel.webhook_token, WebRequest("POST", "/", headers, {}, body))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_that_dies_at_any_commit(channel: Channel, place: Place, echo: None, life: Life, after: bool) -> None:
    """Of the whole way, from the request to the note that the answer went out; one customer for each commit."""
    ends: list[str] = []
    number, died = 0, True
    while died:
        number += 1
        who = f"c-{number}"
        with life.ends_at(number, after=after):
            write(channel, who)
            while ready := due():
                jobs.run(ready[0])
        died = life.revive()
        write(channel, who)  # the vendor, who heard nothing, tries again
        drain()
        ends.append(answered_once(place, who))
        assert_books_balance()
    assert len(ends) > 10, "so many commits there are at least"
    assert ends[-1] == "sent"
    assert ends.count("unknown") <= 2 and ends.count("person") <= 3, ends
