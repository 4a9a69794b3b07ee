"""A café with something going on, told by a test line by line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.starters import start_content
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.runs.models import Run

Ask = Callable[..., Message]


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, start_content("Mila"), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def ask(in_workspace: Any, agent: Agent) -> Ask:
    """`ask("When?", answer="At 8.", sources=[…], at=moment)`: a conversation of one question, and the answer's row."""

    def talk(
        question: str,
        *,
        answer: str = "Yes.",
        sources: Any = (),
        at: datetime | None = None,
        test: bool = False,
        rating: str = "",
        person: str = "",
        status: str = "active",
    ) -> Message:
        at = at or timezone.now()
        one = {"workspace": in_workspace}
        contact = Contact.objects.create(**one)
        talk = Conversation.objects.create(
            **one, agent=agent, contact=contact, channel_kind="widget", test=test, status=status, last_message_at=at
        )
        asked = Message.objects.create(**one, conversation=talk, author="customer", text=question)
        said = Message.objects.create(
            **one,
            conversation=talk,
            author="AI",
            text=answer,
            reply_to=asked,
            sources=list(sources),
            rating=rating,
            run_uuid=uuid4(),
        )
        if person:
            Message.objects.create(**one, conversation=talk, author="person", text=person)
        talk.messages.update(created_at=at)
        Conversation.objects.filter(pk=talk.pk).update(created_at=at)
        return said

    return talk


@pytest.fixture
def answered(in_workspace: Any) -> Callable[..., Run]:
    """`answered(seconds=3)`: a run that took so long."""

    def run(seconds: float = 1.0, *, state: str = "completed", at: datetime | None = None, test: bool = False) -> Run:
        at = at or timezone.now()
        made = Run.objects.create(workspace=in_workspace, task={}, state=state, test=test, deadline_at=at)
        Run.objects.filter(pk=made.pk).update(created_at=at, ended_at=at + timedelta(seconds=seconds))
        return made

    return run
