"""Coming in and going out."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from frontdesk.core.scoping import scope, unscoped
from frontdesk.workspaces import actions
from frontdesk.workspaces.models import Membership, User
from tests.conftest import PASSWORD, make_user

from .conftest import HTMX, signed_in

pytestmark = pytest.mark.django_db


def test_signing_in_leads_where_one_wanted_to_go(alice, workspace) -> None:
    client = Client()
    turned_away = client.get("/studio/agents/")
    assert turned_away.url == "/studio/sign-in/?next=/studio/agents/"
    page = client.post(turned_away.url, {"name": "alice@example.org", "password": PASSWORD, "next": "/studio/agents/"})
    assert page.url == "/studio/agents/"
    assert client.get("/studio/agents/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(alice, workspace, elsewhere) -> None:
    page = Client().post("/studio/sign-in/", {"name": "alice@example.org", "password": PASSWORD, "next": elsewhere})
    assert page.url == "/studio/"


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(alice) -> None:
    known = Client().post("/studio/sign-in/", {"name": "alice@example.org", "password": "no"})
    unknown = Client().post("/studio/sign-in/", {"name": "nobody@example.org", "password": "no"})
    assert known.status_code == unknown.status_code == 422
    assert "The user name or the password is wrong." in known.content.decode()
    assert "The user name or the password is wrong." in unknown.content.decode()


def test_guessing_is_slowed_down(alice, settings) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_MINUTE = 3
    client = Client()
    for _attempt in range(3):
        client.post("/studio/sign-in/", {"name": "alice@example.org", "password": "no"})
    right = client.post("/studio/sign-in/", {"name": "alice@example.org", "password": PASSWORD})
    assert right.status_code == 422
    assert "Too many requests" in right.content.decode()


def test_signing_up_makes_a_workspace_and_goes_in(db) -> None:
    client = Client()
    words = {"workspace_name": "Dana's Flowers", "full_name": "Dana Lee", "email": "dana@example.org", "password": PASSWORD}
    assert client.post("/studio/sign-up/", words).url == "/studio/"
    home = client.get("/studio/").content.decode()
    assert "Dana&#x27;s Flowers" in home
    assert "First steps" in home


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "alice@example.org"}, "This address has an account already"),
        ({"password": "12345678"}, "This password is too common"),
        ({"email": "no address"}, "Enter a valid email address"),
    ],
)
def test_signing_up_says_what_is_wrong(alice, wrong, sentence) -> None:
    words = {"workspace_name": "Shop", "full_name": "Eve", "email": "eve@example.org", "password": PASSWORD, **wrong}
    page = Client().post("/studio/sign-up/", words)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not User.objects.filter(email="eve@example.org").exists()


def test_registration_can_be_closed(db, settings) -> None:
    settings.REGISTRATION_OPEN = False
    words = {"workspace_name": "Shop", "full_name": "Eve", "email": "eve@example.org", "password": PASSWORD}
    assert "New accounts are made by invitation here" in Client().post("/studio/sign-up/", words).content.decode()
    assert "sign-up" not in Client().get("/studio/sign-in/").content.decode()


def test_signing_out(studio) -> None:
    assert studio.get("/studio/sign-out/").url == "/studio/"
    assert studio.get("/studio/").status_code == 200
    assert studio.post("/studio/sign-out/").url == "/studio/sign-in/"
    assert studio.get("/studio/").status_code == 302


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("contacts/merges/7f1c9e2e-0000-4000-8000-000000000000/undo/", "contacts/"),
        ("contacts/7f1c9e2e-0000-4000-8000-000000000000/block/", "contacts/7f1c9e2e-0000-4000-8000-000000000000/"),
        ("knowledge/findings/", "knowledge/"),
        ("switch/", ""),
    ],
)
def test_who_comes_to_the_address_of_a_form_is_led_to_its_page(studio, address, page) -> None:
    assert studio.get(f"/studio/{address}").url == f"/studio/{page}"
    assert Client().head(f"/studio/{address}").url == f"/studio/{page}"
    assert studio.get(f"/studio/{address}", headers=HTMX).status_code == 405  # a part of a page goes nowhere
    assert studio.put(f"/studio/{address}").status_code == 405


def test_a_window_shows_no_piece_of_a_page(studio) -> None:
    piece = "/studio/search/?s=milk"
    assert studio.get(piece, headers={"Sec-Fetch-Dest": "document"}).url == "/studio/"
    assert studio.get(piece, headers={"Sec-Fetch-Dest": "empty"}).status_code == 200
    assert studio.get(piece, headers=HTMX).status_code == 200


def invited(owner, email: str = "dana@example.org") -> str:
    with scope(workspace=owner.workspace):
        return actions.invite(owner, email, "editor")[1].split("/", 3)[3]


def test_an_invitation_makes_an_account_in_the_team(owner) -> None:
    client, link = Client(), "/" + invited(owner)
    assert "Join Café" in client.get(link).content.decode()
    page = client.post(link, {"full_name": "Dana", "email": "dana@example.org", "password": PASSWORD})
    assert page.url == "/studio/"
    assert "Café" in client.get("/studio/").content.decode()
    with unscoped():
        assert [row.role for row in Membership.objects.filter(user__email="dana@example.org")] == ["editor"]


def test_an_invitation_takes_who_is_signed_in(owner, charlie, other_workspace) -> None:
    client = signed_in(charlie)
    link = "/" + invited(owner)
    assert "charlie@example.org" in client.get(link).content.decode()
    client.post(link)
    assert "Café" in client.get("/studio/").content.decode()


def test_an_invitation_works_once(owner) -> None:
    link = "/" + invited(owner)
    Client().post(link, {"full_name": "Dana", "email": "dana@example.org", "password": PASSWORD})
    again = Client().get(link)
    assert "was used, taken back or has expired" in again.content.decode()


def test_somebody_without_a_workspace_can_make_one(db) -> None:
    client = signed_in(make_user("lone@example.org", "Lone"))
    assert client.get("/studio/agents/").url == "/studio/no-workspace/"
    client.post("/studio/no-workspace/", {"name": "Lone Star"})
    assert "Lone Star" in client.get("/studio/").content.decode()


def test_an_inactive_person_is_out(alice, studio) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert studio.get("/studio/").status_code == 302


def test_changing_the_password_keeps_this_browser_and_ends_the_others(alice, studio) -> None:
    other = signed_in(alice)
    new = "a completely different sentence"
    assert studio.post("/studio/password/", {"old_password": "no", "new_password": new}).status_code == 422
    assert studio.post("/studio/password/", {"old_password": PASSWORD, "new_password": new}).url == "/studio/"
    assert studio.get("/studio/").status_code == 200
    assert other.get("/studio/").status_code == 302


def test_the_language_is_kept_for_the_person(alice, studio) -> None:
    assert studio.post("/studio/language/", {"language": "ar", "next": "/studio/agents/"}).url == "/studio/agents/"
    assert 'dir="rtl"' in studio.get("/studio/").content.decode()
    elsewhere = Client()
    elsewhere.post("/studio/sign-in/", {"name": "alice@example.org", "password": PASSWORD})
    assert 'dir="rtl"' in elsewhere.get("/studio/").content.decode()
    studio.post("/studio/language/", {"language": "tlh"})
    alice.refresh_from_db()
    assert alice.language == "ar"


def test_changing_the_workspace(studio, alice, other_workspace) -> None:
    with scope(workspace=other_workspace):
        Membership.objects.create(workspace=other_workspace, user=alice, role="viewer")
    studio.post("/studio/switch/", {"workspace": str(other_workspace.uuid)})
    assert "Home · Garage" in studio.get("/studio/").content.decode()


def test_a_strangers_workspace_cannot_be_chosen(studio, other_workspace) -> None:
    assert studio.post("/studio/switch/", {"workspace": str(other_workspace.uuid)}).status_code == 403
    assert studio.post("/studio/switch/", {"workspace": "nonsense"}).status_code == 400
    assert "Garage" not in studio.get("/studio/").content.decode()


def test_htmx_is_led_to_the_door_as_a_whole_page(db) -> None:
    response = Client().get("/studio/search/?s=a", headers=HTMX)
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/studio/sign-in/")


@pytest.mark.parametrize(
    ("method", "headers", "back"),
    [
        ("get", {}, "/studio/contacts/new/"),
        ("post", {"Referer": "http://testserver/studio/contacts/?words=a"}, "/studio/contacts/?words=a"),
        ("post", {}, "/studio/"),
        ("post", {"Referer": "https://elsewhere.example/studio/contacts/"}, "/studio/"),
        (
            "get",
            {**HTMX, "HX-Current-URL": "http://testserver/studio/conversations/?status=closed#top"},
            "/studio/conversations/?status=closed",
        ),
        ("get", HTMX, "/studio/"),
    ],
)
def test_who_has_to_sign_in_comes_back_to_a_whole_page(db, method, headers, back) -> None:
    said = getattr(Client(), method)("/studio/contacts/new/", headers=headers)
    door = said.get("HX-Redirect") or said.url
    assert parse_qs(urlsplit(door).query)["next"] == [back]
