"""People looking at the Studio, and an agent to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.starters import start_content
from frontdesk.core import jobs as core_jobs
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.providers import registry
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.workspaces.models import Membership, User
from tests.conftest import make_user

BACKEND = "frontdesk.workspaces.login.EmailOrUsernameBackend"
HTMX = {"HX-Request": "true"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


@pytest.fixture
def studio(alice: User, workspace: Any) -> Client:
    """Alice's browser."""
    return signed_in(alice)


@pytest.fixture
def member(workspace: Any) -> Any:
    """A browser of somebody new in the café's team: `member("viewer")`."""

    def join(role: str) -> Client:
        user = make_user(f"{role}@example.org", role.capitalize())
        with scope(workspace=workspace):
            Membership.objects.create(workspace=workspace, user=user, role=role)
        return signed_in(user)

    return join


@pytest.fixture
def agent(owner: Any) -> Agent:
    """The café's agent, saved for later."""
    with scope(workspace=owner.workspace):
        made = agents.create_agent(owner, start_content("Mila", organisation="Café", about="Guests feel at home."))
        return Agent.objects.select_related("latest_revision", "workspace").get(pk=made.pk)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedProvider]:
    """The only provider there is; fails the test on a call too many or too few."""
    provider = ScriptedProvider(steps=[])
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: provider)
    yield provider
    provider.assert_finished()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    """Uploads of tests stay out of the tree."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def base(owner: Any, in_workspace: Any) -> KnowledgeBase:
    """The café's."""
    return actions.create_base(owner, "Menu", reranking_enabled=False)


@pytest.fixture
def dogs(owner: Any, base: KnowledgeBase) -> Source:
    """A text that is learned."""
    source = actions.add_text(owner, base, "Dogs", "Dogs are welcome on a leash. There is water for them at the door.")
    core_jobs.run(source.job_id)
    return queries.source(source.pk)


@pytest.fixture
def foreign(stranger: Any) -> Source:
    """Charlie's."""
    with scope(workspace=stranger.workspace):
        return actions.add_text(stranger, actions.create_base(stranger, "Tyres"), "Tyres", "Winter tyres cost 80.")
