"""Who answers on a messenger: hand-over by rules, opening hours, several messages as one question, people who say nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent, HandOver
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Activity, Conversation, Message
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.runs import returning
from frontdesk.runs.models import Run
from frontdesk.sdk.errors import ProviderRejected
from frontdesk.sdk.testing.scripted import Fail, Say
from frontdesk.workspaces import actions as workspaces
from tests.channels.place import message, post

pytestmark = pytest.mark.django_db(transaction=True)

COLLEAGUE = "I am passing this on. A colleague will answer you here."
CLOSED = {"enabled": True, "week": [[]] * 7}
"""Every day, so that no test depends on the clock."""


@pytest.fixture
def content(owner: Any, agent: Any, channel: Any) -> Callable[..., None]:
    """Put the agent live with other rules."""

    def changed(**fields: Any) -> None:
        agents.put_live(owner, agent, AgentContent(name="Mila", max_steps=3, **fields))

    return changed


@pytest.fixture
def settings_of(owner: Any) -> Callable[..., None]:
    return lambda **changes: workspaces.change_workspace(owner, **changes)


def said() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("id").values_list("author", "text"))


def now() -> Conversation:
    return Conversation.objects.select_related("workspace", "contact").get()


# --- handing over ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "text", "reason"),
    [
        ({}, "Kann ich mit einem Menschen sprechen?", "The customer asked for a person."),
        ({"topics": ["refund*", "allergic reaction"]}, "I want it REFUNDED", "The customer wrote about “refund*”."),
        ({"topics": ["refund*", "allergic reaction"]}, "an allergic  reaction", "The customer wrote about “allergic reaction”."),
        ({"upset": True}, "This is unacceptable!", "The customer sounds upset."),
    ],
)
def test_a_rule_hands_over_before_any_model_is_asked(content, address, work, place, scripted, rules, text, reason) -> None:
    content(handover=HandOver(**rules))
    post(address, message(text))
    work()
    assert (now().status, now().status_reason) == ("support_active", reason)
    assert said() == [("customer", text), ("notice", COLLEAGUE)]
    assert [each["text"] for each in place.got] == [COLLEAGUE], "and it was sent"
    assert Activity.objects.get(kind="status").data["reason"] == reason
    assert now().waiting_since is not None


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"asked": False}, "Can I talk to a human?"),
        ({"topics": ["car"]}, "Do you take care of plants?"),
        ({}, "This is unacceptable!"),
    ],
)
def test_what_no_rule_names_is_answered(content, address, work, place, scripted, rules, text) -> None:
    content(handover=HandOver(**rules))
    scripted.play(Say("Of course."))
    post(address, message(text))
    work()
    assert (now().status, said()[-1]) == ("active", ("AI", "Of course."))
    assert now().waiting_since is None


def test_the_owners_own_words_are_said(content, address, work, place, scripted) -> None:
    content(handover=HandOver(say="Maria answers you in a minute."))
    post(address, message("agent please"))
    work()
    assert [each["text"] for each in place.got] == ["Maria answers you in a minute."]


@pytest.mark.parametrize(("language", "text"), [("en", "أريد التحدث مع موظف"), ("ar", "Can I talk to a human?")])
def test_the_customer_is_answered_in_the_language_they_write(
    content, settings_of, address, work, place, scripted, language, text
) -> None:
    settings_of(language=language)
    post(address, message(text))
    work()
    arabic = "أحوّل طلبك الآن. سيجيبك أحد الزملاء هنا."
    assert [each["text"] for each in place.got] == [arabic if language == "en" else COLLEAGUE]
    reason = "The customer asked for a person." if language == "en" else "طلب العميل التحدث إلى شخص."
    assert now().status_reason == reason, "in the team's language"


def test_nothing_found_again_and_again(content, address, work, place, scripted) -> None:
    content(handover=HandOver(unanswered=2))
    scripted.play(Say("Hello!"), Say("I do not know."), Say("I do not know that either."))
    for number, text in enumerate(["Hi", "Do you sell elephants?", "What about giraffes then?"]):
        post(address, message(text, number))
        work()
    assert (now().status, now().status_reason) == ("support_active", "The agent found no answer 2 times in a row.")
    assert [author for author, _text in said()] == ["customer", "AI"] * 3 + ["notice"]


def test_the_same_question_again_and_again(content, address, work, place, scripted) -> None:
    content(handover=HandOver(repeated=3))
    scripted.play(Say("At six."), Say("Thanks!"), Say("At six."))
    for number, text in enumerate(["When do you close today?", "ok", "when do you close TODAY", "So when do you close today??"]):
        post(address, message(text, number))
        work()
    assert now().status_reason == "The customer asked the same thing 3 times."


def test_a_wish_for_a_person_stops_the_answer_in_the_making(content, address, work, place, scripted) -> None:
    post(address, message("Tell me everything", 1))
    post(address, message("No, I want to talk to a person", 2))
    for row in Job.objects.filter(kind="channels.receive"):
        jobs.run(row.pk)
    work()
    assert Run.objects.get().state == Run.State.CANCELLED
    assert [author for author, _text in said()] == ["customer", "customer", "notice"]


def test_who_could_not_be_answered_is_told(content, address, work, place, scripted) -> None:
    scripted.play(Fail(ProviderRejected("No such model.")))
    post(address, message("Do you have oat milk?"))
    work()
    assert (now().status, now().status_reason) == ("support_active", "The AI could not answer.")
    assert [each["text"] for each in place.got] == [COLLEAGUE]


def test_the_team_chat_hears_the_reason(owner, content, address, work, place, scripted, monkeypatch) -> None:
    told = []
    monkeypatch.setattr("frontdesk.plugins.observing._submit", lambda workspace, hook, what: told.append(what))
    plugins.turn_on(owner, "notify", agreed=manifest_of("notify").permissions)
    post(address, message("human please"))
    work()
    changes = [(each.what, each.status, each.reason) for each in told if hasattr(each, "what")]
    assert changes == [("opened", "active", ""), ("status", "support_active", "The customer asked for a person.")]


# --- opening hours --------------------------------------------------------------------------------------------------


def test_outside_the_hours_all_waits_for_a_person_and_that_is_said_once(
    content, settings_of, address, work, place, scripted
) -> None:
    settings_of(opening_hours={**CLOSED, "outside": "person", "texts": {"en": "We sleep."}})
    for number in range(3):
        post(address, message(f"Are you there? {number}", number))
        work()
    assert (now().status, now().status_reason) == ("support_active", "It is outside your opening hours.")
    assert [each["text"] for each in place.got] == ["We sleep."]


def test_a_talk_with_the_ai_goes_to_people_when_the_doors_close(content, settings_of, address, work, place, scripted) -> None:
    scripted.play(Say("Hello."))
    post(address, message("Hi", 1))
    work()
    settings_of(opening_hours={**CLOSED, "outside": "person", "texts": {"en": "We sleep."}})
    post(address, message("One more thing", 2))
    work()
    assert (now().status, [each["text"] for each in place.got]) == ("support_active", ["Hello.", "We sleep."])


def test_at_night_the_ai_answers_where_people_do_by_day(content, settings_of, address, work, place, scripted) -> None:
    settings_of(default_reply_handler="Manual", opening_hours={**CLOSED, "outside": "ai"})
    scripted.play(Say("At nine."))
    post(address, message("When do you open?"))
    work()
    assert (now().status, said()[-1]) == ("active", ("AI", "At nine."))


def test_a_colleague_is_promised_for_when_it_is_open(content, settings_of, address, work, place, scripted) -> None:
    content(handover=HandOver(say_closed="Nobody is here. We are back {back}."))
    settings_of(opening_hours=CLOSED)
    post(address, message("human please", 1))
    post(address, message("hello?", 2))
    work()
    assert [each["text"] for each in place.got] == ["Nobody is here. We are back soon."], "and not once more by the hours"


def test_turned_off_the_ai_answers_nobody_and_nothing_is_promised(content, settings_of, address, work, place, scripted) -> None:
    settings_of(auto_response=False)
    post(address, message("Hi"))
    work()
    assert (now().status, now().status_reason, said()) == (
        "support_active",
        "Automatic answers are turned off.",
        [("customer", "Hi")],
    )


def test_without_any_provider_a_person_answers_and_the_reason_says_so(content, address, work, place, monkeypatch) -> None:
    monkeypatch.setattr("frontdesk.providers.registry.provider_classes", dict)
    post(address, message("Hi"))
    work()
    assert now().status_reason == "No AI provider works. Look at Settings, AI providers."


# --- several messages -----------------------------------------------------------------------------------------------


def quiet_for(seconds: float) -> None:
    """As if the customer had written that much earlier, and the jobs of it were due by now."""
    for row in Message.objects.all():
        Message.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(seconds=seconds))
    for job in Job.objects.filter(kind="runs.begin", run_after__isnull=False):
        Job.objects.filter(pk=job.pk).update(run_after=job.run_after - timedelta(seconds=seconds))


def test_the_rest_of_a_question_is_waited_for(content, address, work, place, scripted) -> None:
    content(wait_seconds=3)
    scripted.play(Say("At six."))
    for number, text in enumerate(["Hi", "I have a question", "When do you close?"]):
        post(address, message(text, number))
        work()
        quiet_for(2)
        work()
    assert not Run.objects.exists(), "still writing"
    quiet_for(1)
    work()
    assert scripted.requests[-1].messages[-1].text == "Hi\nI have a question\nWhen do you close?"
    assert said()[-1] == ("AI", "At six.") and len(said()) == 4
    assert Message.objects.get(author="AI").reply_to.text == "When do you close?"


def test_who_writes_on_and_on_is_answered_all_the_same(content, address, work, place, scripted) -> None:
    content(wait_seconds=3)
    scripted.play(Say("I see."))
    for number in range(7):
        post(address, message(f"And {number}", number))
        work()
        quiet_for(2)
        work()
        if scripted.requests:
            break
    assert scripted.requests, "after four times the wait"
    assert Run.objects.count() == 1


def test_what_comes_while_the_ai_writes_is_one_question_too(content, address, work, place, scripted) -> None:
    scripted.play(Say("One."), Say("Two and three."))
    for number in (1, 2, 3):
        post(address, message(f"Question {number}", number))
    for row in Job.objects.filter(kind="channels.receive"):
        jobs.run(row.pk)
    work()
    assert [request.messages[-1].text for request in scripted.requests] == ["Question 1", "Question 2\nQuestion 3"]
    assert [each["text"] for each in place.got] == ["One.", "Two and three."]


def test_one_after_the_other_where_the_owner_wants_that(content, address, work, place, scripted) -> None:
    content(together=False, wait_seconds=3)
    scripted.play(Say("One."), Say("Two."), Say("Three."))
    for number in (1, 2, 3):
        post(address, message(f"Question {number}", number))
    for row in Job.objects.filter(kind="channels.receive"):
        jobs.run(row.pk)
    work()
    assert [request.messages[-1].text for request in scripted.requests] == ["Question 1", "Question 2", "Question 3"]
    assert [each["text"] for each in place.got] == ["One.", "Two.", "Three."]


def test_a_wait_ends_when_a_person_takes_over(owner, content, address, work, place, scripted) -> None:
    content(wait_seconds=3)
    post(address, message("Hi"))
    work()
    conversations.set_status(owner, now(), "support_active")
    quiet_for(3)
    work()
    assert not Run.objects.exists()
    scripted.play(Say("Hello."))
    conversations.set_status(owner, now(), "active")
    work()
    assert said()[-1] == ("AI", "Hello."), "given back, it answers what nobody did"


def test_many_workers_begin_one_answer(workspace, content, address, work, place, scripted) -> None:
    """All jobs of a burst at the same moment, each several times, as after a restart."""
    content(wait_seconds=3)
    scripted.play(Say("All at once."))
    for number in range(6):
        post(address, message(f"Part {number}", number))
    work()
    quiet_for(3)
    due = [row.pk for row in Job.objects.filter(kind="runs.begin")] * 3
    together = threading.Barrier(6)

    def do(pk: int) -> None:
        together.wait(20)
        with scope(workspace=workspace):
            jobs.run(pk)
        connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(do, due))
    work()
    assert scripted.requests[0].messages[-1].text == "\n".join(f"Part {number}" for number in range(6))
    assert (Run.objects.count(), Message.objects.filter(author="AI").count(), len(place.got)) == (1, 1, 1)


# --- people who say nothing -----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(owner, content, address, work, place, scripted) -> Callable[[int], None]:
    """A customer who asked for a person, so many minutes ago."""

    def made(minutes: int) -> None:
        post(address, message("Is anybody there?"))
        work()
        place.got.clear()
        Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=minutes))

    return made


def test_the_ai_answers_again_and_the_thread_says_why(waiting, settings_of, work, place, scripted) -> None:
    settings_of(default_reply_handler="Manual")
    waiting(60)
    assert returning.sweep() == 0, "the owner did not want it"
    settings_of(silence_minutes=61)
    assert returning.sweep() == 0, "it is not time yet"
    settings_of(silence_minutes=60)
    scripted.play(Say("I am."))
    assert returning.sweep() == 1
    assert returning.sweep() == 0
    work()
    assert (now().status, now().status_reason) == ("active", "Nobody answered for 60 minutes.")
    assert Activity.objects.filter(kind="status", data__reason="Nobody answered for 60 minutes.").count() == 1
    assert [each["text"] for each in place.got] == ["I am."]


@pytest.mark.parametrize(
    "change",
    [
        {"auto_response": False},
        {"opening_hours": {**CLOSED, "outside": "person"}},
    ],
)
def test_it_stays_with_people_while_the_ai_may_not_answer(waiting, settings_of, change) -> None:
    settings_of(default_reply_handler="Manual", silence_minutes=10, reminder_minutes=5 if "auto_response" not in change else 0)
    waiting(60)
    settings_of(**change)
    assert returning.sweep() == 0
    assert now().status == "support_active"


def test_a_closed_one_stays_closed_and_an_answered_one_with_its_person(owner, waiting, settings_of, address, work) -> None:
    settings_of(default_reply_handler="Manual", silence_minutes=10)
    waiting(60)
    conversations.reply_as_person(owner, now(), "I am here.")
    assert returning.sweep() == 0
    conversations.set_status(owner, now(), "closed")
    assert returning.sweep() == 0


def test_people_get_their_time_after_opening(waiting, settings_of) -> None:
    opened = timezone.now() - timedelta(minutes=20)
    special = [{"date": f"{opened:%Y-%m-%d}", "spans": [{"opens": f"{opened:%H:%M}", "closes": f"{opened:%H:%M}"}]}]
    settings_of(default_reply_handler="Manual", opening_hours={**CLOSED, "outside": "person", "special": special})
    waiting(600)
    settings_of(silence_minutes=25)
    assert returning.sweep() == 0, "it came in the night, and the door has been open for twenty minutes"
    settings_of(silence_minutes=15)
    assert returning.sweep() == 1


def test_the_team_is_reminded_once_and_again_when_the_customer_waits_again(owner, waiting, settings_of, work, address) -> None:
    settings_of(default_reply_handler="Manual", reminder_minutes=15)
    waiting(14)
    assert returning.sweep() == 0
    Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=15))
    assert returning.sweep() == 1
    assert returning.sweep() == 0
    work()
    assert [(each.to, each.subject) for each in mail.outbox] == [(["alice@example.org"], "Ana is waiting for an answer")]
    assert "Nobody answered for 15 minutes." in mail.outbox[0].body and "Is anybody there?" in mail.outbox[0].body
    conversations.reply_as_person(owner, now(), "Yes.")
    post(address, message("And now?", 7))
    work()
    assert returning.sweep() == 0, "it has just come"
    Conversation.objects.update(
        waiting_since=timezone.now() - timedelta(minutes=15), reminded_at=timezone.now() - timedelta(hours=1)
    )
    assert returning.sweep() == 1


# --- two people at once ---------------------------------------------------------------------------------------------


def test_two_operators_at_once_leave_one_truth(owner, editor, workspace, content, address, work, place, scripted) -> None:
    scripted.play(*[Say("Hello.")])
    post(address, message("Hi"))
    work()
    together = threading.Barrier(2)

    def do(actor: Any, status: str) -> None:
        together.wait(20)
        with scope(workspace=workspace):
            conversations.set_status(actor, now(), status)
        connections.close_all()

    for _round in range(8):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(do, (owner, editor), ("support_active", "active")))
        last = Activity.objects.filter(kind="status").order_by("-pk").first()
        assert last is not None and last.data["status"] == now().status
    steps = list(Activity.objects.filter(kind="status").order_by("pk").values_list("data__status", flat=True))
    assert all(one != other for one, other in zip(steps, steps[1:], strict=False)), "nothing is said twice"
