"""The cast: Alice owns the café, Bob helps her as an editor, Charlie owns the garage. Nothing of Charlie's exists for Alice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_hashing(settings: Any) -> None:
    """Hashing is slow on purpose; tests sign in many times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@lru_cache(maxsize=1)
def hashed_password() -> str:
    """Made once a run."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def make_user(email: str, first_name: str) -> Any:
    from frontdesk.workspaces.models import User

    return User.objects.create(email=email, first_name=first_name, password=hashed_password())


@pytest.fixture
def alice(db: None) -> Any:
    """Owns the café."""
    return make_user("alice@example.org", "Alice")


@pytest.fixture
def charlie(db: None) -> Any:
    """Owns the garage, and has nothing to do with the café."""
    return make_user("charlie@example.org", "Charlie")


@pytest.fixture
def workspace(alice: Any) -> Any:
    """Workspace A: Alice's café, with its starting credits."""
    from frontdesk.workspaces.accounts import create_workspace

    return create_workspace(alice, "Café")


@pytest.fixture
def other_workspace(charlie: Any) -> Any:
    """Workspace B: Charlie's garage."""
    from frontdesk.workspaces.accounts import create_workspace

    return create_workspace(charlie, "Garage")


@pytest.fixture
def bob(db: None, workspace: Any) -> Any:
    """Helps Alice as an editor."""
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.models import Membership, Role

    user = make_user("bob@example.org", "Bob")
    with scope(workspace=workspace):
        Membership.objects.create(workspace=workspace, user=user, role=Role.EDITOR)
    return user


@pytest.fixture
def in_workspace(workspace: Any) -> Iterator[Any]:
    """The café is in scope while the test runs."""
    from frontdesk.core.scoping import scope

    with scope(workspace=workspace):
        yield workspace


@pytest.fixture
def owner(alice: Any, workspace: Any) -> Any:
    """Alice, acting in her café."""
    from frontdesk.workspaces.credentials import member

    return member(alice, str(workspace.uuid))


@pytest.fixture
def editor(bob: Any, workspace: Any) -> Any:
    """Bob, acting in the café."""
    from frontdesk.workspaces.credentials import member

    return member(bob, str(workspace.uuid))


@pytest.fixture
def stranger(charlie: Any, other_workspace: Any) -> Any:
    """Charlie, acting in his garage."""
    from frontdesk.workspaces.credentials import member

    return member(charlie, str(other_workspace.uuid))


@dataclass
class Api:
    """A client of the API with a credential. Gives Django's response; `.json()` reads its body."""

    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """`body` goes out as JSON; `headers` as `idempotency_key="…"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, path, headers={**self.headers, **named}, **content)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.request("DELETE", path, **headers)

    def upload(self, path: str, data: dict[str, Any], **headers: str) -> HttpResponse:
        """A multipart form; values may be open files."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, data, headers={**self.headers, **named})


def bearer(user: Any, workspace: Any = None) -> dict[str, str]:
    """The headers of a person in a workspace."""
    from frontdesk.workspaces import tokens

    named = {"X-Workspace-ID": str(workspace.uuid)} if workspace else {}
    return {"Authorization": f"Bearer {tokens.issue(user, 'access')}", **named}


@pytest.fixture
def anonymous_api(db: None) -> Api:
    """No credential."""
    return Api()


@pytest.fixture
def api(alice: Any, workspace: Any) -> Api:
    """Alice, by token."""
    return Api(bearer(alice, workspace))


@pytest.fixture
def editor_api(bob: Any, workspace: Any) -> Api:
    """Bob, by token."""
    return Api(bearer(bob, workspace))


@pytest.fixture
def stranger_api(charlie: Any, other_workspace: Any) -> Api:
    """Charlie, by token."""
    return Api(bearer(charlie, other_workspace))


@pytest.fixture
def raw_key(owner: Any) -> str:
    """An API key of the café, good from this machine."""
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.actions import create_api_key

    with scope(workspace=owner.workspace):
        return create_api_key(owner, "Tests", ["127.0.0.1"])[1]


@pytest.fixture
def key_api(raw_key: str) -> Api:
    """A program with the café's key."""
    return Api({"Authorization": f"Api-Key {raw_key}"})
