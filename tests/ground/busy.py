"""A workspace with much in it, and the Studio's pages that list what is there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import product
from typing import Any
from uuid import uuid4

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.starters import start_content
from frontdesk.billing.models import LedgerEntry, UsageRecord
from frontdesk.channels import actions as channels
from frontdesk.channels.models import Channel
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core.scoping import scope
from frontdesk.insights.queries import AT_FIRST
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.models import Chunk, Source
from frontdesk.runs.models import Run
from frontdesk.workspaces.actions import create_api_key, invite
from frontdesk.workspaces.models import AuditEntry, Membership, Role, User
from frontdesk.workspaces.permissions import Actor

BATCH = 2_000
DAYS = 180
AUTHORS = (Message.Author.CUSTOMER, Message.Author.AI)
RATINGS = ("", "", "up", "up", "down")
SYLLABLES = ("ka", "lo", "mi", "ren", "su", "ti", "vo", "nes", "dar", "pel")
WORDS = ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]


@dataclass(frozen=True, slots=True)
class Size:
    """`few` is the number of knowledge bases, members, keys, invitations and channels; `passages` are those of one source."""

    agents: int
    conversations: int
    messages: int
    sources: int
    passages: int
    few: int


@dataclass(frozen=True, slots=True)
class Busy:
    """What single pages are opened for."""

    agent: Agent
    conversation: Conversation
    base: Any
    source: Source
    channel: Channel


def fill(owner: Actor, size: Size) -> Busy:
    """Rows of every kind that a page of the Studio lists."""
    chance = random.Random(11)
    with scope(workspace=owner.workspace):
        bases = [knowledge.create_base(owner, f"Knowledge {number}") for number in range(size.few)]
        known = [bases[-1].uuid]
        team = [
            agents.create_agent(owner, start_content(f"Agent {number}", knowledge=known), live=number % 5 > 0)
            for number in range(size.agents)
        ]
        chats = [channels.create_widget(owner, agent.pk, name=f"Chat of {agent.name}", origins=[]) for agent in team[: size.few]]
        for number in range(size.few):
            create_api_key(owner, f"Key {number}", ["127.0.0.1"])
            invite(owner, f"guest{number}@example.org", Role.EDITOR)
            user = User.objects.create(email=f"member{number}-{uuid4()}@example.org", first_name=f"Member {number}")
            Membership.objects.create(workspace=owner.workspace, user=user, role=Role.TEAMMATE)
        conversation = _talk(owner, team, size, chance)
        source = _learn(owner, bases[-1], size, chance)
        _count(owner, size, chance)
    return Busy(team[-1], conversation, bases[-1], source, chats[-1])


def _talk(owner: Actor, team: list[Agent], size: Size, chance: random.Random) -> Conversation:
    """Spread over half a year; every tenth waits for a person."""
    workspace, now = owner.workspace, timezone.now()
    contacts = [Contact(workspace=workspace, name=f"Visitor {number}") for number in range(size.conversations)]
    Contact.objects.bulk_create(contacts, BATCH)
    rows = [
        Conversation(
            workspace=workspace,
            agent=chance.choice(team),
            contact=contact,
            channel_kind="widget",
            status=Conversation.Status.ACTIVE if number % 10 else Conversation.Status.SUPPORT_ACTIVE,
            last_message_at=now - timedelta(days=DAYS) * number / size.conversations,
            last_inbound_at=now - timedelta(days=DAYS) * number / size.conversations,
            waiting_since=None if number % 10 else now - timedelta(days=DAYS) * number / size.conversations,
            last_message_preview=_sentence(chance, 12),
        )
        for number, contact in enumerate(contacts)
    ]
    Conversation.objects.bulk_create(rows, BATCH)
    _in_batches(Message, _messages(rows, size, chance))
    workspace_id = [workspace.pk]
    with connection.cursor() as cursor:  # bulk_create says "now" for all
        cursor.execute("UPDATE conversations_conversation SET created_at = last_message_at WHERE workspace_id = %s", workspace_id)
        cursor.execute(
            "UPDATE conversations_message SET created_at = c.last_message_at FROM conversations_conversation c"
            " WHERE c.id = conversation_id AND c.workspace_id = %s",
            workspace_id,
        )
        cursor.execute(
            "UPDATE conversations_message answer SET reply_to_id = question.id FROM conversations_message question"
            " WHERE question.id = answer.id - 1 AND question.conversation_id = answer.conversation_id"
            " AND answer.author = 'AI' AND answer.workspace_id = %s",
            workspace_id,
        )
        _in_batches(Run, _runs(rows, size, chance))
        cursor.execute(
            "UPDATE runs_run SET created_at = c.last_message_at, ended_at = c.last_message_at + interval '3 seconds'"
            " FROM conversations_conversation c WHERE c.id = conversation_id AND c.workspace_id = %s",
            workspace_id,
        )
    return rows[0]


def _runs(rows: list[Conversation], size: Size, chance: random.Random) -> Iterator[Run]:
    """One an answer; every fiftieth failed."""
    for conversation in rows:
        for _number in range(size.messages // 2):
            state = Run.State.COMPLETED if chance.randrange(50) else Run.State.FAILED
            yield Run(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                task={"question": _sentence(chance, 25)},
                state=state,
                deadline_at=conversation.last_message_at,
            )


def _messages(rows: list[Conversation], size: Size, chance: random.Random) -> Iterator[Message]:
    for conversation in rows:
        for number in range(size.messages):
            author = AUTHORS[number % 2]
            yield Message(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                author=author,
                text=_sentence(chance, 25),
                run_uuid=uuid4() if author == Message.Author.AI else None,
                sources=[_cited(chance)] if author == Message.Author.AI and chance.randrange(5) else [],
                rating=chance.choice(RATINGS) if author == Message.Author.AI else "",
            )


def _cited(chance: random.Random) -> dict[str, Any]:
    number = chance.randrange(40)
    return {"n": 1, "title": f"Menu {number}", "place": "", "url": None, "quote": _sentence(chance, 10), "source_id": number}


def _learn(owner: Actor, base: Any, size: Size, chance: random.Random) -> Source:
    sources = [
        Source(
            workspace=owner.workspace,
            base=base,
            kind=Source.Kind.FILE,
            name=f"Document {number}.pdf",
            state=Source.State.READY if number % 20 else Source.State.FAILED,
            chunk_count=size.passages,
        )
        for number in range(size.sources)
    ]
    Source.objects.bulk_create(sources, BATCH)
    _in_batches(Chunk, _passages(sources, size, chance))
    return sources[-1]


def _passages(sources: list[Source], size: Size, chance: random.Random) -> Iterator[Chunk]:
    for source in sources:
        for position in range(size.passages):
            text = _sentence(chance, 80)
            yield Chunk(
                workspace_id=source.workspace_id,
                base_id=source.base_id,
                source=source,
                position=position,
                text=text,
                digest=sha256(text.encode()).hexdigest(),
                place={"page": [position // 4 + 1, position // 4 + 1]},
            )


def _count(owner: Actor, size: Size, chance: random.Random) -> None:
    """What happened, what it cost."""
    one = {"workspace": owner.workspace}
    numbers = range(size.conversations)
    AuditEntry.objects.bulk_create(
        [AuditEntry(**one, actor="user: Somebody", verb="agent.saved", target=f"agent {n}: Agent") for n in numbers], BATCH
    )
    LedgerEntry.objects.bulk_create(
        [LedgerEntry(**one, kind="settle", amount=-1, balance_after=9_000, reference=f"run:{uuid4()}") for _n in numbers], BATCH
    )
    UsageRecord.objects.bulk_create(
        [
            UsageRecord(**one, actor="Somebody", purpose="answer", provider="offline", model=f"model-{chance.randrange(4)}")
            for _n in numbers
        ],
        BATCH,
    )


def _in_batches(model: Any, rows: Iterator[Any]) -> None:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def pages(busy: Busy) -> dict[str, str]:
    """Name → address of every page of the Studio that lists something."""
    base, agent, talk = [busy.base.uuid], [busy.agent.uuid], [busy.conversation.uuid]
    return {
        "Home": reverse("studio:index"),
        "Home, arranging its cards": reverse("studio:arrange"),
        "Conversations": reverse("studio:conversations"),
        "Conversations, those waiting longest first": reverse("studio:conversations") + "?order=waiting",
        "Conversations, waiting for a person": reverse("studio:conversations") + "?status=support_active",
        "Conversations, search for a word": reverse("studio:conversations") + "?words=karenlo",
        "Conversations, search in vain": reverse("studio:conversations") + "?words=zebra",
        "Conversations, their views counted": reverse("studio:conversation_tabs"),
        "Conversations, what to filter by": reverse("studio:conversation_filters"),
        "A conversation": reverse("studio:conversation", args=talk),
        "A conversation, its end": reverse("studio:conversation_entries", args=talk),
        "A conversation, whose and how urgent": reverse("studio:conversation_order", args=talk),
        "A conversation, its customer": reverse("studio:conversation_customer", args=talk),
        "Customers": reverse("studio:contacts"),
        "Customers, page 20": reverse("studio:contacts") + "?page=20",
        "Customers, search": reverse("studio:contacts") + "?words=visitor+77",
        "A customer": reverse("studio:contact", args=[busy.conversation.contact.uuid]),
        "Agents": reverse("studio:agents"),
        "An agent": reverse("studio:agent", args=agent),
        "An agent's earlier versions": reverse("studio:agent_versions", args=agent),
        "Knowledge": reverse("studio:knowledge"),
        "Sources of a base": reverse("studio:base", args=base),
        "Sources of a base, page 20": reverse("studio:base", args=base) + "?page=20",
        "Sources of a base, search": reverse("studio:base", args=base) + "?words=document+7",
        "Progress of a base": reverse("studio:base_progress", args=base),
        "Passages of a source": reverse("studio:source", args=[busy.source.uuid]),
        "Channels": reverse("studio:channels"),
        "A channel": reverse("studio:channel", args=[busy.channel.uuid]),
        "Settings, team": reverse("studio:settings_team"),
        "Settings, tags": reverse("studio:settings_tags"),
        "Settings, canned replies": reverse("studio:settings_canned"),
        "Settings, AI providers": reverse("studio:settings_providers"),
        "Settings, API keys": reverse("studio:settings_keys"),
        "Settings, credits and usage": reverse("studio:settings_credits"),
        "Settings, activity": reverse("studio:settings_activity"),
        "Find anything": reverse("studio:search") + "?s=agent",
    }


def cards() -> dict[str, str]:
    """Name → address of every card of Home."""
    return {f"Card {slug}": reverse("studio:card", args=[slug]) for slug in AT_FIRST}
