"""Knowledge over REST: bases, sources of every kind, searching, and the runtime document's ingest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.knowledge.models import KnowledgeBase, Source

pytestmark = pytest.mark.django_db(transaction=True)
HOURS = "We are open from eight to six. On Sunday we are closed."


@pytest.fixture
def base(key_api) -> str:
    return key_api.post("/api/knowledge-bases/", {"name": "House"}).json()["uuid"]


@pytest.fixture
def agent(owner, in_workspace) -> Any:
    return agents.create_agent(owner, AgentContent(name="Mila"), live=True)


def learn() -> None:
    for row in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(row.pk)


def text_file(name: str = "hours.txt", content: bytes = HOURS.encode()) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/plain")


def test_a_base_is_made_changed_listed_and_deleted(key_api) -> None:
    made = key_api.post("/api/knowledge-bases/", {"name": "House", "chunk_size": 256})
    assert made.status_code == 201
    body = made.json()
    assert (body["chunk_size"], body["retrieval_method"], body["update_interval"], body["files_count"]) == (
        256,
        "hybrid",
        "1:00:00",
        0,
    )
    path = f"/api/knowledge-bases/{body['uuid']}/"
    assert key_api.patch(path, {"top_k": 7}).json()["top_k"] == 7
    assert key_api.get("/api/knowledge-bases/").json()["count"] == 1
    assert key_api.delete(path).status_code == 204
    assert key_api.get(path).status_code == 404


def test_a_text_is_learned_and_found(key_api, base) -> None:
    made = key_api.post(f"/api/knowledge-bases/{base}/sources/", {"title": "Hours", "text": HOURS})
    assert (made.status_code, made.json()["status"]) == (201, "waiting")
    learn()
    source = key_api.get(f"/api/sources/{made.json()['id']}/").json()
    assert (source["status"], source["passages"], source["problem"]) == ("ready", 1, "")
    found = key_api.post(f"/api/knowledge-bases/{base}/search/", {"query": "Are you open on Sunday?", "k": 3}).json()
    passage = found["passages"][0]
    assert "On Sunday we are closed." in passage["text"]
    assert (passage["source"], passage["source_id"]) == ("Hours", source["id"])
    assert set(passage["scores"]) == {"words", "ngrams", "meaning"}
    assert 0.5 < found["confidence"] <= 1


def test_a_file_is_taken_by_the_same_address(key_api, base) -> None:
    made = key_api.upload(f"/api/knowledge-bases/{base}/sources/", {"file": text_file()})
    assert (made.status_code, made.json()["kind"], made.json()["name"]) == (201, "file", "hours.txt")


def test_a_file_that_cannot_be_read_says_why_and_others_go_on(key_api, base) -> None:
    bad = key_api.upload(f"/api/knowledge-bases/{base}/sources/", {"file": text_file("broken.pdf", b"%PDF-1.7 nothing more")})
    good = key_api.upload(f"/api/knowledge-bases/{base}/sources/", {"file": text_file()})
    learn()
    problem = key_api.get(f"/api/sources/{bad.json()['id']}").json()
    assert problem["status"] == "failed"
    assert problem["problem"].endswith(".")
    assert key_api.get(f"/api/sources/{good.json()['id']}").json()["status"] == "ready"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"title": "Nothing"}, 422), ({"url": "http://127.0.0.1/"}, 422), ({"url": "file:///etc/passwd"}, 422), ([], 422)],
)
def test_bad_sources_are_refused_and_leave_nothing(key_api, base, body, status) -> None:
    answer = key_api.post(f"/api/knowledge-bases/{base}/sources", body)
    if answer.status_code == 201:  # a private address is found out when it is fetched
        learn()
        assert key_api.get(f"/api/sources/{answer.json()['id']}").json()["problem_code"] == "FETCH_REFUSED"
    else:
        assert answer.status_code == status
        assert Source._base_manager.count() == 0


def test_ingest_teaches_the_agent_itself(key_api, agent) -> None:
    data = {
        "agent_id": str(agent.uuid),
        "source_type": "file",
        "file": text_file(),
        "metadata": json.dumps({"source_name": "Hours"}),
    }
    answer = key_api.upload("/api/v1/knowledge/ingest", data)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    message = {"text_content": "The cake is vegan.", "source_name": "Feedback", "sentiment_expected": "Positive"}
    data = {"agent_id": str(agent.uuid), "source_type": "message", "metadata": json.dumps(message)}
    assert key_api.upload("/api/v1/knowledge/ingest/", data).status_code == 202
    own = KnowledgeBase._base_manager.get()
    assert own.agent_id == agent.pk
    kinds = {source.kind: source.metadata for source in Source._base_manager.all()}
    assert set(kinds) == {"file", "message"}
    assert kinds["message"]["sentiment_expected"] == "Positive"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"source_type": "novel"}, 422),
        ({"agent_id": "nobody"}, 422),
        ({"agent_id": "00000000-0000-0000-0000-000000000000"}, 404),
        ({"metadata": "{not json"}, 422),
        ({"metadata": "[]"}, 422),
        ({"metadata": "{}"}, 422),
    ],
)
def test_a_bad_ingest_is_refused_and_leaves_nothing(key_api, agent, change, status) -> None:
    data = {"agent_id": str(agent.uuid), "source_type": "message", "metadata": json.dumps({"text_content": "x"}), **change}
    assert key_api.upload("/api/v1/knowledge/ingest", data).status_code == status
    assert KnowledgeBase._base_manager.count() == 0


def test_an_upload_over_the_limit_is_too_large(key_api, base, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    answer = key_api.upload(f"/api/knowledge-bases/{base}/sources", {"file": text_file(content=b"x" * 2000)})
    assert answer.status_code == 413
