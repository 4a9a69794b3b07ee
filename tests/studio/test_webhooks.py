"""Settings → Webhooks, as an owner uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.core.scoping import scope
from frontdesk.webhooks.models import Delivery, Endpoint
from tests.webhooks.conftest import Receiver, nothing_remembered, sooner, target, work  # noqa: F401

from .conftest import HTMX

pytestmark = pytest.mark.django_db(transaction=True)


def at(name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=args)


def make(studio: Client, url: str, *events: str) -> Endpoint:
    page = studio.post(at("settings_webhooks"), {"url": url, "events": events or ["message.received"], "description": "Orders"})
    assert page.status_code == 200, page.content.decode()
    return Endpoint.objects.latest("pk")


def test_a_new_one_shows_its_secret_once(studio: Client, workspace: Any, target: Receiver) -> None:  # noqa: F811
    with scope(workspace=workspace):
        page = studio.post(at("settings_webhooks"), {"url": target.url, "events": ["message.received"], "description": "Orders"})
        secret = Endpoint.objects.get().secrets["now"]
    assert secret in page.content.decode()
    assert secret not in studio.get(at("settings_webhooks")).content.decode()


@pytest.mark.parametrize(
    ("url", "events", "said"),
    [
        ("http://example.com/", ["message.received"], "https address"),
        ("https://127.0.0.1/", ["message.received"], "private network"),
        ("https://example.com/", [], "Choose at least one event."),
        ("https://example.com/", ["world.ended"], "world.ended"),
        ("", ["message.received"], "required"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(studio: Client, workspace: Any, url: str, events: list[str], said: str) -> None:
    page = studio.post(at("settings_webhooks"), {"url": url, "events": events})
    assert page.status_code == 422
    assert said in page.content.decode()
    with scope(workspace=workspace):
        assert not Endpoint.objects.exists()


def test_a_test_its_log_and_sending_again(
    studio: Client,
    workspace: Any,
    target: Receiver,  # noqa: F811
    work: Callable[[], int],  # noqa: F811
) -> None:
    target.answers = [(500, b"<b>broken</b>", {}), (200, b"thanks", {})]
    with scope(workspace=workspace):
        endpoint = make(studio, target.url)
        assert studio.post(at("webhook_do", endpoint.uuid), {"do": "test"}).url == at("webhook", endpoint.uuid)
        waiting = studio.get(at("webhook", endpoint.uuid)).content.decode()
        assert "every 2s" in waiting
        work()
        log = studio.get(at("webhook", endpoint.uuid), headers=HTMX).content.decode()
        assert "It answered 500." in log
        assert "every 2s" not in log
        delivery = Delivery.objects.get()
        page = studio.get(at("webhook_delivery", delivery.uuid)).content.decode()
        assert "&lt;b&gt;broken&lt;/b&gt;" in page
        assert "webhook.test" in page
        studio.post(at("webhook_again", delivery.uuid))
        work()
        assert "thanks" in studio.get(at("webhook_delivery", delivery.uuid)).content.decode()


def test_turned_off_and_on_changed_given_a_new_secret_and_deleted(
    studio: Client,
    workspace: Any,
    target: Receiver,  # noqa: F811
) -> None:
    with scope(workspace=workspace):
        endpoint = make(studio, target.url)
        do = at("webhook_do", endpoint.uuid)
        studio.post(do, {"do": "off"})
        assert "is told nothing" in studio.get(at("webhook", endpoint.uuid)).content.decode()
        assert studio.post(do, {"do": "test"}).status_code == 409
        studio.post(do, {"do": "on"})
        changed = {"url": target.url, "events": ["conversation.closed"], "description": "Till"}
        studio.post(at("webhook", endpoint.uuid), changed)
        page = studio.post(do, {"do": "secret"}).content.decode()
        endpoint.refresh_from_db()
        assert (endpoint.enabled, endpoint.events, endpoint.description) == (True, ["conversation.closed"], "Till")
        assert endpoint.secrets["now"] in page
        studio.post(do, {"do": "delete"})
        assert studio.get(at("webhook", endpoint.uuid)).status_code == 404
        assert "Till" not in studio.get(at("settings_webhooks")).content.decode()


def test_what_was_missed_is_sent_again(
    studio: Client,
    owner: Any,
    workspace: Any,
    target: Receiver,  # noqa: F811
    work: Callable[[], int],  # noqa: F811
) -> None:
    with scope(workspace=workspace):
        endpoint = make(studio, target.url)
        agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
        receive(workspace, agent.pk, Inbound("Hello?", "api", "1"))
        work()
        Delivery.objects.update(state="failed")
        assert "Hello?" not in studio.get(at("webhook", endpoint.uuid) + "?state=failed").content.decode()
        studio.post(at("webhook_do", endpoint.uuid), {"do": "replay", "hours": "24"})
        studio.post(at("webhook_do", endpoint.uuid), {"do": "replay", "hours": "soon"})
        work()
    assert len(target.heard) == 2


@pytest.mark.parametrize("role", ["viewer", "teammate", "editor"])
def test_others_do_not_see_them(member: Any, role: str) -> None:
    assert member(role).get(at("settings_webhooks")).status_code == 403
