"""Who gets in, and with whose rows in scope."""

import pytest
from django.test import AsyncRequestFactory
from ninja import Router

from frontdesk.core.scoping import get_scope, scope
from frontdesk.core.threads import in_thread
from frontdesk.surfaces.api.app import FrontdeskAPI, around
from frontdesk.surfaces.api.auth import WORKSPACE, ApiRequest
from frontdesk.workspaces import actions, credentials
from frontdesk.workspaces.keys import Place
from frontdesk.workspaces.models import Membership
from tests.conftest import Api, bearer


def test_the_only_workspace_needs_no_header(alice, workspace) -> None:
    assert Api(bearer(alice)).get("/api/workspace").json()["name"] == "Café"


def test_several_workspaces_need_the_header(alice, workspace, other_workspace) -> None:
    with scope(workspace=other_workspace):
        Membership.objects.create(workspace=other_workspace, user=alice, role="viewer")
    response = Api(bearer(alice)).get("/api/workspace")
    assert (response.status_code, response.json()["code"]) == (400, "WORKSPACE_REQUIRED")
    assert Api(bearer(alice, other_workspace)).get("/api/workspace").json()["name"] == "Garage"
    assert Api(bearer(alice)).get("/api/workspaces").json()["count"] == 2


def test_a_key_has_its_workspace_whatever_the_header_says(raw_key, workspace, other_workspace) -> None:
    api = Api({"Authorization": f"Api-Key {raw_key}", "X-Workspace-ID": str(other_workspace.uuid)})
    assert api.get("/api/workspace").json()["workspace_id"] == str(workspace.uuid)


def test_a_key_may_come_as_a_bearer(raw_key, workspace) -> None:
    assert Api({"Authorization": f"Bearer {raw_key}"}).get("/api/workspace").status_code == 200


def test_a_key_from_elsewhere_is_told_where_it_was(owner, in_workspace) -> None:
    raw = actions.create_api_key(owner, "Shop", ["shop.example.com"])[1]
    api = Api({"Authorization": f"Api-Key {raw}"})
    refused = api.get("/api/workspace", x_forwarded_for="shop.example.com")
    assert (refused.status_code, refused.json()["code"]) == (403, "PLACE_NOT_ALLOWED")
    assert "127.0.0.1" in refused.json()["message"]
    assert api.get("/api/workspace", origin="https://shop.example.com").status_code == 200


def test_a_key_is_no_person(key_api) -> None:
    assert key_api.get("/api/me").status_code == 401
    assert key_api.get("/api/api-keys").status_code == 403


def test_nothing_stays_in_scope(api) -> None:
    api.get("/api/members")
    api.post("/api/invitations", {})
    assert "workspace" not in get_scope()


@pytest.mark.django_db(transaction=True)
async def test_an_asynchronous_operation_has_actor_and_scope(alice, workspace) -> None:
    seen = {}
    router = Router()

    @router.get("/look")
    async def look(request: ApiRequest) -> dict:
        members = await in_thread(lambda: list(Membership.objects.values_list("user__email", flat=True)))
        seen.update(scope=get_scope().get("workspace"), actor=request.actor)
        return {"members": members}

    small = FrontdeskAPI(urls_namespace="small", openapi_url=None, docs_url=None, auth=WORKSPACE)
    small.add_decorator(around, mode="view")
    small.add_router("", router)
    (view,) = [entry.callback for entry in small.urls[0] if entry.name == "look"]
    response = await view(AsyncRequestFactory().get("/look", headers=bearer(alice)))
    assert response.status_code == 200 and b"alice@example.org" in response.content
    assert seen["scope"] == workspace and seen["actor"].user == alice
    assert "workspace" not in get_scope()


def test_actor_of_an_unknown_scheme_is_nobody(db) -> None:
    assert credentials.actor("Basic YTpi", workspace_id=None, place=Place()) is None
