"""Whatever customers, vendors, workers and people do, in whatever order: the promises of channels hold at each step and at the end.

Jobs are done by the test itself, so that Hypothesis decides which, when, and where a worker dies. Random, but the same each time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from frontdesk.billing.actions import grant
from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.channels import actions, intake
from frontdesk.channels.errors import ChannelResting
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.providers import registry
from frontdesk.runs import waiting
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.sdk.values import WebRequest
from tests.channels.dying import Life, drain, due, time_passes
from tests.channels.place import Answer, Place, signed

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = st.sampled_from(["ana", "ben"])
SAYS = st.sampled_from([Answer(429, {"retry-after": "5"}), Answer(500), Answer(503), Answer(cut=True), Answer(403)])
TERMINAL = {"sent", "delivered", "read", "failed", "unknown"}


class World(RuleBasedStateMachine):
    """`posted` are the requests that were accepted, by id; `written` the customers' messages among them."""

    place: Place
    owner: Any
    channel: Channel
    life: Life

    def __init__(self) -> None:
        super().__init__()
        self.numbers: Counter[str] = Counter()
        self.posted: dict[str, dict[str, Any]] = {}
        self.written: dict[str, list[str]] = defaultdict(list)
        self.later: list[dict[str, Any]] = []
        self.on = True
        self.sent_again: set[str] = set()

    @initialize()
    def tidy(self) -> None:
        """The café is as it was before the last example."""
        self.life.revive()
        self.place.got.clear()
        self.place.says.clear()
        gone = (Job, Arrival, Delivery, Run, Message, Conversation, LedgerEntry)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(row._meta.db_table for row in gone)} RESTART IDENTITY CASCADE")
        CreditAccount.objects.update(balance=0)
        grant(self.owner.workspace, 10_000)
        Channel.objects.update(enabled=True)
        plugins.turn_on(self.owner, "webhook", agreed=manifest_of("webhook").permissions)

    # --- what the vendor posts --------------------------------------------------------------------------------------

    def post(self, said: dict[str, Any], request_id: str) -> bool:
        """Whether it was accepted."""
        body, headers = signed(said, request_id=request_id)
        try:
            intake.take_in(self.channel.webhook_token, WebRequest("POST", "/", headers, {}, body))
        except ChannelResting:
            assert not self.on
            return False
        assert self.on
        self.posted.setdefault(request_id, said)
        if said["type"] == "message" and said["id"] not in self.written[said["sender"]["id"]]:
            self.written[said["sender"]["id"]].append(said["id"])
        return True

    def message(self, who: str) -> dict[str, Any]:
        self.numbers[who] += 1
        name = f"{who}-{self.numbers[who]}"
        return {"type": "message", "id": name, "sender": {"id": who, "name": who}, "text": f"Say {name}."}

    @rule(who=CUSTOMERS)
    def writes(self, who: str) -> None:
        said = self.message(who)
        if not self.post(said, f"r-{said['id']}"):
            self.later.append(said)

    @rule(who=CUSTOMERS)
    def writes_what_comes_late(self, who: str) -> None:
        """Another one overtakes it."""
        self.later.append(self.message(who))

    @precondition(lambda self: self.later and self.on)
    @rule(data=st.data())
    def comes_late(self, data: st.DataObject) -> None:
        said = self.later.pop(data.draw(st.integers(0, len(self.later) - 1)))
        self.post(said, f"r-{said['id']}")

    @precondition(lambda self: self.posted)
    @rule(data=st.data(), same=st.booleans())
    def comes_twice(self, data: st.DataObject, same: bool) -> None:
        """The request again, or what it says in another one."""
        request_id = data.draw(st.sampled_from(sorted(self.posted)))
        self.post(self.posted[request_id], request_id if same else f"{request_id}+")

    @precondition(lambda self: any(self.numbers.values()))
    @rule(data=st.data(), kind=st.sampled_from(["edit", "delete"]))
    def changes(self, data: st.DataObject, kind: str) -> None:
        """Perhaps of a message that has not come yet."""
        who = data.draw(st.sampled_from(sorted(self.numbers)))
        name = f"{who}-{data.draw(st.integers(1, self.numbers[who]))}"
        said = {"type": kind, "id": name, "sender": {"id": who, "name": who}}
        self.post(said | ({"text": f"Say {name} again."} if kind == "edit" else {}), f"{kind}-{name}-{len(self.posted)}")

    @precondition(lambda self: self.place.got)
    @rule(data=st.data(), state=st.sampled_from(["sent", "delivered", "read", "failed"]))
    def status_comes(self, data: st.DataObject, state: str) -> None:
        name = data.draw(st.sampled_from([said["id"] for said in self.place.got]))
        self.post({"type": "status", "message_id": name, "state": state}, f"{state}-{name}-{len(self.posted)}")

    # --- workers and time -------------------------------------------------------------------------------------------

    @precondition(lambda self: due())
    @rule(data=st.data())
    def works(self, data: st.DataObject) -> None:
        jobs.run(data.draw(st.sampled_from(due())))

    @precondition(lambda self: due())
    @rule(data=st.data(), number=st.integers(1, 6), after=st.booleans())
    def dies_at_work(self, data: st.DataObject, number: int, after: bool) -> None:
        chosen = data.draw(st.sampled_from(due()))
        with self.life.ends_at(number, after=after):
            jobs.run(chosen)
        self.life.revive()

    @rule()
    def time_passes(self) -> None:
        time_passes()

    # --- the vendor's moods, and people -----------------------------------------------------------------------------

    @rule(says=SAYS)
    def vendor_is_in_a_mood(self, says: Answer) -> None:
        self.place.says.append(says)

    @rule(data=st.data(), status=st.sampled_from(["active", "support_active", "closed"]))
    @precondition(lambda self: Conversation.objects.exists())
    def person_decides(self, data: st.DataObject, status: str) -> None:
        conversations.set_status(self.owner, self.any_conversation(data), status)

    @rule(data=st.data())
    @precondition(lambda self: Conversation.objects.exists())
    def person_replies(self, data: st.DataObject) -> None:
        self.numbers["person"] += 1
        conversation = self.any_conversation(data)
        conversations.set_status(self.owner, conversation, "support_active")
        conversations.reply_as_person(self.owner, conversation, f"person {self.numbers['person']}")

    @rule(data=st.data())
    @precondition(lambda self: Delivery.objects.filter(state__in=Delivery.TROUBLED).exists())
    def person_sends_again(self, data: st.DataObject) -> None:
        rows = Message.objects.filter(deliveries__state__in=Delivery.TROUBLED).order_by("pk").distinct()
        chosen = data.draw(st.sampled_from([row.pk for row in rows]))
        message = Message.objects.select_related("conversation").get(pk=chosen)
        self.sent_again |= {str(uuid) for uuid in message.deliveries.values_list("uuid", flat=True)}
        actions.send_again(self.owner, message)

    @rule(plugin=st.booleans())
    def is_turned_off_or_on(self, plugin: bool) -> None:
        self.turn(not self.on, plugin=plugin)

    def turn(self, on: bool, *, plugin: bool) -> None:
        if on:
            actions.set_enabled(self.owner, self.channel, enabled=True)
            plugins.turn_on(self.owner, "webhook", agreed=manifest_of("webhook").permissions)
        elif plugin:
            plugins.turn_off(self.owner, "webhook")
        else:
            actions.set_enabled(self.owner, self.channel, enabled=False)
        self.on = on

    def any_conversation(self, data: st.DataObject) -> Conversation:
        keys = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))
        return Conversation.objects.select_related("workspace").get(pk=data.draw(st.sampled_from(keys)))

    # --- what holds at each step ------------------------------------------------------------------------------------

    @invariant()
    def accepted_is_kept(self) -> None:
        assert set(self.posted) <= set(Arrival.objects.values_list("external_id", flat=True))

    @invariant()
    def nothing_goes_out_twice(self) -> None:
        """Not even with the same key, unless the vendor had refused it, or a person sent it again."""
        refused = Counter(said["id"] for said in self.refused())
        for key, times in Counter(said["id"] for said in self.place.got).items():
            assert times - refused[key] <= 1 or key in self.sent_again, key

    def refused(self) -> list[dict[str, Any]]:
        return [said for said, answer in self.place.answered if answer.status != 200]

    @invariant()
    def one_answer_a_run_and_a_question(self) -> None:
        ours = Message.objects.filter(author=Message.Author.AI)
        assert all(times == 1 for times in Counter(ours.values_list("run_uuid", flat=True)).values())
        assert all(times == 1 for times in Counter(ours.values_list("reply_to", flat=True)).values())

    @invariant()
    def one_conversation_a_customer(self) -> None:
        assert Conversation.objects.count() <= len(self.written)

    @invariant()
    def books_balance(self) -> None:
        total = LedgerEntry.objects.aggregate(total=Sum("amount"))["total"] or 0
        assert CreditAccount.objects.get().balance == total

    # --- and when everything is done --------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "posted") or not CreditAccount.objects.exists():
            return
        self.life.revive()
        self.place.says.clear()
        self.turn(True, plugin=True)
        drain()
        self.assert_all_ended()
        self.assert_all_answered()
        self.assert_order()
        self.nothing_goes_out_twice()
        self.books_balance()

    def assert_all_ended(self) -> None:
        assert set(Arrival.objects.values_list("state", flat=True)) <= {"done", "dead"}
        assert set(Delivery.objects.values_list("state", flat=True)) <= TERMINAL
        assert not Run.objects.filter(state__in=Run.OPEN).exists()
        assert not Job.objects.filter(state__in=["queued", "running"]).exists()
        held = LedgerEntry.objects.filter(kind="hold").values_list("reference", flat=True)
        assert set(held) == set(LedgerEntry.objects.filter(kind="settle").values_list("reference", flat=True))

    def assert_all_answered(self) -> None:
        """By the AI, once, wherever it answers; what came while others did is theirs, or was answered when it was given back."""
        for who, names in self.written.items():
            kept = Message.objects.filter(author=Message.Author.CUSTOMER, external_id__contains=f"/{who}-")
            assert Counter(row.external_id.partition("/")[2] for row in kept) == Counter(names)
        for conversation in Conversation.objects.filter(status=Conversation.Status.ACTIVE):
            assert not list(waiting.pending(conversation)), "the AI owes an answer"

    def assert_order(self) -> None:
        """What arrived at a customer's is in the order of the conversation, what was sent again aside."""
        keys = {str(row.uuid): (row.message_id, row.part) for row in Delivery.objects.all()}
        for conversation in Conversation.objects.all():
            own = {str(uuid) for uuid in Delivery.objects.filter(conversation=conversation).values_list("uuid", flat=True)}
            came = [keys[said["id"]] for said in self.place.got if said["id"] in own - self.sent_again]
            assert came == sorted(came)


@pytest.fixture
def world(
    owner: Any, channel: Channel, place: Place, monkeypatch: pytest.MonkeyPatch, in_workspace: Any
) -> Callable[[], World]:
    """The model says the customer's words."""
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: ScriptedProvider())
    own = {"place": place, "owner": owner, "channel": channel, "life": Life(monkeypatch)}
    return type("Café", (World,), own)


def test_the_promises_hold(world: Callable[[], World]) -> None:
    few = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(world, settings=few)
