"""Nothing lost and nothing doubled: duplicates at once, shuffled requests, killed workers, a Valkey that forgets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from frontdesk.channels import outbox, statuses
from frontdesk.channels.models import Arrival, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.jobs import Again
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.core.valkey import client as valkey
from frontdesk.runs.events import TEXT
from frontdesk.runs.models import JournalSegment, Run
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import Status
from tests.channels.place import message, post
from tests.ground.live import POEM, Process, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 100


def at_once(function: Any, many: Any) -> list[Any]:
    """In eight threads, each with a connection of its own."""

    def one(item: Any) -> Any:
        try:
            return function(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, many))


def test_a_delivery_that_comes_a_hundred_times_at_once_is_one(address, scripted, place) -> None:
    """The same request and the same message in other requests; then all jobs at once, each twice."""
    scripted.play(Say("One answer."))
    ids = ["r-1"] * (TIMES // 2) + [f"r-{n}" for n in range(TIMES // 2)]
    random.Random(4).shuffle(ids)
    answers = at_once(lambda request_id: post(address, message("Hello"), request_id=request_id).status_code, ids)
    assert answers == [200] * TIMES
    assert Arrival.objects.count() == TIMES // 2, "r-1 is among the others"
    while Job.objects.filter(state="queued").exists():
        waiting = list(Job.objects.filter(state="queued").values_list("pk", flat=True)) * 2
        Job.objects.filter(state="queued").update(run_after=None)
        at_once(core_jobs.run, waiting)
    assert not Job.objects.exclude(state="done").exists()
    assert set(Arrival.objects.values_list("state", flat=True)) == {"done"}
    counts = [Conversation.objects.count(), Run.objects.count(), Delivery.objects.count(), len(place.got)]
    assert counts == [1, 1, 1, 1]
    assert Message.objects.count() == 2


def test_customers_who_all_write_at_once_each_keep_their_order(address, scripted, place, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    customers = [f"c-{n}" for n in range(6)]
    for number in range(8):
        at_once(lambda who, n=number: post(address, message(f"{who} {n}", f"{who}-{n}", sender=who)), customers)
    waiting = list(Job.objects.filter(state="queued").values_list("pk", flat=True))
    random.Random(7).shuffle(waiting)
    at_once(core_jobs.run, waiting)
    Job.objects.filter(state="queued").update(run_after=None)
    for job in Job.objects.filter(state="queued"):
        core_jobs.run(job.pk)
    for conversation in Conversation.objects.all():
        texts = list(conversation.messages.order_by("id").values_list("text", flat=True))
        who = texts[0].split()[0]
        assert texts == [f"{who} {n}" for n in range(8)]
    assert Conversation.objects.count() == len(customers)


@pytest.fixture
def worker(process_environment: dict[str, str], tmp_path: Path, channel: Any, place: Any) -> Iterator[Process]:
    """A real one, which may reach the place."""
    made = Process("worker", tmp_path, {**process_environment, "PROVIDER_ALLOWED_HOSTS": place.host})
    yield made
    place.hold.set()
    made.stop()


def leases_run_out() -> None:
    """Nobody should wait for that."""
    Job.objects.filter(state="running").update(lease_until=timezone.now())
    Delivery.objects.filter(state="sending").update(lease_until=timezone.now())
    Run.objects.filter(state="running").update(lease_until=timezone.now())
    Job.objects.filter(state="queued").update(run_after=None)


def test_a_worker_killed_while_it_sends_sends_nothing_twice(address, place, worker) -> None:
    place.hold.clear()
    assert post(address, message("Hello")).status_code == 200
    assert place.came.acquire(timeout=60), worker.said()
    worker.kill()
    post(address, message("Thanks", 2))
    place.hold.set()
    leases_run_out()
    worker.start()
    wait_for(lambda: Delivery.objects.filter(state="sent").count() == 1, failure=worker.said, seconds=90)
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["unknown", "sent"]
    assert place.texts == ["You are welcome."] * 2
    assert [Message.objects.filter(author=author).count() for author in ("customer", "AI")] == [2, 2]


def test_a_valkey_that_forgets_everything_loses_nothing(address, place, worker) -> None:
    worker.kill()
    for number in range(5):
        assert post(address, message("Hello", number, sender=f"c-{number}")).status_code == 200
    valkey().flushall()
    worker.start()
    wait_for(lambda: len(place.got) >= 5, failure=worker.said, seconds=90)
    assert sorted(said["recipient"]["id"] for said in place.got) == [f"c-{n}" for n in range(5)]
    wait_for(lambda: Delivery.objects.filter(state="sent").count() == 5, failure=worker.said, seconds=90)


def run_of(who: str) -> Run | None:
    named = Run.objects.select_related("conversation__workspace")
    return named.filter(conversation__contact__identities__external_id__endswith=f":{who}").first()


def is_thinking(who: str) -> bool:
    run = run_of(who)
    return run is not None and run.state == Run.State.RUNNING


def has_spoken(who: str) -> bool:
    segments = JournalSegment.objects.filter(run__conversation__contact__identities__external_id__endswith=f":{who}")
    return any(kind == TEXT for segment in segments for _seq, kind, _data in segment.events)


def heard(place: Any, who: str) -> list[str]:
    return [said["text"] for said in place.got if said["recipient"]["id"] == who]


def is_quiet() -> bool:
    open_ones = (Run.objects.filter(state__in=Run.OPEN), Delivery.objects.filter(state__in=Delivery.OPEN))
    return not any(rows.exists() for rows in open_ones) and not Arrival.objects.filter(state="received").exists()


def test_a_worker_killed_while_it_answers(address, place, worker) -> None:
    """The customer has seen nothing yet: they get all of it, once, or a person."""
    post(address, message("crawl", sender="ana"))
    wait_for(lambda: has_spoken("ana"), failure=worker.said, seconds=90)
    worker.kill()
    leases_run_out()
    worker.start()
    wait_for(lambda: is_quiet() and len(place.got) == 1, failure=worker.said, seconds=90)
    run, [said] = run_of("ana"), heard(place, "ana")
    by_ai, by_person = ("completed", "active"), ("failed", "support_active")
    assert (run.state, run.conversation.status) == (by_ai if said == POEM else by_person), said


def test_a_new_version_in_the_middle_of_an_answer(address, place, worker) -> None:
    """Asked to end, a worker waits for what it does; what takes longer is another worker's at once, not when a lease is over."""
    post(address, message("crawl", sender="ana"))
    wait_for(lambda: has_spoken("ana"), failure=worker.said, seconds=90)
    worker.stop()
    assert worker.process.returncode == 0, worker.said()
    assert not Job.objects.filter(state="running").exists()
    assert not Run.objects.filter(state="running", lease_until__gt=timezone.now()).exists()
    worker.start()
    wait_for(lambda: is_quiet() and len(place.got) == 1, failure=worker.said, seconds=90)
    run, [said] = run_of("ana"), heard(place, "ana")
    assert (run.state, run.conversation.status) == ("failed", "support_active"), said
    assert said != POEM


def test_a_valkey_that_forgets_in_the_middle_of_an_answer(address, place, worker) -> None:
    post(address, message("mull", 1, sender="ana"))
    wait_for(lambda: is_thinking("ana"), failure=worker.said, seconds=90)
    valkey().flushall()
    post(address, message("Thanks", 2, sender="ana"))
    wait_for(lambda: is_quiet() and len(place.got) == 2, failure=worker.said, seconds=90)
    assert heard(place, "ana") == ["After some thought.", "You are welcome."]


def test_who_takes_over_in_the_middle_of_an_answer_is_the_only_one_who_answers(address, place, worker, owner) -> None:
    post(address, message("crawl", 1, sender="ana"))
    wait_for(lambda: has_spoken("ana"), failure=worker.said, seconds=90)
    conversation = run_of("ana").conversation
    conversations.set_status(owner, conversation, "support_active")
    conversations.reply_as_person(owner, conversation, "I am here.")
    post(address, message("Thanks", 2, sender="ana"))
    wait_for(lambda: is_quiet() and len(place.got) == 1, failure=worker.said, seconds=90)
    assert heard(place, "ana") == ["I am here."]
    assert run_of("ana").state == "cancelled"
    assert not Message.objects.filter(author="AI").exists()


def test_statuses_that_come_all_at_once_and_in_any_order_move_a_message_on_and_never_back(address, scripted, place, work) -> None:
    scripted.play(Say("One answer."))
    post(address, message("Hello"))
    work()
    delivery = Delivery.objects.get()
    states = ["sent", "delivered", "read", "failed"] * (TIMES // 4)
    random.Random(9).shuffle(states)

    def note(state: str) -> None:
        with scope(workspace=delivery.workspace), transaction.atomic():
            statuses.note(delivery.channel, Status(delivery.external_id, state))

    at_once(note, states)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.problem, len(place.got)) == ("read", "", 1)


def test_a_message_that_a_hundred_workers_deliver_at_once_goes_out_once(address, scripted, place, work) -> None:
    scripted.play(Say("One answer."))
    post(address, message("Hello"))
    place.hold.clear()
    for kind in ("channels.receive", "runs.execute"):
        core_jobs.run(Job.objects.get(kind=kind).pk)
    said = Message.objects.get(author="AI")

    def deliver(_number: int) -> None:
        with scope(workspace=said.workspace), suppress(Again):
            outbox.deliver(said.pk)

    with ThreadPoolExecutor(1) as one:
        first = one.submit(at_once, deliver, range(TIMES))
        assert place.came.acquire(timeout=60)
        place.hold.set()
        first.result()
    work(later=True)
    assert (place.texts, Delivery.objects.get().state) == (["One answer."], "sent")


def test_with_no_valkey_at_all_requests_are_kept(address, monkeypatch, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    from frontdesk.core import bell

    monkeypatch.setattr(bell, "huey", bell.RedisHuey("frontdesk", url=settings.REDIS_URL, results=False))
    assert post(address, message("Hello")).status_code == 200
    assert Arrival.objects.get().state == "received"
    assert django_settings.REDIS_URL == settings.REDIS_URL
