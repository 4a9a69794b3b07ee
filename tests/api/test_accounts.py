"""Tokens, registering, one's own account, as a client sees them."""

import pytest

from tests.conftest import PASSWORD, Api


def test_a_token_pair_and_a_new_access_token(anonymous_api, alice, workspace) -> None:
    pair = anonymous_api.post("/api/token/", {"username": "alice@example.org", "password": PASSWORD}).json()
    assert set(pair) == {"refresh", "access"}
    fresh = anonymous_api.post("/api/token/refresh/", {"refresh": pair["refresh"]}).json()
    assert set(fresh) == {"access"}
    for access in (pair["access"], fresh["access"]):
        assert Api({"Authorization": f"Bearer {access}"}).get("/api/me").json()["email"] == "alice@example.org"


@pytest.mark.parametrize("body", [{"refresh": "nonsense"}, {"refresh": ""}, {}])
def test_a_bad_refresh_token(anonymous_api, body) -> None:
    assert anonymous_api.post("/api/token/refresh", body).status_code in {401, 422}


def test_a_wrong_password_is_401(anonymous_api, alice) -> None:
    response = anonymous_api.post("/api/token", {"username": "alice@example.org", "password": "wrong"})
    assert (response.status_code, response.json()["code"]) == (401, "WRONG_PASSWORD")


def test_register_then_use(anonymous_api) -> None:
    body = {"username": "dora", "password": PASSWORD}
    response = anonymous_api.post("/api/register/", body)
    assert (response.status_code, response.json()["message"]) == (201, "User registered successfully.")
    access = anonymous_api.post("/api/token", body).json()["access"]
    (mine,) = Api({"Authorization": f"Bearer {access}"}).get("/api/me").json()["workspaces"]
    assert mine["role"] == "owner"


def test_register_refuses_cleanly(anonymous_api, alice) -> None:
    taken = anonymous_api.post("/api/register", {"username": "alice@example.org", "password": PASSWORD})
    assert (taken.status_code, taken.json()["code"]) == (409, "USERNAME_TAKEN")
    weak = anonymous_api.post("/api/register", {"username": "dora", "password": "123"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")


def test_a_new_password_ends_old_tokens(api, alice) -> None:
    body = {"old_password": PASSWORD, "new_password": "another good password"}
    pair = api.post("/api/me/password", body).json()
    assert api.get("/api/me").status_code == 401
    assert Api({"Authorization": f"Bearer {pair['access']}"}).get("/api/me").status_code == 200


def test_signing_out_everywhere(api) -> None:
    assert api.post("/api/me/sign-out-everywhere").status_code == 204
    assert api.get("/api/me").status_code == 401


def test_a_second_business(api) -> None:
    response = api.post("/api/workspaces", {"name": "Second"})
    assert response.status_code == 201
    names = [row["name"] for row in api.get("/api/workspaces").json()["results"]]
    assert names == ["Café", "Second"]


def test_registering_is_counted_by_where_it_comes_from(anonymous_api, settings) -> None:
    settings.SIGN_UPS_PER_HOUR = 1
    assert anonymous_api.post("/api/register", {"username": "dora", "password": PASSWORD}).status_code == 201
    refused = anonymous_api.post("/api/register", {"username": "emil", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert int(refused["Retry-After"]) > 60
