"""The demo: a small café with its documents, two agents and a few conversations, from `fixtures/demo/`. Loaded once."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.channels import actions as channels
from frontdesk.channels.models import Channel
from frontdesk.channels.rehearsal import actions as rehearsal
from frontdesk.channels.rehearsal.memory import Remembered
from frontdesk.content import actions as content
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge import queries as knowledge_queries
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.retrieval import search_now
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.runs import citations
from frontdesk.workspaces import accounts, actions, credentials
from frontdesk.workspaces.permissions import Actor

FOLDER = settings.FIXTURES_HOME / "demo"
# Above this an answer of the demo is said to rest on a passage.
SURE = 0.5
LOOPBACK = ["127.0.0.0/8", "::1"]


def loaded_file() -> Path:
    """What scripts need to know of the demo; there once it is loaded."""
    return settings.DATA_HOME / "demo.json"


def load() -> dict[str, str]:
    """Make everything in one transaction, then have the documents learned. Gives what `make demo-info` prints."""
    data = json.loads((FOLDER / "demo.json").read_text(encoding="utf-8"))
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        owner = _owner(data, password)
        with scope(workspace=owner.workspace):
            bases = {entry["key"]: _base(owner, entry) for entry in data["knowledge"]}
            team = {entry["key"]: _agent(owner, entry, bases) for entry in data["agents"]}
            chats = [_widget(owner, entry, team, data["page"]) for entry in data["widgets"]]
            for entry in data["conversations"]:
                _conversation(owner, team[entry["agent"]], entry)
            raw_key = actions.create_api_key(owner, "Demo scripts", LOOPBACK)[1]
        first_base, first_agent = next(iter(bases.values())), next(iter(team.values()))
        info = {
            "email": data["owner"]["email"],
            "password": password,
            "api_key": raw_key,
            "workspace_id": str(owner.workspace.uuid),
            "agent_id": str(first_agent.uuid),
            "kb_uuid": str(first_base.uuid),
            "public_key": chats[0].public_key or "",
            "sample_question": data["sample"]["question"],
            "sample_answer_contains": data["sample"]["answer_contains"],
        }
        _write(info)  # before the commit, or a kill between the two would lose the only copy of the password
    _learn(owner)
    _cite(owner)
    info |= _rehearsal(owner, team, data["rehearsal"])
    _write(info)
    return info


def _owner(data: dict[str, Any], password: str) -> Actor:
    """The café's owner, who in the demo is the operator too."""
    person, business = data["owner"], data["workspace"]
    full_name = f"{person['first_name']} {person['last_name']}"
    user = accounts.register(person["email"], password, full_name=full_name, workspace_name=business["name"])
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    actor = credentials.member(user)
    with scope(workspace=actor.workspace):
        changes = {name: business[name] for name in ("language", "time_zone", "theme")}
        actions.change_workspace(actor, **changes)
    return credentials.member(user)


def _base(owner: Actor, entry: dict[str, Any]) -> KnowledgeBase:
    base = knowledge.create_base(owner, entry["name"], description=entry["description"])
    for name in entry["files"]:
        knowledge.add_file(owner, base, name, (FOLDER / "documents" / name).read_bytes())
    for text in entry["texts"]:
        knowledge.add_text(owner, base, text["title"], text["text"])
    return base


def _agent(owner: Actor, entry: dict[str, Any], bases: dict[str, KnowledgeBase]) -> Agent:
    wanted = [bases[key].uuid for key in entry["knowledge"]]
    made = agents.create_agent(owner, AgentContent(**entry["content"], knowledge=wanted), live=entry["live"])
    made.refresh_from_db()
    return made


def _widget(owner: Actor, entry: dict[str, Any], team: dict[str, Agent], page: dict[str, str]) -> Channel:
    channel = channels.create_widget(owner, team[entry["agent"]].pk, name=entry["name"], origins=[])
    if entry["public_page"]:
        content.show_chat(owner, content.open_public_page(owner, **page), channel.pk)
    return channel


def _rehearsal(owner: Actor, team: dict[str, Agent], entry: dict[str, Any]) -> dict[str, str]:
    """A bot that needs no account. Its secret lets a script write as the vendor does; the address is told by `demo_info`."""
    kind = entry["kind"]
    with scope(workspace=owner.workspace):
        plugins.turn_on(owner, kind, agreed=manifest_of(kind).permissions)
        channel = rehearsal.begin(owner, kind, team[entry["agent"]].pk, name=entry["name"])
        customer = rehearsal.meet(owner, channel, entry["customer"])
        inbound = conversations.Inbound(
            text="",
            channel_kind=kind,
            sender=f"{channel.pk}:{customer.id}",
            sender_name=customer.name,
            channel_id=channel.pk,
            test=True,
        )
        with transaction.atomic():
            held = _conversation(owner, team[entry["agent"]], entry, inbound)
            rehearsal.recall(owner, channel, customer, held)
        secret = Remembered(channel).get("webhook")["secret_token"]
    return {f"{kind}_webhook_path": f"/hooks/{channel.webhook_token}", f"{kind}_webhook_secret": secret}


def _conversation(
    owner: Actor, agent: Agent, entry: dict[str, Any], inbound: conversations.Inbound | None = None
) -> Conversation:
    """A conversation that was held some hours ago, a minute between its messages; in the widget, unless `inbound` says where."""
    began = timezone.now() - timedelta(hours=entry["hours_ago"])
    inbound = inbound or conversations.Inbound(
        text="", channel_kind="widget", sender=secrets.token_hex(8), sender_name=entry["name"]
    )
    made = conversations.start_conversation(owner.workspace, agent.pk, inbound)
    asked = None
    for minute, (author, text) in enumerate(entry["messages"]):
        question = asked if author == Message.Author.AI else None
        message = Message.objects.create(
            workspace=owner.workspace, conversation=made, author=author, text=text, reply_to=question
        )
        asked = message if author == Message.Author.CUSTOMER else asked
        Message.objects.filter(pk=message.pk).update(created_at=began + timedelta(minutes=minute))
    status = Conversation.Status.CLOSED if entry.get("closed") else Conversation.Status.ACTIVE
    if entry.get("handed_over"):
        status = Conversation.Status.SUPPORT_ACTIVE
    Conversation.objects.filter(pk=made.pk).update(
        created_at=began,
        status=status,
        status_reason=entry.get("handed_over", ""),
        last_message_at=began + timedelta(minutes=len(entry["messages"]) - 1),
        last_message_preview=Truncator(entry["messages"][-1][1]).chars(160),
    )
    return made


def _learn(owner: Actor) -> None:
    """Here and now rather than in the worker, so that the first question finds its answer."""
    for job_id in (
        Job.objects.filter(workspace=owner.workspace, state=Job.State.QUEUED).order_by("id").values_list("id", flat=True)
    ):
        jobs.run(job_id)


def _cite(owner: Actor) -> None:
    """Put under the answers of the demo's conversations what they rest on, as if a run had found it."""
    with scope(workspace=owner.workspace):
        for answer in Message.objects.filter(author=Message.Author.AI).select_related("conversation__agent"):
            wanted = answer.conversation.agent.content["knowledge"]
            found = search_now(knowledge_queries.bases_of(wanted), answer.text, k=1, rerank=False)
            if found.passages and found.confidence > SURE:
                answer.sources = [citations.as_source(1, found.passages[0], answer=answer.text)]
                answer.save(update_fields=["sources"])
                knowledge.note_used({found.passages[0].source_id})


def _write(info: dict[str, str]) -> None:
    file = loaded_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(info, ensure_ascii=False, indent=2), encoding="utf-8")
