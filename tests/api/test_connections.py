"""Places of a knowledge base over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import BaseModel, Field, SecretStr

from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions as plugins
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import LoadedItem, SourceLoader
from frontdesk.sdk.manifest import Permissions
from frontdesk.workspaces.models import Membership
from tests.conftest import Api, bearer
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)
SEES = Permissions(data=("knowledge",))


class WikiSettings(BaseModel):
    space: str = Field(title="Space", max_length=40)
    token: SecretStr = Field(SecretStr(""), title="Token")


class Wiki(SourceLoader):
    slug, label = "wiki", "Wiki"
    config_model = WikiSettings
    problem: ClassVar[str] = ""

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        if self.problem:
            raise LoaderError(self.problem)
        for name in ("Dogs", "Cats"):
            yield LoadedItem(name, name, f"{name} are welcome in {context.settings.space}.", url=f"https://wiki.example/{name}")


@pytest.fixture
def places(owner: Any, api: Any, install: Any, settings: Any, tmp_path: Any, monkeypatch: Any) -> str:
    """Where the café's base has its places."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(Wiki, "problem", "")
    install(module("wiki", permissions=SEES, hooks={"register_loaders": lambda: [Wiki]}))
    with scope(workspace=owner.workspace):
        plugins.turn_on(owner, "wiki", agreed=SEES)
    return f"/api/knowledge-bases/{api.post('/api/knowledge-bases', {'name': 'Menu'}).json()['uuid']}/connections"


def work() -> None:
    for job in Job.objects.filter(state=Job.State.QUEUED).order_by("pk"):
        core_jobs.run(job.pk)


def test_a_place_is_tried_connected_looked_at_changed_and_disconnected(api, places) -> None:
    loaders = {loader["slug"]: loader for loader in api.get("/api/source-loaders").json()}
    assert set(loaders["wiki"]["settings_schema"]["properties"]) == {"space", "token"}
    wanted = {"loader": "wiki", "settings": {"space": "the café", "token": "hush"}}
    assert [found["name"] for found in api.post(f"{places}/test", wanted).json()] == ["Dogs", "Cats"]
    made = api.post(places, {**wanted, "name": "Our wiki", "interval": "PT2H"})
    assert made.status_code == 201, made.content
    place = made.json()
    assert (place["status"], place["secrets"], place["interval"], place["forgets"]) == ("looking", ["token"], "2:00:00", True)
    assert b"hush" not in made.content
    work()
    work()
    place = api.get(f"/api/connections/{place['uuid']}").json()
    assert (place["status"], place["items"], place["result"]["added"]) == ("fresh", 2, 2)
    changed = api.patch(f"/api/connections/{place['uuid']}", {"settings": {"space": "the garden"}, "interval": None}).json()
    assert (changed["settings"], changed["secrets"], changed["interval"]) == ({"space": "the garden"}, ["token"], None)
    assert api.post(f"/api/connections/{place['uuid']}/cancel").status_code == 202
    assert api.post(f"/api/connections/{place['uuid']}/cancel").status_code == 409
    assert api.post(f"/api/connections/{place['uuid']}/refresh").status_code == 202
    work()
    assert [one["result"]["changed"] for one in api.get(places).json()] == [2]
    assert api.delete(f"/api/connections/{place['uuid']}?keep=false").status_code == 204
    work()
    assert api.get(places).json() == []
    assert api.get(places.replace("connections", "sources")).json()["count"] == 0


def test_what_is_wrong_is_told_beside_its_field(api, places, monkeypatch) -> None:
    missing = api.post(places, {"loader": "wiki", "settings": {}})
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "space")
    assert api.post(places, {"loader": "nothing", "settings": {}}).json()["code"] == "UNKNOWN_LOADER"
    assert api.post(places, {"loader": "wiki", "settings": {"space": "a"}, "interval": "PT1M"}).status_code == 422
    monkeypatch.setattr(Wiki, "problem", "The wiki is locked. Ask its owner.")
    tried = api.post(f"{places}/test", {"loader": "wiki", "settings": {"space": "a"}})
    assert (tried.status_code, tried.json()["message"]) == (422, "The wiki is locked. Ask its owner.")
    place = api.post(places, {"loader": "wiki", "settings": {"space": "a"}}).json()
    work()
    place = api.get(f"/api/connections/{place['uuid']}").json()
    assert (place["status"], place["problem"]) == ("problem", "The wiki is locked. Ask its owner.")


def test_a_place_belongs_to_its_workspace(api, stranger_api, places) -> None:
    place = api.post(places, {"loader": "wiki", "settings": {"space": "a"}}).json()["uuid"]
    assert api.get(f"/api/connections/{uuid4()}").status_code == 404
    for call in (stranger_api.get, stranger_api.delete):
        assert call(f"/api/connections/{place}").status_code == 404
    assert stranger_api.get(places).status_code == 404
    assert "wiki" not in {loader["slug"] for loader in stranger_api.get("/api/source-loaders").json()}


def test_a_key_may_connect_and_a_viewer_may_only_look(key_api, places, bob, workspace) -> None:
    wanted = {"loader": "wiki", "settings": {"space": "a"}}
    assert key_api.post(places, wanted).status_code == 201
    with scope(workspace=workspace):
        Membership.objects.filter(user=bob).update(role="viewer")
    viewer = Api(bearer(bob, workspace))
    assert len(viewer.get(places).json()) == 1
    assert {viewer.post(path, wanted).status_code for path in (places, f"{places}/test")} == {403}


def test_settings_take_no_nul(api, places) -> None:
    assert api.post(places, {"loader": "wiki", "settings": {"space": "a\x00b"}}).status_code == 400
