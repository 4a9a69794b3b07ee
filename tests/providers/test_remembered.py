"""A workspace's accounts are asked for at every search and every run, and read from the database now and then."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.host import host
from frontdesk.providers import actions, calls, remembered
from frontdesk.providers.models import ProviderAccount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Workspaces that the database was asked about."""
    asked: list[int] = []
    read = remembered._read

    def counted(workspace: Any) -> remembered.Usable:
        asked.append(workspace.pk)
        return read(workspace)

    monkeypatch.setattr(remembered, "_read", counted)
    return asked


def account(workspace: Any, **fields: Any) -> ProviderAccount:
    return ProviderAccount.objects.create(workspace=workspace, provider="vendor", **fields)


async def names(workspace: Any) -> list[str]:
    return [found.name for found in (await remembered.usable(workspace)).accounts]


async def test_they_are_read_once(workspace: Any, other_workspace: Any, in_workspace: Any, reads: list[int]) -> None:
    await in_thread(account, workspace, name="Ours")
    assert [await names(workspace), await names(workspace), await names(other_workspace)] == [["Ours"], ["Ours"], []]
    assert reads == [workspace.pk, other_workspace.pk]


async def test_a_change_is_seen_at_once(workspace: Any, in_workspace: Any) -> None:
    made = await in_thread(account, workspace, name="Ours")
    assert await names(workspace) == ["Ours"]
    made.enabled = False
    await made.asave()
    assert await names(workspace) == []
    made.enabled = True
    await made.asave()
    assert await names(workspace) == ["Ours"]
    await made.adelete()
    assert await names(workspace) == []


async def test_another_order_is_seen_at_once(owner: Any, workspace: Any, in_workspace: Any) -> None:
    first, second = [await in_thread(account, workspace, name=name, position=at) for at, name in enumerate(("One", "Two"))]
    assert await names(workspace) == ["One", "Two"]
    await in_thread(actions.set_order, owner, [second.pk, first.pk])
    assert await names(workspace) == ["Two", "One"]


async def test_who_reads_before_the_change_is_committed_does_not_keep_the_old(workspace: Any, in_workspace: Any) -> None:
    def change() -> None:
        with transaction.atomic():
            account(workspace, name="New")
            remembered._kept[workspace.pk] = (
                float("inf"),
                remembered.Usable([], frozenset()),
            )  # as another thread would, that cannot see it yet

    await in_thread(change)
    assert await names(workspace) == ["New"]


async def test_a_change_in_another_process_is_seen_soon(
    workspace: Any, in_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await in_thread(account, workspace, name="Ours")
    assert await names(workspace) == ["Ours"]
    await ProviderAccount.objects.filter(pk=made.pk).aupdate(name="Theirs")  # sends no signal here
    assert await names(workspace) == ["Ours"]
    monkeypatch.setattr(remembered, "SECONDS", 0.0)
    assert await names(workspace) == ["Theirs"]


async def test_a_provider_whose_plugin_is_off_is_not_asked(
    owner: Any, stranger: Any, in_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "shared")

    async def asked(actor: Any) -> list[str]:
        return [candidate.provider for candidate in await calls.candidates(actor.workspace, "openai:gpt-5")]

    await in_thread(actions.save_account, owner, "openai", {"api_key": "sk"})
    assert await asked(owner) == ["openai", "gemini", "offline"]
    await in_thread(plugins.turn_off, owner, "openai")
    assert await asked(owner) == ["gemini", "offline"]
    await in_thread(plugins.turn_off, owner, "gemini")
    assert await asked(owner) == ["offline"]
    assert await asked(stranger) == ["gemini", "offline"]
    agreed = host().manifests["openai"].permissions
    await in_thread(partial(plugins.turn_on, owner, "openai", agreed=agreed))
    assert await asked(owner) == ["openai", "offline"]
