"""GET /api/health, with no, a good and a bad credential; and readiness for operators."""

import pytest

from frontdesk.core import heartbeat


def test_without_a_credential_it_is_ok(anonymous_api) -> None:
    assert anonymous_api.get("/api/health").json() == {"status": "ok"}


def test_with_a_token_it_says_who(api, alice, workspace) -> None:
    said = {"status": "ok", "user_id": str(alice.uuid), "workspace_id": str(workspace.uuid)}
    assert api.get("/api/health/").json() == said


def test_with_a_key_it_says_which_workspace(key_api, workspace) -> None:
    assert key_api.get("/api/health").json() == {"status": "ok", "user_id": None, "workspace_id": str(workspace.uuid)}


@pytest.mark.parametrize("credential", ["Bearer nonsense", "Bearer", "Api-Key nonsense", "Api-Key", "Basic YTpi", ""])
def test_a_bad_credential_is_refused(anonymous_api, credential) -> None:
    response = anonymous_api.get("/api/health", authorization=credential)
    assert response.status_code == 401
    assert response.json()["code"] in {"TOKEN_INVALID", "API_KEY_INVALID", "NOT_AUTHENTICATED"}


def test_ready_says_which_part_is_missing(anonymous_api) -> None:
    response = anonymous_api.get("/api/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "degraded", "database": True, "valkey": True, "worker": False}


def test_ready_when_a_worker_beats(anonymous_api) -> None:
    heartbeat.beat()
    assert anonymous_api.get("/api/health/ready").json()["status"] == "ok"
