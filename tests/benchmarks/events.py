"""What it costs a message when an owner's program is told of it: time and statements of keeping a message and a reply.

    FRONTDESK_DATA=/tmp/events-benchmark python tests/benchmarks/events.py [--messages 400]

Three workspaces take turns message by message, so that the load of the machine falls on all alike: one without a webhook, one
with a webhook that wants other events, and one with a webhook that wants these. Posting is the workers' and is not counted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
os.environ.setdefault("FRONTDESK_DATA", str(ROOT / ".data/benchmark"))
WANTED = {"no webhook": [], "other events": ["conversation.closed"], "these events": ["message.received", "message.answered"]}


def prepared(events: list[str]) -> tuple[Any, Any]:
    """An owner in a workspace of their own, and a conversation."""
    from frontdesk.agents import actions as agents
    from frontdesk.agents.content import AgentContent
    from frontdesk.conversations.actions import Inbound, receive
    from frontdesk.core.scoping import scope
    from frontdesk.webhooks import actions
    from frontdesk.workspaces import accounts, credentials

    email = f"owner-{time.time_ns()}@benchmark.example"
    owner = credentials.member(accounts.register(email, "unused but long enough", full_name="Owner", workspace_name="Events"))
    with scope(workspace=owner.workspace):
        agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
        if events:
            actions.create_endpoint(owner, "https://example.com/hook", events)
        return owner, receive(owner.workspace, agent.pk, Inbound("Hello", "api", "customer")).conversation


def exchange(owner: Any, conversation: Any, number: int) -> tuple[float, float, int]:
    """A message and its reply: milliseconds, those of them at work in Python, and statements."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    from frontdesk.conversations.actions import Inbound, receive, reply_as_person
    from frontdesk.core.scoping import scope

    reset_queries()
    with scope(workspace=owner.workspace), CaptureQueriesContext(connection) as asked:
        begun, worked = time.perf_counter(), time.thread_time()
        inbound = Inbound("Hello", "api", "customer", external_id=str(number), conversation=conversation.uuid)
        receive(owner.workspace, conversation.agent_id, inbound)
        reply_as_person(owner, conversation, "Hello to you.")
        took, work = 1000 * (time.perf_counter() - begun), 1000 * (time.thread_time() - worked)
    return took, work, len(asked)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=400)
    count = parser.parse_args().messages
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from frontdesk.core import engines

    engines.ensure()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    ready = {name: prepared(events) for name, events in WANTED.items()}
    times: dict[str, list[tuple[float, float, int]]] = {name: [] for name in WANTED}
    for number in range(count):
        for name, (owner, conversation) in ready.items():
            times[name].append(exchange(owner, conversation, number))
    for name, found in times.items():
        took, worked, statements = (median(column) for column in zip(*found, strict=True))
        print(f"{name:14} median {took:5.1f} ms, {worked:5.1f} ms of them in Python, {statements:.0f} statements")


if __name__ == "__main__":
    main()
