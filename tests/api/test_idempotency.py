"""Idempotency-Key: the work is done once, the reply is the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from frontdesk.core.models import StoredReply
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces.models import ApiKey, Invitation, User

KEY = {"idempotency_key": "one"}


def test_the_same_request_gets_the_stored_reply(api) -> None:
    first = api.post("/api/invitations", {"email": "x@example.org"}, **KEY)
    again = api.post("/api/invitations", {"email": "x@example.org"}, **KEY)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
    with unscoped():
        assert Invitation.objects.count() == 1


def test_another_body_is_a_conflict(api) -> None:
    api.post("/api/invitations", {"email": "x@example.org"}, **KEY)
    response = api.post("/api/invitations", {"email": "y@example.org"}, **KEY)
    assert (response.status_code, response.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_another_address_is_a_conflict(api) -> None:
    api.post("/api/invitations", {"email": "x@example.org"}, **KEY)
    assert api.post("/api/api-keys", {"email": "x@example.org", "name": "x"}, **KEY).status_code == 409


def test_keys_of_others_are_others(api, stranger_api, key_api) -> None:
    for client, status in ((api, 201), (stranger_api, 201), (key_api, 403)):
        assert client.post("/api/invitations", {"email": "x@example.org"}, **KEY).status_code == status


def test_a_refusal_is_kept_too(api) -> None:
    assert api.post("/api/invitations", {"email": "nonsense"}, **KEY).status_code == 422
    assert api.post("/api/invitations", {"email": "nonsense"}, **KEY).status_code == 422
    assert StoredReply.objects.get().status == 422


def test_a_fault_of_ours_may_be_tried_again(api, monkeypatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("frontdesk.workspaces.actions.invite", lambda *args: 1 / 0)
        assert api.post("/api/invitations", {"email": "x@example.org"}, **KEY).status_code == 500
    assert api.post("/api/invitations", {"email": "x@example.org"}, **KEY).status_code == 201


def test_a_stored_secret_is_not_readable_in_the_database(api) -> None:
    key = api.post("/api/api-keys", {"name": "Shop"}, **KEY).json()["key"]
    assert key not in str(list(StoredReply.objects.values()))
    assert api.post("/api/api-keys", {"name": "Shop"}, **KEY).json()["key"] == key
    with unscoped():
        assert ApiKey.objects.count() == 1


def test_who_has_no_credential_yet_may_use_it(anonymous_api) -> None:
    body = {"username": "dora", "password": "correct horse battery"}
    first, again = (anonymous_api.post("/api/register", body, **KEY) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert User.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(api, key) -> None:
    assert api.post("/api/invitations", {"email": "x@example.org"}, idempotency_key=key).status_code == 400


def test_reading_takes_no_keys(api) -> None:
    assert api.get("/api/members", **KEY).status_code == 200
    assert not StoredReply.objects.exists()


def test_a_request_at_work_is_not_done_twice_and_one_whose_process_died_is_soon_done_again(api) -> None:
    body = {"email": "x@example.org"}
    api.post("/api/invitations", body, **KEY)
    StoredReply.objects.update(status=None, body=None, lease_until=timezone.now() + timedelta(seconds=15))
    busy = api.post("/api/invitations", body, **KEY)
    assert (busy.status_code, busy.json()["code"]) == (409, "IN_PROGRESS")
    StoredReply.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert api.post("/api/invitations", {**body, "email": "y@example.org"}, **KEY).status_code == 409
    again = api.post("/api/invitations", body, **KEY)
    assert (again.status_code, StoredReply.objects.get().status) == (201, 201)


def test_who_works_on_a_request_keeps_its_claim(api, monkeypatch) -> None:
    held = {}
    monkeypatch.setattr("frontdesk.core.leases.hold", lambda what, seconds, extend: held.update({what: (seconds, extend)}))
    api.post("/api/invitations", {"email": "x@example.org"}, **KEY)
    [(seconds, extend)] = held.values()
    StoredReply.objects.update(status=None, lease_until=timezone.now())
    extend()
    assert StoredReply.objects.get().lease_until > timezone.now() + timedelta(seconds=seconds / 2)
