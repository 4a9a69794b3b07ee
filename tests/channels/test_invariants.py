"""Whatever customers, vendors, workers and people do, in whatever order: what channels promise holds at each step and at the end.

Jobs are done by the test itself, so that Hypothesis decides which, when, and where a worker dies. Random, but the same each time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
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
T = TypeVar("T")
CUSTOMERS = st.sampled_from(["ana", "ben"])
SAYS = st.sampled_from([Answer(429, {"retry-after": "5"}), Answer(500), Answer(503), Answer(cut=True), Answer(403)])
# Which of the things there are at that moment; drawn without looking at them, for how many there are depends on the clock.
WHICH = st.integers(0, 999)
TERMINAL = {"sent", "delivered", "read", "failed", "unknown"}


def pick(which: int, of: Sequence[T]) -> T | None:
    return of[which % len(of)] if of else None


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

    @precondition(lambda self: self.later)
    @rule(which=WHICH)
    def comes_late(self, which: int) -> None:
        said = self.later.pop(which % len(self.later))
        self.post(said, f"r-{said['id']}")

    @precondition(lambda self: self.posted)
    @rule(which=WHICH, same=st.booleans())
    def comes_twice(self, which: int, same: bool) -> None:
        """The request again, or what it says in another one."""
        request_id = pick(which, sorted(self.posted))
        self.post(self.posted[request_id], request_id if same else f"{request_id}+")

    @rule(who=CUSTOMERS, which=WHICH, kind=st.sampled_from(["edit", "delete"]))
    def changes(self, who: str, which: int, kind: str) -> None:
        """Perhaps of a message that has not come yet."""
        name = f"{who}-{1 + which % (self.numbers[who] + 1)}"
        said = {"type": kind, "id": name, "sender": {"id": who, "name": who}}
        self.post(said | ({"text": f"Say {name} again."} if kind == "edit" else {}), f"{kind}-{len(self.posted)}")

    @rule(which=WHICH, state=st.sampled_from(["sent", "delivered", "read", "failed"]))
    def status_comes(self, which: int, state: str) -> None:
        name = pick(which, [said["id"] for said in self.place.got]) or "nobody's"
        self.post({"type": "status", "message_id": name, "state": state}, f"{state}-{len(self.posted)}")

    # --- workers and time -------------------------------------------------------------------------------------------

    @rule(order=st.lists(WHICH, min_size=1, max_size=8))
    def works(self, order: list[int]) -> None:
        for which in order:
            self.work(which)

    def work(self, which: int) -> None:
        job_id = pick(which, due())
        if job_id is not None:
            jobs.run(job_id)

    @rule(which=WHICH, number=st.integers(1, 6), after=st.booleans())
    def dies_at_work(self, which: int, number: int, after: bool) -> None:
        with self.life.ends_at(number, after=after):
            self.work(which)
        self.life.revive()

    @rule()
    def time_passes(self) -> None:
        time_passes()

    # --- the vendor's moods, and people -----------------------------------------------------------------------------

    @rule(says=SAYS)
    def vendor_is_in_a_mood(self, says: Answer) -> None:
        self.place.says.append(says)

    @rule(which=WHICH, status=st.sampled_from(["active", "support_active", "closed"]))
    def person_decides(self, which: int, status: str) -> None:
        if conversation := self.conversation(which):
            conversations.set_status(self.owner, conversation, status)

    @rule(which=WHICH)
    def person_replies(self, which: int) -> None:
        if conversation := self.conversation(which):
            self.numbers["person"] += 1
            conversations.set_status(self.owner, conversation, "support_active")
            conversations.reply_as_person(self.owner, conversation, f"person {self.numbers['person']}")

    def conversation(self, which: int) -> Conversation | None:
        return pick(which, Conversation.objects.select_related("workspace").order_by("pk"))

    @rule(which=WHICH)
    def person_sends_again(self, which: int) -> None:
        rows = Message.objects.filter(deliveries__state__in=Delivery.TROUBLED).select_related("conversation").order_by("pk")
        if message := pick(which, rows.distinct()):
            troubled = message.deliveries.filter(state__in=Delivery.TROUBLED)
            self.sent_again |= {str(uuid) for uuid in troubled.values_list("uuid", flat=True)}
            actions.send_again(self.owner, message)

    @rule(which=WHICH, who=CUSTOMERS, plugin=st.booleans())
    def is_off_for_a_while(self, which: int, who: str, plugin: bool) -> None:
        """What comes is refused, and what is done meanwhile waits."""
        self.turn(False, plugin=plugin)
        self.writes(who)
        self.work(which)
        self.turn(True, plugin=plugin)

    def turn(self, on: bool, *, plugin: bool) -> None:
        if on:
            actions.set_enabled(self.owner, self.channel, enabled=True)
            plugins.turn_on(self.owner, "webhook", agreed=manifest_of("webhook").permissions)
        elif plugin:
            plugins.turn_off(self.owner, "webhook")
        else:
            actions.set_enabled(self.owner, self.channel, enabled=False)
        self.on = on

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
def world(owner: Any, channel: Channel, place: Place, monkeypatch: pytest.MonkeyPatch, in_workspace: Any) -> Callable[[], World]:
    """The model says the customer's words."""
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: ScriptedProvider())
    own = {"place": place, "owner": owner, "channel": channel, "life": Life(monkeypatch)}
    return type("Café", (World,), own)


def test_the_promises_hold(world: Callable[[], World]) -> None:
    few = settings(
        max_examples=12,
        stateful_step_count=30,
        deadline=None,
        phases=(Phase.generate,),  # a failure is shown as it was found; add Phase.shrink to have the shortest
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(world, settings=few)
