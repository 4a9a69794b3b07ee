"""Settings: the business, its team, keys, providers, credits, look, public page and activity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.agents import actions as agents
from frontdesk.billing import actions as billing
from frontdesk.billing.models import LedgerEntry
from frontdesk.channels import actions as channels
from frontdesk.content import actions as content
from frontdesk.content import queries as pages
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.providers import actions as providers
from frontdesk.providers import queries as accounts
from frontdesk.sdk.testing.vendor_server import Reply, VendorServer
from frontdesk.sdk.values import Usage
from frontdesk.workspaces import actions, queries
from frontdesk.workspaces.models import ApiKey, Membership

from .conftest import HTMX, signed_in
from .test_knowledge import text_of

MODELS = Path(__file__).parents[2] / "plugins/openai/tests/recordings/models.json"
OWNERS_ONLY = [
    "settings_business",
    "settings_look",
    "settings_keys",
    "settings_webhooks",
    "settings_providers",
    "settings_credits",
    "settings_activity",
]
OPENAI = {"account_name": "Ours", "own-api_key": "sk-secret", "own-base_url": "https://api.openai.com/v1", "own-timeout": "30"}


def at(name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=args)


# --- tabs and roles -------------------------------------------------------------------------------------------------


def test_an_owner_sees_every_tab(studio: Client) -> None:
    assert studio.get(at("settings")).url == at("settings_business")
    page = studio.get(at("settings_business")).content.decode()
    for name in [*OWNERS_ONLY, "settings_team", "settings_page"]:
        assert at(name) in page
        assert studio.get(at(name)).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "teammate", "editor"])
def test_others_see_only_what_is_theirs(member: Any, role: str) -> None:
    client = member(role)
    assert client.get(at("settings")).url == at("settings_team")
    assert client.get(at("settings_team")).status_code == 200
    for name in OWNERS_ONLY:
        assert client.get(at(name)).status_code == 403
        assert client.post(at(name), {"name": "Mine"}).status_code in {403, 405}
    assert client.get(at("settings_page")).status_code == (200 if role == "editor" else 403)
    assert client.post(at("settings_team"), {"email": "eve@example.org", "role": "owner"}).status_code == 403


# --- the business ---------------------------------------------------------------------------------------------------

BUSINESS = {"name": "Café Morgenrot", "website": "cafe.example", "language": "en", "time_zone": "Europe/Berlin"}


def test_the_business_is_kept(studio: Client, workspace: Any) -> None:
    studio.post(at("settings_business"), BUSINESS)
    workspace.refresh_from_db()
    assert (workspace.name, workspace.website, workspace.time_zone) == ("Café Morgenrot", "https://cafe.example", "Europe/Berlin")
    assert (workspace.default_reply_handler, workspace.auto_response) == ("AI", True)


def test_a_wrong_web_address_is_said_beside_its_field(studio: Client, workspace: Any) -> None:
    page = studio.post(at("settings_business"), {**BUSINESS, "website": "not an address", "default_reply_handler": "AI"})
    assert page.status_code == 422
    assert "website" in page.context["form"].errors
    workspace.refresh_from_db()
    assert workspace.name == "Café"


def test_a_time_zone_that_does_not_exist_is_said_beside_its_field(studio: Client, workspace: Any) -> None:
    page = studio.post(at("settings_business"), {**BUSINESS, "time_zone": "Mars/Olympus", "default_reply_handler": "AI"})
    assert page.context["form"].errors == {"time_zone": ["There is no such time zone. Write it like Europe/Berlin."]}


def test_a_look_for_the_workspace_is_tried_and_kept(
    studio: Client, owner: Any, agent: Any, workspace: Any, in_workspace: Any
) -> None:
    assert "<frontdesk-chat" not in studio.get(at("settings_look")).content.decode()
    agents.put_live(owner, agent, agents.latest_content(agent))
    chat = channels.create_widget(owner, agent.pk, name="Chat", origins=[])
    assert f'agent-key="{chat.public_key}" theme="calm"' in studio.get(at("settings_look")).content.decode()
    studio.post(at("settings_look"), {"theme": "cafe"})
    workspace.refresh_from_db()
    assert workspace.theme == "cafe"
    assert studio.post(at("settings_look"), {"theme": "neon"}).status_code == 422


# --- the team -------------------------------------------------------------------------------------------------------


def test_an_invitation_shows_its_link_once_and_the_link_lets_in(studio: Client, in_workspace: Any) -> None:
    page = studio.post(at("settings_team"), {"email": "sam@example.org", "role": "editor"})
    link = re.search(r'id="invitation"[^>]*>([^<]+)<', page.content.decode())[1]
    assert "/studio/join/inv_" in link
    assert "/studio/join/" not in studio.get(at("settings_team")).content.decode()
    assert "sam@example.org" in text_of(studio.get(at("settings_team")))
    assert Client().get("/studio/" + link.split("/studio/")[1]).status_code == 200


def test_inviting_a_member_is_explained(studio: Client, bob: Any) -> None:
    page = studio.post(at("settings_team"), {"email": bob.email, "role": "editor"})
    assert page.status_code == 422
    assert "This person is a member already." in text_of(page)


def test_taking_an_invitation_back_ends_its_link(studio: Client, owner: Any, in_workspace: Any) -> None:
    invitation, link = actions.invite(owner, "sam@example.org")
    studio.post(at("invitation_revoke", invitation.uuid))
    assert not queries.open_invitations().exists()
    assert "taken back" in text_of(Client().get("/studio/" + link.split("/studio/")[1]))


def test_changing_a_role_and_removing(studio: Client, bob: Any, in_workspace: Any) -> None:
    member = queries.members().get(user=bob)
    studio.post(at("member_change", member.uuid), {"role": "viewer"})
    member.refresh_from_db()
    assert member.role == "viewer"
    studio.post(at("member_change", member.uuid), {"do": "remove"})
    assert not queries.members().filter(user=bob).exists()


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"do": "remove"}])
def test_the_last_owner_stays(studio: Client, alice: Any, in_workspace: Any, change: dict[str, str]) -> None:
    member = queries.members().get(user=alice)
    answer = studio.post(at("member_change", member.uuid), change, follow=True)
    assert "A workspace needs an owner." in text_of(answer)
    assert queries.members().get(user=alice).role == "owner"


def test_everybody_may_leave(bob: Any, workspace: Any, in_workspace: Any) -> None:
    member = queries.members().get(user=bob)
    assert signed_in(bob).post(at("member_change", member.uuid), {"do": "remove"}).url == at("index")
    assert not Membership.objects.filter(user=bob).exists()


def test_an_editor_removes_nobody(bob: Any, alice: Any, in_workspace: Any) -> None:
    member = queries.members().get(user=alice)
    assert signed_in(bob).post(at("member_change", member.uuid), {"do": "remove"}).status_code == 403
    assert signed_in(bob).post(at("member_change", member.uuid), {"role": "viewer"}).status_code == 403


# --- keys -----------------------------------------------------------------------------------------------------------

NEW_KEY = {"name": "Shop", "allow_list": "shop.example\n203.0.113.7", "lasts": "30"}


def test_a_key_is_shown_once_and_works(studio: Client, in_workspace: Any) -> None:
    page = studio.post(at("settings_keys"), {**NEW_KEY, "allow_list": "127.0.0.1"})
    secret = re.search(r'id="secret"[^>]*>([^<]+)<', page.content.decode())[1]
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert secret not in studio.get(at("settings_keys")).content.decode()
    assert Client().get("/api/conversations/", headers={"Authorization": f"Api-Key {secret}"}).status_code == 200
    key = queries.api_keys().get()
    assert (key.expires_at - key.created_at).days in {29, 30}


def test_a_wrong_place_is_said_beside_its_field(studio: Client, in_workspace: Any) -> None:
    page = studio.post(at("settings_keys"), {**NEW_KEY, "allow_list": "not/a/host"})
    assert page.status_code == 422
    assert "neither a host" in page.context["form"].errors["allow_list"][0]
    assert not queries.api_keys().exists()


def test_changing_and_revoking_a_key(studio: Client, owner: Any, in_workspace: Any) -> None:
    key, raw = actions.create_api_key(owner, "Shop", ["shop.example"])
    studio.post(at("key_change", key.uuid), {"name": "Till", "allow_list": "10.0.0.0/8"})
    key.refresh_from_db()
    assert (key.name, key.allow_list) == ("Till", ["10.0.0.0/8"])
    wrong = studio.post(at("key_change", key.uuid), {"name": "Till", "allow_list": "a b/c"})
    assert wrong.status_code == 422
    assert "neither a host" in text_of(wrong)
    studio.post(at("key_change", key.uuid), {"do": "revoke"})
    assert "Revoked" in text_of(studio.get(at("settings_keys")))
    assert Client().get("/api/conversations/", headers={"Authorization": f"Api-Key {raw}"}).status_code == 401


# --- providers ------------------------------------------------------------------------------------------------------


def test_what_is_always_there_is_said(studio: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Quoting, without an AI" in text_of(studio.get(at("settings_providers")))
    assert "Shared with you" not in text_of(studio.get(at("settings_providers")))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-shared")
    assert "Shared with you" in text_of(studio.get(at("settings_providers")))


def test_a_secret_goes_in_and_never_comes_out(studio: Client, in_workspace: Any) -> None:
    assert studio.post(at("provider_new", "openai"), OPENAI).url == at("settings_providers")
    account = accounts.accounts().get()
    assert account.secrets["api_key"] == "sk-secret"
    page = studio.get(at("provider", account.pk)).content.decode()
    assert "sk-secret" not in page
    assert "Stored. Leave it empty to keep it." in page
    studio.post(at("provider", account.pk), {**OPENAI, "own-api_key": "", "account_name": "Theirs"})
    account.refresh_from_db()
    assert (account.name, account.secrets["api_key"]) == ("Theirs", "sk-secret")


def test_a_missing_key_and_a_wrong_value_are_said_beside_their_fields(studio: Client, in_workspace: Any) -> None:
    page = studio.post(at("provider_new", "openai"), {**OPENAI, "own-api_key": "", "own-base_url": "nowhere"})
    assert page.status_code == 422
    assert "api_key" in page.context["form"].errors
    page = studio.post(at("provider_new", "openai"), {**OPENAI, "own-base_url": "nowhere"})
    assert "base_url" in page.context["form"].errors
    assert not accounts.accounts().exists()


@pytest.mark.django_db(transaction=True)
async def test_a_connection_is_tested_before_it_is_saved(settings: Any, studio: Client, workspace: Any) -> None:
    async with VendorServer() as vendor:
        settings.PROVIDER_ALLOWED_HOSTS = [vendor.url.removeprefix("http://")]
        vendor.play(Reply.file(MODELS), Reply.of({"error": {"message": "Incorrect API key"}}, status=401))
        values = {**OPENAI, "own-base_url": f"{vendor.url}/v1"}
        good = await in_thread(studio.post, at("provider_test_new", "openai"), values, headers=HTMX)
        bad = await in_thread(studio.post, at("provider_test_new", "openai"), values, headers=HTMX)
        assert vendor.requests[0].headers["authorization"] == "Bearer sk-secret"
    assert "It works:" in text_of(good)
    assert 'data-kind="bad"' in bad.content.decode()
    with scope(workspace=workspace):
        assert not await in_thread(accounts.accounts().exists)


def test_a_private_address_is_refused_with_a_sentence(studio: Client) -> None:
    answer = studio.post(at("provider_test_new", "openai"), {**OPENAI, "own-base_url": "http://127.0.0.1:1/v1"}, headers=HTMX)
    assert 'data-kind="bad"' in answer.content.decode()
    assert text_of(answer)


def test_order_and_off(studio: Client, owner: Any, in_workspace: Any) -> None:
    first, second = (providers.save_account(owner, "openai", {"api_key": "sk"}, name=name) for name in ("First", "Second"))
    studio.post(at("provider_change", second.pk), {"do": "up"})
    assert [account.name for account in accounts.accounts()] == ["Second", "First"]
    studio.post(at("provider_change", second.pk), {"do": "down"})
    assert [account.name for account in accounts.accounts()] == ["First", "Second"]
    studio.post(at("provider_change", first.pk), {"do": "off"})
    first.refresh_from_db()
    assert not first.enabled
    studio.post(at("provider_change", first.pk), {"do": "delete"})
    assert [account.name for account in accounts.accounts()] == ["Second"]


def test_an_unknown_provider_gets_a_sentence(studio: Client) -> None:
    assert studio.get(at("provider_new", "nobody")).status_code == 422
    assert studio.post(at("provider_test_new", "nobody"), {}, headers=HTMX).status_code == 422


# --- credits --------------------------------------------------------------------------------------------------------


def test_credits_and_who_used_what(studio: Client, alice: Any, workspace: Any, in_workspace: Any) -> None:
    billing.record_usage(
        workspace,
        purpose="answer",
        provider="openai",
        model="gpt-x",
        usage=Usage(100, 20),
        cost_usd="0.5",
        actor="user: Alice",
        user=alice,
    )
    billing.hold(workspace, 20, "run:1")
    billing.settle(workspace, "run:1", 3)
    said = text_of(studio.get(at("settings_credits")))
    assert "9,997 credits left" in said
    assert "openai gpt-x 1 0 120 0.5000" in said
    assert "Alice 1 0 120 0.5000" in said
    assert "Set aside for an answer" in said
    assert "+17" in said


def test_a_long_ledger_has_pages_and_takes_few_queries(
    studio: Client, workspace: Any, in_workspace: Any, django_assert_max_num_queries: Any
) -> None:
    LedgerEntry.objects.bulk_create(
        LedgerEntry(workspace=workspace, kind="grant", amount=1, balance_after=n, note=f"Gift {n}") for n in range(100)
    )
    studio.get(at("settings_credits"))
    with django_assert_max_num_queries(15):
        page = studio.get(at("settings_credits"))
    assert "?page=2" in page.content.decode()


# --- public page ----------------------------------------------------------------------------------------------------


def test_opening_a_public_page_and_putting_a_chat_on_it(
    studio: Client, owner: Any, agent: Any, workspace: Any, in_workspace: Any
) -> None:
    studio.post(at("settings_page"), {"title": "Café", "headline": "Coffee and time", "lead": ""})
    page = pages.page_of(workspace)
    assert (page.title, page.headline, page.live) == ("Café", "Coffee and time", True)
    chat = channels.create_widget(owner, agent.pk, name="Chat", origins=[])
    studio.post(at("settings_page"), {"channel": str(chat.uuid)})
    assert pages.page_of(workspace).channel_id == chat.pk
    studio.post(at("settings_page"), {"channel": ""})
    assert pages.page_of(workspace).channel_id is None


def test_an_editor_is_let_into_the_cms(bob: Any, owner: Any, workspace: Any, in_workspace: Any) -> None:
    page = content.open_public_page(owner, title="Café")
    client = signed_in(bob)
    answer = client.post(at("settings_page_edit"))
    assert answer.url == reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert client.get(answer.url).status_code == 200


def test_there_is_nothing_to_edit_before_a_page_is_open(studio: Client) -> None:
    assert studio.post(at("settings_page_edit")).status_code == 404


# --- activity -------------------------------------------------------------------------------------------------------


def test_activity_says_who_did_what(studio: Client, owner: Any, in_workspace: Any) -> None:
    actions.create_api_key(owner, "Shop", ["shop.example"])
    said = text_of(studio.get(at("settings_activity")))
    assert "Alice made an API key: Shop" in said


def test_every_verb_of_every_action_is_said_in_words() -> None:
    """A verb that an action writes and that has no words here would be shown raw."""
    from frontdesk.surfaces.studio.settings.activity import VERBS

    rooms = Path(actions.__file__).parents[1]
    written = set()
    for file in rooms.glob("*/*.py"):
        for call in re.findall(r"(?:audit\.record|_changed)\(actor,(.*?)\)", file.read_text(encoding="utf-8")):
            written |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', call))
    assert len(written) > 30
    assert written - VERBS.keys() == set()


# --- tenancy --------------------------------------------------------------------------------------------------------


def test_what_is_charlies_does_not_exist_for_alice(studio: Client, stranger: Any) -> None:
    with scope(workspace=stranger.workspace):
        key, _raw = actions.create_api_key(stranger, "Garage", ["garage.example"])
        account = providers.save_account(stranger, "openai", {"api_key": "sk"}, name="Garage")
        invitation, _link = actions.invite(stranger, "gus@example.org")
        member = queries.members().get()
    foreign = [
        (at("key_change", key.uuid), {"do": "revoke"}),
        (at("provider_change", account.pk), {"do": "delete"}),
        (at("provider", account.pk), OPENAI),
        (at("provider_test", account.pk), OPENAI),
        (at("invitation_revoke", invitation.uuid), {}),
        (at("member_change", member.uuid), {"do": "remove"}),
    ]
    for path, values in foreign:
        assert studio.post(path, values).status_code == 404
    assert studio.get(at("provider", account.pk)).status_code == 404
    with scope(workspace=stranger.workspace):
        assert ApiKey.objects.get(pk=key.pk).revoked_at is None
