"""`ai_control` and `test_ai_setup`, and the work that is due at night: on real rows, with a model that plays a script."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.conversations import inactive
from frontdesk.conversations.actions import Inbound, receive, save_answer, set_status
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.models import Job
from frontdesk.providers import checking, registry
from frontdesk.providers.models import ProviderAccount
from frontdesk.runs.catching_up import answer_forgotten
from frontdesk.runs.models import Run
from frontdesk.sdk.errors import ProviderAuthError, ProviderUnavailable
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.surfaces.ops.ai import QUESTION
from frontdesk.workspaces.models import AuditEntry, Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_workspace")]


@pytest.fixture
def agent(owner: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> type[ScriptedProvider]:
    """The only provider there is; it repeats what is said to it."""
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    return ScriptedProvider


def ran(command: str, *arguments: str) -> tuple[str, CommandError | None]:
    """In a thread of its own, where no workspace is in scope; what it wrote, and how it ended."""

    def run() -> tuple[str, CommandError | None]:
        out, problem = StringIO(), None
        try:
            call_command(command, *arguments, stdout=out, no_color=True)
        except CommandError as error:
            problem = error
        finally:
            connections.close_all()
        return out.getvalue(), problem

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def said(command: str, *arguments: str) -> str:
    out, problem = ran(command, *arguments)
    assert problem is None, f"{out}{problem}"
    return out


def refused(command: str, *arguments: str) -> tuple[str, str]:
    out, problem = ran(command, *arguments)
    assert problem is not None, out
    return out, str(problem)


def age(conversation: Conversation, **ago: int) -> None:
    before = timezone.now() - timedelta(**ago)
    Conversation.objects.filter(pk=conversation.pk).update(last_message_at=before)
    Message.objects.filter(conversation=conversation).update(created_at=before)


def test_answers_are_turned_off_and_on_for_one_person_or_for_all(
    workspace: Any, other_workspace: Any, alice: Any, agent: Agent
) -> None:
    assert "automatic answers are off" in said("ai_control", "disable", "--user", "Alice@example.org")
    states = dict(Workspace.objects.values_list("name", "auto_response"))
    assert states == {"Café": False, "Garage": True}
    assert "Automatic answers are turned off." in said("ai_control", "status", "--user", alice.email)
    assert "automatic answers are on" in said("ai_control", "enable")
    assert "already" in said("ai_control", "enable")
    assert all(Workspace.objects.values_list("auto_response", flat=True))
    assert AuditEntry.objects.filter(verb="workspace.changed", actor="system: ai_control").count() == 2


@pytest.mark.parametrize("verb", ["enable", "disable", "status", "test", "validate", "sync", "conversations"])
def test_nobody_of_that_name(verb: str, workspace: Any) -> None:
    assert "There is no user 'nobody'" in refused("ai_control", verb, "--user", "nobody")[1]


def test_an_unknown_verb_is_refused() -> None:
    with pytest.raises(CommandError):
        call_command("ai_control", "dance")


def test_validate_names_what_is_wrong(workspace: Any, agent: Agent) -> None:
    assert "FAIL" not in said("ai_control", "validate")
    CreditAccount.objects.update(balance=0)
    Workspace.objects.update(auto_response=False)
    Agent.objects.update(live=False)
    shown, problem = refused("ai_control", "validate")
    wrong = [line for line in shown.splitlines() if line.startswith("FAIL")]
    assert [line.split(": ")[1] for line in wrong] == ["Automatic answers", "Live agents", "AI may answer", "Credits"]
    assert workspace.slug in problem


def test_a_test_is_a_real_answer_that_costs_no_credits(workspace: Any, agent: Agent, model: Any) -> None:
    assert f"Answer of Mila: {QUESTION}" in said("ai_control", "test")
    assert Run.objects.get().test
    assert not LedgerEntry.objects.exclude(kind="grant").exists()


def test_a_test_without_an_answer_fails(workspace: Any, agent: Agent, model: Any) -> None:
    agents.take_offline(agents.Actor.system(workspace), agent)
    assert "no agent is live" in refused("ai_control", "test")[0]


def test_conversations_are_counted(owner: Any, agent: Agent, other_workspace: Any) -> None:
    turns = [receive(owner.workspace, agent.pk, Inbound("Hello?", "api", str(number))) for number in range(3)]
    set_status(owner, turns[0].conversation, "closed")
    assert "active 2  support_active 0  closed 1" in said("ai_control", "conversations", "--user", "alice@example.org")
    assert "all: active 2" in said("ai_control", "conversations")


def test_questions_that_nobody_is_answering_are_taken_up_once(owner: Any, agent: Agent) -> None:
    forgotten, fresh, answered = (
        receive(owner.workspace, agent.pk, Inbound("Hello?", "api", str(number))) for number in range(3)
    )
    save_answer(
        answered.conversation, question=answered.message, run_uuid=answered.message.uuid, text="Hi", sources=[], metadata={}
    )
    for turn in (forgotten, answered):
        age(turn.conversation, minutes=10)
    assert "1 questions taken up" in said("ai_control", "sync")
    assert Run.objects.get().question_id == forgotten.message.pk
    assert Job.objects.filter(kind="runs.execute").count() == 1
    assert answer_forgotten(owner.workspace) == 0
    assert fresh.conversation.status == "active"


def test_a_forgotten_question_of_an_agent_that_is_away_is_handed_over(owner: Any, agent: Agent) -> None:
    turn = receive(owner.workspace, agent.pk, Inbound("Hello?", "api", "1"))
    age(turn.conversation, minutes=10)
    Agent.objects.update(live=False)
    said("ai_control", "sync")
    turn.conversation.refresh_from_db()
    assert turn.conversation.status == "support_active"


def test_quiet_conversations_are_closed_and_waiting_customers_keep_waiting(owner: Any, agent: Agent) -> None:
    quiet, waiting, lively = (
        receive(owner.workspace, agent.pk, Inbound("Hello?", "api", str(number))).conversation for number in range(3)
    )
    set_status(owner, waiting, "support_active")
    for conversation in (quiet, waiting):
        age(conversation, days=31)
    assert [inactive.close(owner.workspace), inactive.close(owner.workspace)] == [1, 0]
    states = dict(Conversation.objects.values_list("pk", "status"))
    assert states == {quiet.pk: "closed", waiting.pk: "support_active", lively.pk: "active"}
    quiet.refresh_from_db()
    assert quiet.status_reason == "Nobody wrote for 30 days."


class Refusing(ScriptedProvider):
    async def models(self) -> Any:
        raise ProviderAuthError("The key was revoked.")


class Unreachable(ScriptedProvider):
    async def models(self) -> Any:
        raise ProviderUnavailable("The line is down.")


def test_a_provider_that_refuses_is_noted_and_one_that_is_away_just_now_is_not(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = ProviderAccount.objects.create(workspace=workspace, provider="scripted", name="Ours")
    found = {}
    for provider in (Unreachable, Refusing, Unreachable, ScriptedProvider):
        monkeypatch.setattr(registry, "provider_classes", lambda provider=provider: {"scripted": provider})
        troubled = checking.check_accounts(workspace)
        account.refresh_from_db()
        found[len(found)] = (troubled, account.problem)
        assert account.checked_at is not None
    noted = "The key was revoked."
    assert list(found.values()) == [(1, ""), (1, noted), (1, noted), (0, "")]


def test_the_whole_setup_is_looked_at(workspace: Any, agent: Agent, model: Any) -> None:
    shown, problem = refused("test_ai_setup")
    assert "ok   Database: up to date" in shown
    assert f"ok   {workspace.slug}: Answer of Mila: {QUESTION}" in shown
    assert "FAIL Job runs.catch_up: never done: is a worker running?" in shown
    assert "checks failed" in problem
    assert "Answer of" not in refused("test_ai_setup", "--no-answer")[0]
