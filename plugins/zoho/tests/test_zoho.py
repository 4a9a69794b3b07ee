"""Zoho CRM, played from recordings: what agents find and write down, and what Zoho may answer instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from frontdesk_zoho import plugin
from frontdesk_zoho.config import API_HOSTS, ZohoConfig
from frontdesk_zoho.tools import CreateLead, FindCustomer
from pydantic import ValidationError

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.testing.tool_contract import AgentToolContract
from frontdesk.sdk.tools import ToolAnswer

RECORDINGS = Path(__file__).parent / "recordings"
Web = Callable[[httpx.Request], httpx.Response]
LEAD = {"last_name": "Haddad", "email": "mira@example.org", "about": "A cake for forty guests."}


def recording(name: str, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=(RECORDINGS / name).read_bytes(), headers={"content-type": "application/json"})


def context(*answers: httpx.Response, **settings: Any) -> tuple[Context, list[httpx.Request]]:
    """What the host hands over, with a Zoho that answers so, and the requests it got."""
    left, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return left.pop(0)

    return context_for(plugin.manifest(), ZohoConfig(**settings), web=answer, token="1000.token"), asked


async def use(tool: Any, handed: Context, **arguments: Any) -> str:
    answer = await tool.call(tool.arguments.model_validate(arguments), handed)
    assert isinstance(answer, ToolAnswer)
    return answer.text


def test_it_asks_for_the_hosts_of_zoho_only() -> None:
    hosts = plugin.manifest().permissions.hosts
    assert {"accounts.zoho.eu", "www.zohoapis.eu", "accounts.zohocloud.ca", "www.zohoapis.ca"} <= set(hosts)
    assert len(hosts) == 2 * len(API_HOSTS)


def test_looking_somebody_up_asks_a_person_first() -> None:
    assert FindCustomer.approval and not CreateLead.approval


async def test_a_customer_is_found_by_email() -> None:
    handed, asked = context(recording("contacts.json"), httpx.Response(204), data_centre="zoho.eu")
    said = await use(FindCustomer(), handed, email=" mira@example.org ")
    assert said == "Contact: Mira Haddad; e-mail mira@example.org; mobile +961 3 123456; company Haddad & Co"
    assert [f"{request.url.host}{request.url.path}" for request in asked] == [
        "www.zohoapis.eu/crm/v8/Contacts/search",
        "www.zohoapis.eu/crm/v8/Leads/search",
    ]
    assert asked[0].url.params["email"] == "mira@example.org"
    assert asked[0].headers["authorization"] == "Zoho-oauthtoken 1000.token"


async def test_a_customer_is_found_by_phone() -> None:
    handed, asked = context(httpx.Response(204), recording("contacts.json"))
    assert (await use(FindCustomer(), handed, phone="+961 3 123456")).startswith("Lead: Mira Haddad")
    assert asked[0].url.params["phone"] == "+961 3 123456"


async def test_nobody_is_an_answer() -> None:
    handed, _asked = context(httpx.Response(204), httpx.Response(204))
    assert "Nobody" in await use(FindCustomer(), handed, email="who@example.org")


def test_looking_up_needs_something_to_look_for() -> None:
    with pytest.raises(ValidationError, match="e-mail address or a phone number"):
        FindCustomer.arguments.model_validate({"email": " "})


async def test_a_lead_is_written_down() -> None:
    handed, asked = context(recording("lead_made.json", 201))
    assert "written down" in await use(CreateLead(), handed, **LEAD)
    [sent] = json.loads(asked[0].content)["data"]
    assert sent == {
        "Last_Name": "Haddad",
        "Email": "mira@example.org",
        "Description": "A cake for forty guests.",
        "Lead_Source": "Chat",
    }


async def test_a_lead_that_nobody_can_reach_is_not_sent() -> None:
    handed, asked = context()
    with pytest.raises(ToolError, match="e-mail address or a phone number"):
        await use(CreateLead(), handed, last_name="Haddad")
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (recording("lead_refused.json", 400), r"refused this \(Email\): invalid data"),
        (recording("lead_known.json", 400), "has this person already"),
        (recording("invalid_token.json", 401), "connect it again"),
        (recording("scope_mismatch.json", 401), "connect it again"),
        (httpx.Response(429, json={"code": "TOO_MANY_REQUESTS"}), "no more requests"),
        (httpx.Response(503, json={}), "did not answer properly"),
        (httpx.Response(200, text="<html>"), "did not answer properly"),
        (httpx.Response(200, json=["data"]), "did not answer properly"),
        (httpx.Response(200, json={"data": "odd"}), "refused"),
        (httpx.Response(200, json={"data": [{"code": "SUCCESS", "details": {}}]}), "refused"),
        (httpx.Response(400, json={"code": "INVALID_MODULE", "message": "no such module", "details": None}), "no such module"),
    ],
)
async def test_what_zoho_may_answer_instead_is_said(answer, said) -> None:
    handed, _asked = context(answer)
    with pytest.raises(ToolError, match=said):
        await use(CreateLead(), handed, **LEAD)


async def test_no_account_is_said() -> None:
    with pytest.raises(ToolError, match="not connected"):
        await use(FindCustomer(), context_for(plugin.manifest(), token=""), email="a@example.org")


async def test_a_zoho_that_is_away_is_said() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("nobody", request=request)

    with pytest.raises(ToolError, match="cannot be reached"):
        await use(FindCustomer(), context_for(plugin.manifest(), web=away), email="a@example.org")


async def test_the_connection_is_tested() -> None:
    handed, asked = context(httpx.Response(204))
    assert await handed.settings.check(handed) == "It works: Zoho CRM answers."
    assert asked[0].url.path == "/crm/v8/Contacts/search"


class TestContract(AgentToolContract):
    module = "frontdesk_zoho.plugin"
    good = {"zoho_find_customer": {"email": "mira@example.org"}, "zoho_create_lead": LEAD}

    def web(self, request: httpx.Request) -> httpx.Response:
        return recording("lead_made.json", 201) if request.method == "POST" else recording("contacts.json")
