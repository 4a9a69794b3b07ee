"""Team, invitations, keys and settings over REST."""

import pytest

from tests.conftest import PASSWORD, Api, bearer


def test_the_team(api, bob, alice, workspace) -> None:
    rows = api.get("/api/members").json()["results"]
    assert [(row["name"], row["role"]) for row in rows] == [("Alice", "owner"), ("Bob", "editor")]
    member = f"/api/members/{rows[1]['id']}"
    assert api.patch(member, {"role": "viewer"}).json()["role"] == "viewer"
    assert api.delete(member).status_code == 204
    assert Api(bearer(bob, workspace)).get("/api/members").status_code == 403
    assert api.delete(f"/api/members/{rows[0]['id']}").json()["code"] == "LAST_OWNER"


def test_from_invitation_to_member(api, anonymous_api) -> None:
    sent = api.post("/api/invitations", {"email": "dora@example.org", "role": "teammate"}).json()
    assert api.get("/api/invitations").json()["results"][0]["email"] == "dora@example.org"
    assert "link" not in api.get("/api/invitations").json()["results"][0]
    token = sent["link"].split("/")[-2]
    body = {"username": "dora@example.org", "password": PASSWORD, "invitation": token}
    assert anonymous_api.post("/api/register", body).status_code == 201
    assert [row["role"] for row in api.get("/api/members").json()["results"]] == ["owner", "teammate"]


def test_accepting_with_an_account(api, stranger_api, workspace) -> None:
    token = api.post("/api/invitations", {"email": "charlie@example.org"}).json()["link"].split("/")[-2]
    joined = stranger_api.post("/api/invitations/accept", {"token": token}).json()
    assert joined == {"workspace_id": str(workspace.uuid), "name": "Café", "role": "teammate"}
    assert stranger_api.post("/api/invitations/accept", {"token": token}).status_code == 404


def test_a_key_from_birth_to_end(api) -> None:
    made = api.post("/api/api-keys", {"name": "Shop", "allow_list": ["127.0.0.1", "Shop.example.com"]}).json()
    assert made["allow_list"] == ["127.0.0.1", "shop.example.com"]
    program = Api({"Authorization": f"Api-Key {made['key']}"})
    assert program.get("/api/workspace").status_code == 200
    listed = api.get("/api/api-keys").json()["results"][0]
    assert "key" not in listed and listed["last_used_at"]
    assert api.patch(f"/api/api-keys/{made['id']}", {"allow_list": []}).json()["allow_list"] == []
    assert program.get("/api/workspace").status_code == 403
    assert api.delete(f"/api/api-keys/{made['id']}").status_code == 204
    assert program.get("/api/workspace").status_code == 401


@pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "soon"])
def test_a_key_expires_in_the_future_at_a_known_hour(api, expires_at) -> None:
    assert api.post("/api/api-keys", {"name": "x", "expires_at": expires_at}).status_code == 422


def test_an_editor_sees_the_team_but_not_the_keys(editor_api) -> None:
    assert editor_api.get("/api/members").status_code == 200
    for path in ("/api/api-keys", "/api/invitations"):
        assert editor_api.get(path).status_code == 403
    assert editor_api.patch("/api/workspace", {"name": "Mine"}).status_code == 403


def test_settings(api) -> None:
    assert api.patch("/api/workspace", {"auto_response": False}).json()["auto_response"] is False
    assert api.get("/api/workspace").json()["auto_response"] is False
    assert api.patch("/api/workspace", {"website": "nonsense"}).json()["errors"][0]["field"] == "website"
