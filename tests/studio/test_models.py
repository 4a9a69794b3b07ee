"""Choosing which AI answers: from what the providers said they offer, never asked while a page loads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel

from frontdesk.agents import actions as agents
from frontdesk.agents.content import ModelChoice
from frontdesk.agents.models import Agent
from frontdesk.core.scoping import scope
from frontdesk.providers import catalogue, registry
from frontdesk.providers.actions import test_connection as check_connection
from frontdesk.providers.models import ModelList, ProviderAccount
from frontdesk.sdk.errors import ProviderAuthError
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.values import ModelInfo

from .conftest import HTMX
from .forms import filled
from .test_knowledge import at, text_of, toast_of

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = ModelInfo("small", "chat", "Small", vision=True, input_price=0.25, output_price=1.0)
BIG = ModelInfo("big:1", "chat", "Big")
VECTORS = ModelInfo("vectors", "embedding", "Vectors")


class Vendor(Provider):
    """A vendor that counts how often it is asked for its models."""

    slug = "vendor"
    label = "Vendor"
    config_model = type("Config", (BaseModel,), {})
    offers: Sequence[ModelInfo] = (SMALL, BIG, VECTORS)
    asked = 0

    async def models(self) -> Sequence[ModelInfo]:
        type(self).asked += 1
        if not self.offers:
            raise ProviderAuthError("The key was refused.")
        return self.offers


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch, workspace: Any) -> type[Vendor]:
    """The café has an account there."""
    own = type("OwnVendor", (Vendor,), {})
    monkeypatch.setattr(registry, "provider_classes", lambda: {"vendor": own})
    with scope(workspace=workspace):
        ProviderAccount.objects.create(workspace=workspace, provider="vendor", name="Ours")
    return own


def options(client: Client, agent: Agent) -> dict[str, str]:
    """The options of the field: value → words."""
    page = client.get(at("agent", agent.uuid)).content.decode()
    select = re.search(r'<select name="model".*?</select>', page, re.DOTALL)
    assert select
    return {value: text.strip() for value, text in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)', select.group())}


def ask(client: Client, agent: Agent, **own: Any) -> Any:
    page = client.get(at("agent", agent.uuid))
    return client.post(at("agent_models", agent.uuid), filled(page, "agent-form", **own), headers=HTMX)


def test_nobody_is_asked_while_the_page_loads(studio: Client, agent: Agent, vendor: type[Vendor]) -> None:
    assert list(options(studio, agent)) == ["", "vendor:"]
    assert "Vendor was not asked yet" in text_of(studio.get(at("agent", agent.uuid)))
    assert vendor.asked == 0


def test_the_button_asks_and_the_choice_is_in_plain_words(studio: Client, agent: Agent, vendor: type[Vendor]) -> None:
    answer = ask(studio, agent)
    assert toast_of(answer)["kind"] == "good"
    assert options(studio, agent) == {
        "": "The first provider that works",
        "vendor:": "Vendor, its best model",
        "vendor:small": "Small (about $0.80 for 1,000 answers, sees pictures)",
        "vendor:big:1": "Big",
    }
    assert '<optgroup label="Vendor">' in answer.content.decode()
    assert vendor.asked == 1


def test_what_is_chosen_is_kept_and_said_when_it_is_no_longer_offered(
    studio: Client, agent: Agent, vendor: type[Vendor], workspace: Any, owner: Any
) -> None:
    ask(studio, agent)
    page = studio.get(at("agent", agent.uuid))
    studio.post(at("agent", agent.uuid), filled(page, "agent-form", model="vendor:big:1", do="save"), headers=HTMX)
    with scope(workspace=workspace):
        agent = Agent.objects.select_related("latest_revision").get(pk=agent.pk)
        assert agents.latest_content(agent).choice == ModelChoice(provider="vendor", model="big:1")
    assert "no longer offer" not in text_of(studio.get(at("agent", agent.uuid)))
    vendor.offers = (SMALL,)
    assert "no longer offer" in text_of(ask(studio, agent))
    assert options(studio, agent)["vendor:big:1"] == "Vendor · big:1"
    page = studio.get(at("agent", agent.uuid))
    assert filled(page, "agent-form")["model"] == ["vendor:big:1"]
    assert studio.post(at("agent", agent.uuid), filled(page, "agent-form", do="save"), headers=HTMX).status_code == 200


def test_a_provider_that_does_not_answer_is_named_and_its_list_stays(studio: Client, agent: Agent, vendor: type[Vendor]) -> None:
    ask(studio, agent)
    vendor.offers = ()
    said = toast_of(ask(studio, agent))
    assert (said["kind"], said["text"]) == ("bad", "Not every provider answered. Vendor: The key was refused.")
    assert "vendor:small" in options(studio, agent)


def test_testing_the_connection_fills_the_list(
    studio: Client, agent: Agent, vendor: type[Vendor], owner: Any, workspace: Any
) -> None:
    with scope(workspace=workspace):
        assert check_connection(owner, "vendor", {}, account=ProviderAccount.objects.get()) == 3
    assert "vendor:small" in options(studio, agent)
    assert "vendor:vectors" not in options(studio, agent)


def test_a_model_that_nobody_offers_is_refused(studio: Client, agent: Agent, vendor: type[Vendor]) -> None:
    page = studio.get(at("agent", agent.uuid))
    answer = studio.post(at("agent", agent.uuid), filled(page, "agent-form", model="vendor:dream", do="save"), headers=HTMX)
    assert answer.status_code == 422
    assert "dream is not one of the available choices" in text_of(answer)


def test_charlies_list_is_not_alices(studio: Client, agent: Agent, vendor: type[Vendor], stranger: Any) -> None:
    with scope(workspace=stranger.workspace):
        catalogue.keep(stranger.workspace, "vendor", [SMALL])
    assert list(options(studio, agent)) == ["", "vendor:"]


def test_a_viewer_does_not_have_vendors_asked(member: Any, agent: Agent, vendor: type[Vendor]) -> None:
    assert member("viewer").post(at("agent_models", agent.uuid), {}, headers=HTMX).status_code == 403
    assert vendor.asked == 0
    assert not ModelList.objects.model._base_manager.exists()
