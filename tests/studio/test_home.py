"""Home: the day in numbers, and the first steps until they are done."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.channels import actions as channels
from frontdesk.conversations import actions
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.scoping import scope
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.runs.actions import open_trial
from frontdesk.runs.task import Task

pytestmark = pytest.mark.django_db

VIC = actions.Inbound("Brakes?", "widget", "Vic", sender_name="Vic")


def numbers(studio) -> dict[str, int]:
    page = studio.get("/studio/").content.decode()
    return {label: int(number) for number, label in re.findall(r"<b>(\d+)</b><span>([^<]+)</span>", page)}


def test_the_numbers_are_of_today(studio, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        for n, sources in enumerate([[{"n": 1}], []]):
            turn = actions.receive(owner.workspace, agent.pk, actions.Inbound("Hello?", "widget", f"v{n}"))
            actions.save_answer(
                turn.conversation, question=turn.message, run_uuid=uuid4(), text="Hi", sources=sources, metadata={}
            )
        actions.set_status(owner, turn.conversation, "support_active")
        old = actions.receive(owner.workspace, agent.pk, actions.Inbound("Old", "widget", "v9"))
        trial = actions.receive(owner.workspace, agent.pk, actions.Inbound("Trial", "widget", "v10", test=True))
        before = timezone.now() - timedelta(days=2)
        Message.objects.filter(pk=old.message.pk).update(created_at=before)
        Conversation.objects.filter(pk=old.conversation.pk).update(last_message_at=before)
        assert trial.conversation.test
    assert numbers(studio) == {
        "conversations": 2,
        "answered by the AI": 2,
        "waiting for a person": 1,
        "answered without your knowledge": 1,
    }


def test_first_steps_are_ticked_off_and_then_go_away(studio, owner, agent) -> None:
    def done() -> str:
        found = re.search(r"(\d) of 4 done", studio.get("/studio/").content.decode())
        return found[1] if found else "gone"

    assert done() == "0"
    with scope(workspace=owner.workspace):
        base = KnowledgeBase.objects.create(workspace=owner.workspace, name="Menu")
        Source.objects.create(workspace=owner.workspace, base=base, kind="text", name="Hours", state="ready")
    assert done() == "1"
    with scope(workspace=owner.workspace):
        content = agents.latest_content(agent)
        open_trial(owner, Task(content=content, question="Hello?"), agent_id=agent.pk)
    assert done() == "2"
    with scope(workspace=owner.workspace):
        agents.put_live(owner, Agent.objects.get(), content)
    assert done() == "3"
    with scope(workspace=owner.workspace):
        channels.create_widget(owner, agent.pk, name="Site", origins=["https://cafe.example"])
    assert done() == "gone"


def test_who_cannot_edit_is_given_no_first_steps(member) -> None:
    page = member("viewer").get("/studio/").content.decode()
    assert "First steps" not in page
    assert "Make your first agent" not in page


def test_nothing_of_others_is_counted(studio, stranger) -> None:
    with scope(workspace=stranger.workspace):
        actions.start_conversation(stranger.workspace, None, VIC)
    assert set(numbers(studio).values()) == {0}
    assert "Vic" not in studio.get("/studio/").content.decode()
