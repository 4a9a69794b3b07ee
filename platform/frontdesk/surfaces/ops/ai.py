"""Whether the AI of a workspace answers: looked up, and tried for real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.db.models import Q

from frontdesk.agents.queries import live_agents
from frontdesk.billing import queries as billing
from frontdesk.conversations import who_answers
from frontdesk.core.errors import FrontdeskError
from frontdesk.providers import calls
from frontdesk.providers.queries import accounts
from frontdesk.providers.registry import close_all
from frontdesk.runs import actions as runs
from frontdesk.runs import events as kinds
from frontdesk.runs import service
from frontdesk.runs.live import live_runs
from frontdesk.runs.models import Run
from frontdesk.runs.task import Task
from frontdesk.workspaces.models import User, Workspace
from frontdesk.workspaces.permissions import Actor
from frontdesk.workspaces.queries import memberships_of

QUESTION = "Say hello in one short sentence."
SECONDS = 90.0


class NoSuchUser(Exception):
    """Nobody has this user name or e-mail address, or they belong to no workspace."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `said` is what was found."""

    name: str
    well: bool
    said: str


def workspaces_of(user: str | None) -> list[Workspace]:
    """Those that somebody belongs to, by user name or e-mail address; all of them for None. Raises NoSuchUser."""
    if user is None:
        return list(Workspace.objects.order_by("pk"))
    found = User.objects.filter(Q(username=user) | Q(email__iexact=user)).first()
    if found is None:
        raise NoSuchUser(f"There is no user {user!r}. Give the user name or the e-mail address.")
    workspaces = [membership.workspace for membership in memberships_of(found)]
    if not workspaces:
        raise NoSuchUser(f"{user} belongs to no workspace.")
    return workspaces


def look(workspace: Workspace) -> Iterator[Finding]:
    """What must be right for the AI to answer, in the workspace in scope. Asks no vendor."""
    yield Finding("Automatic answers", workspace.auto_response, "on" if workspace.auto_response else "off")
    agents = [agent.name for agent in live_agents()]
    yield Finding("Live agents", bool(agents), ", ".join(agents) or "none: put one live in the Studio")
    reason = who_answers.why_ai_cannot(workspace)
    yield Finding("AI may answer", not reason, reason or "yes")
    chain = [candidate.provider for candidate in async_to_sync(calls.candidates)(workspace)]
    yield Finding("Providers, in order", bool(chain), ", ".join(chain) or "none")
    for account in accounts().filter(enabled=True):
        yield Finding(f"Account {account.name}", not account.problem, account.problem or "no problem known")
    credits = billing.balance()
    yield Finding("Credits", credits > 0, str(credits))


def try_out(workspace: Workspace) -> Finding:
    """Have the first live agent of the workspace in scope answer something. Costs no credits."""
    agent = live_agents().order_by("pk").first()
    if agent is None:
        return Finding("Answer", False, "no agent is live")
    began = time.monotonic()
    task = Task(content=agent.read_content(), question=QUESTION)
    run = runs.open_trial(Actor.system(workspace, "ai_control"), task, agent_id=agent.pk)
    try:
        text = asyncio.run(_answer_of(run))
    except (FrontdeskError, TimeoutError) as error:
        return Finding(f"Answer of {agent.name}", False, str(error) or f"none within {SECONDS:.0f} seconds")
    took = time.monotonic() - began
    said = " ".join(text.split())
    return Finding(f"Answer of {agent.name}", bool(said), f"{said[:120] or 'nothing was said'} ({took:.1f} s)")


async def _answer_of(run: Run) -> str:
    """Works on the run in this process, as a worker does. Raises FrontdeskError when it failed."""
    live, text = live_runs(), ""
    try:
        await service.start(run)
        async with asyncio.timeout(SECONDS):
            async for batch in service.follow(str(run.uuid)):
                for event in batch:
                    if event.type == kinds.MESSAGE:
                        text = event.data["text"]
                    elif event.type == kinds.FAILED:
                        raise FrontdeskError(f"{event.data.get('message', '')} [{event.data.get('code', '')}]")
    finally:
        await live.drain()
        await live.close()
        await close_all()
    return text
