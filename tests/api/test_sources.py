"""Sources, passages and channels as resources."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.knowledge.models import Source
from tests.conftest import Api

HOURS = "We are open from eight to six."


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def base(key_api: Api) -> str:
    return key_api.post("/api/knowledge-bases/", {"name": "House"}).json()["uuid"]


def added(api: Api, base: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/api/knowledge-bases/{base}/sources/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def learn() -> None:
    for row in Job.objects.filter(state=Job.State.QUEUED).order_by("id"):
        jobs.run(row.pk)


@pytest.mark.django_db(transaction=True)
def test_passages_are_read_changed_left_out_and_restored(key_api, base) -> None:
    source = added(key_api, base, title="Hours", text=HOURS)
    learn()
    listed = key_api.get(f"/api/sources/{source['id']}/passages/").json()
    [passage] = listed["results"]
    assert (listed["count"], passage["text"], passage["original"], passage["excluded"]) == (1, HOURS, "", False)
    path = f"/api/passages/{passage['id']}/"
    changed = key_api.patch(path, {"text": "We never close.", "excluded": True})
    assert changed.status_code == 200, changed.content
    assert changed.json() | {"text": "We never close.", "original": HOURS, "excluded": True} == changed.json()
    early = key_api.patch(path, {"text": "Once more."})
    assert (early.status_code, early.json()["code"]) == (409, "SOURCE_NOT_READY")
    learn()
    assert key_api.post(f"{path}restore/").json()["text"] == HOURS
    assert key_api.get(f"/api/sources/{source['id']}/passages?which=excluded").json()["count"] == 1
    assert key_api.patch(path, {"text": " "}).status_code in {409, 422}


@pytest.mark.django_db
def test_a_file_is_read_back_and_replaced(key_api, base) -> None:
    file = SimpleUploadedFile("hours.txt", HOURS.encode())
    made = key_api.upload(f"/api/knowledge-bases/{base}/sources/", {"file": file}).json()
    path = f"/api/sources/{made['id']}/file/"
    assert key_api.get(path).content == HOURS.encode()
    replaced = key_api.upload(path, {"file": SimpleUploadedFile("new.txt", b"We never close.")})
    assert (replaced.status_code, replaced.json()["id"], replaced.json()["name"]) == (202, made["id"], "new.txt")
    assert key_api.get(path).content == b"We never close."
    text = added(key_api, base, title="Hours", text=HOURS)
    assert key_api.get(f"/api/sources/{text['id']}/file/").status_code == 404


@pytest.mark.django_db
def test_a_source_is_changed_as_its_kind_allows(key_api, base) -> None:
    answer = added(key_api, base, question="Are you open?", answer="Every day.")
    link = added(key_api, base, url="https://example.com/", title="Home")
    assert (answer["kind"], answer["name"]) == ("answer", "Are you open?")
    changed = key_api.patch(f"/api/sources/{answer['id']}/", {"text": "Always.", "metadata": {"by": "Ana"}})
    assert (changed.status_code, changed.json()["metadata"]) == (200, {"by": "Ana"})
    assert key_api.patch(f"/api/sources/{link['id']}/", {"url": "https://example.com/new"}).json()["url"].endswith("/new")
    assert key_api.patch(f"/api/sources/{link['id']}/", {"text": "No."}).status_code == 422
    assert key_api.patch(f"/api/sources/{answer['id']}/", {"url": "https://example.com/"}).status_code == 422
    kinds = key_api.get(f"/api/knowledge-bases/{base}/sources?kind=link").json()
    assert [each["id"] for each in kinds["results"]] == [link["id"]]


@pytest.mark.django_db
def test_many_at_once_and_nothing_of_another_base(key_api, stranger_api, base) -> None:
    other = key_api.post("/api/knowledge-bases/", {"name": "Other"}).json()["uuid"]
    theirs = stranger_api.post("/api/knowledge-bases/", {"name": "Garage"}).json()["uuid"]
    ids = [added(key_api, base, title=f"Text {number}", text=HOURS)["id"] for number in range(2)]
    ids += [added(client, where, title="Away", text=HOURS)["id"] for client, where in ((key_api, other), (stranger_api, theirs))]
    path = f"/api/knowledge-bases/{base}/sources/many/"

    def done(action: str, **more: Any) -> Any:
        return key_api.post(path, {"action": action, "ids": ids, **more})

    assert done("exclude").json() == {"changed": 2}
    assert key_api.get(f"/api/sources/{ids[0]}/").json()["excluded"] is True
    assert [done(action).json()["changed"] for action in ("include", "cancel", "retry")] == [2, 2, 2]
    assert done("move").status_code == 422 and done("move", move_to=theirs).status_code == 404
    assert done("move", move_to=other).json() == {"changed": 2}
    assert done("delete").json() == {"changed": 0}
    assert done("delete", ids=[2**63]).status_code == 422
    assert key_api.post(f"/api/knowledge-bases/{other}/pause/").json() == {"waiting": 3}
    assert key_api.post(f"/api/knowledge-bases/{other}/resume/").json() == {"waiting": 3}
    assert Source._base_manager.filter(deleted_at=None).count() == 4


@pytest.mark.django_db
def test_channels_are_made_read_changed_and_deleted(api, owner, in_workspace) -> None:
    agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    sent = {"kind": "widget", "agent_id": str(agent.uuid), "name": "Shop", "origins": ["https://shop.example"]}
    made = api.post("/api/channels/", sent)
    assert made.status_code == 201, made.content
    body = made.json()
    assert {key: body[key] for key in sent} == sent and body["public_key"].startswith("pk_")
    path = f"/api/channels/{body['uuid']}/"
    assert api.get("/api/channels/").json()["results"] == [body] and api.get(path).json() == body
    changed = api.patch(path, {"enabled": False, "name": "Old shop"}).json()
    assert (changed["enabled"], changed["name"], changed["origins"]) == (False, "Old shop", sent["origins"])
    assert api.post("/api/channels", sent | {"settings": {"theme": "x"}}).status_code == 422
    assert api.post("/api/channels", sent | {"kind": "fax", "origins": []}).status_code in {404, 422}
    assert api.post(f"{path}check/").status_code == 200
    assert (api.delete(path).status_code, api.get(path).status_code) == (204, 404)
