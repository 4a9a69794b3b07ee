"""A café whose own app is connected by the webhook channel, and a model that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.channels import actions
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Channel, Delivery
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped
from frontdesk.plugins import actions as plugins
from frontdesk.plugins import host as hosts
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.providers import registry
from frontdesk.sdk.testing.scripted import ScriptedProvider
from tests.channels.graph import GraphApi
from tests.channels.place import SECRET, Place


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedProvider]:
    """The only provider there is; fails the test on a call too many or too few."""
    provider = ScriptedProvider(steps=[])
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: provider)
    yield provider
    provider.assert_finished()


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.close()


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila", max_steps=3), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[GraphApi]:
    """The operator has the plugins of Meta's messengers talk to this machine."""
    api = GraphApi()
    monkeypatch.setenv("META_GRAPH_URL", api.url)
    settings.PROVIDER_ALLOWED_HOSTS = [api.host]
    settings.BASE_URL = "https://desk.example"
    hosts.host.cache_clear()
    yield api
    hosts.host.cache_clear()
    api.close()


@pytest.fixture
def channel(owner: Any, agent: Agent, place: Place, settings: Any) -> Channel:
    """The owner turned the plugin on and filled in where answers go; the operator lets it reach this machine."""
    settings.PROVIDER_ALLOWED_HOSTS = [place.host]
    plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
    values = {"callback_url": place.url, "secret": SECRET}
    return actions.connect(owner, "webhook", agent.pk, values, name="Our app")


@pytest.fixture
def address(channel: Channel) -> str:
    return urlsplit(webhook_url(channel)).path


@pytest.fixture
def work() -> Callable[..., int]:
    """Do all jobs that are due, as a worker would, until none is; gives how many. `later` counts those that wait as due."""

    def until_done(*, later: bool = False) -> int:
        done = 0
        while due := _due(later):
            for row in due:
                with unscoped():
                    Job.objects.filter(pk=row.pk).update(run_after=None)
                    if later:
                        Delivery.objects.filter(state="queued").update(not_before=None)
                jobs.run(row.pk)
                done += 1
            later = False
        return done

    return until_done


def _due(later: bool) -> list[Job]:
    with unscoped():
        waiting = Job.objects.filter(state=Job.State.QUEUED).order_by("pk")
        return [row for row in waiting if later or row.run_after is None or row.run_after <= timezone.now()]
