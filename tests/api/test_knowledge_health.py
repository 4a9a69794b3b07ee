"""Health of knowledge, questions without an answer, and the tables of spreadsheets, as resources."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.insights.unanswered.models import QuestionGroup, UnansweredQuestion
from tests.conftest import Api
from tests.ground.rows import make_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def base(key_api: Api) -> str:
    made = key_api.post("/api/knowledge-bases/", {"name": "House", "retrieval_method": "sparse", "reranking_enabled": False})
    return f"/api/knowledge-bases/{made.json()['uuid']}"


@pytest.fixture
def two_prices(key_api: Api, base: str) -> str:
    for title, price in (("Old", 12), ("New", 14)):
        key_api.post(f"{base}/sources/", {"title": title, "text": f"Breakfast costs {price} € for every guest."})
    learn()
    assert key_api.post(f"{base}/health/check/").json()["busy"]
    learn()
    return base


def learn() -> None:
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED).order_by("id")):
        for row in waiting:
            jobs.run(row.pk)


def book(*rows: list[Any]) -> SimpleUploadedFile:
    made, file = openpyxl.Workbook(), io.BytesIO()
    made.active.title = "Menu"
    for row in rows:
        made.active.append(row)
    made.save(file)
    return SimpleUploadedFile("prices.xlsx", file.getvalue())


def test_findings_are_listed_called_fine_and_shown_again(key_api, two_prices) -> None:
    health = key_api.get(f"{two_prices}/health").json()
    assert (health["counts"], health["busy"], health["not_compared"]) == ({"contradicting": 1}, False, 0)
    assert health["checked_at"]
    for address in (f"{two_prices}/findings", "/api/findings", "/api/findings?kind=contradicting"):
        [found] = key_api.get(address).json()["results"]
    assert (found["kind"], found["code"], found["number"]) == ("contradicting", "money", 1)
    assert f"/api/knowledge-bases/{found['kb_uuid']}" == two_prices
    [example] = found["examples"]
    assert {example["text"], example["other_text"]} == {f"Breakfast costs {price} € for every guest." for price in (12, 14)}
    path = f"/api/findings/{found['uuid']}/"
    fine = key_api.patch(path, {"dismissed": True}).json()
    assert (fine["dismissed_by"] != "", fine["dismissed_at"] is None) == (True, False)
    assert key_api.get("/api/findings").json()["count"] == 0
    assert key_api.get("/api/findings?dismissed=true").json()["count"] == 1
    assert key_api.patch(path, {"dismissed": False}).json()["dismissed_at"] is None


def test_when_a_file_is_old_is_chosen(key_api, base) -> None:
    assert key_api.get(f"{base}/health").json()["old_after"] == 12
    assert key_api.patch(f"{base}/health", {"old_after": 24}).json()["old_after"] == 24
    assert key_api.patch(f"{base}/health", {"old_after": 121}).status_code == 422
    assert key_api.get("/api/findings?kind=old").status_code == 422


def test_a_question_without_an_answer_gets_one(key_api, base, workspace, in_workspace) -> None:
    group = make_row(QuestionGroup, workspace)
    for text in ("Do you take dogs?", "Are dogs welcome?"):
        message = make_row(UnansweredQuestion._meta.get_field("message").related_model, workspace, text=text)
        UnansweredQuestion.objects.create(workspace=workspace, group=group, message=message, asked_at=timezone.now())
    [listed] = key_api.get("/api/unanswered-questions").json()["results"]
    assert (listed["uuid"], listed["question"], listed["times"]) == (str(group.uuid), "Are dogs welcome?", 2)
    path = f"/api/unanswered-questions/{group.uuid}/"
    assert key_api.patch(path, {"dismissed": True}).json()["dismissed_at"]
    assert key_api.get("/api/unanswered-questions?state=dismissed").json()["count"] == 1
    body, answer = {"answer": "Yes, on a leash."}, f"{base}/unanswered-questions/{group.uuid}/answer/"
    made = key_api.post(answer, body)
    assert (made.status_code, made.json()["kind"], made.json()["name"]) == (201, "answer", "Are dogs welcome?")
    learn()
    [asked_again] = [
        row for state in ("open", "answered") for row in key_api.get(f"/api/unanswered-questions?state={state}").json()["results"]
    ]
    assert asked_again["answer_id"] == made.json()["id"]
    assert asked_again["answered_at"] or asked_again["missed_at"]
    assert key_api.post(answer, {"answer": " "}).status_code == 422
    assert key_api.post("/api/unanswered-questions/collect/").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_tables_and_what_a_newer_file_changed(key_api, base) -> None:
    file = book(["Dish", "Price"], ["Soup", 4.5], ["Salad", 6])
    source = key_api.upload(f"{base}/sources/", {"file": file}).json()["id"]
    learn()
    [table] = key_api.get(f"/api/sources/{source}/tables/").json()["results"]
    assert [(column["label"], column["type"]) for column in table["columns"]] == [("Dish", "text"), ("Price", "decimal")]
    assert (table["sheet"], table["row_count"], table["first_row"], table["last_row"]) == ("Menu", 2, 1, 3)
    assert [row[:2] for row in table["head"]] == [[2, "Soup"], [3, "Salad"]]
    changes = f"/api/sources/{source}/table-changes/"
    assert key_api.get(changes).json() == {"changed_at": None, "changes": []}
    newer = book(["Dish", "Price"], ["Soup", 4.9], ["Salad", 6], ["Cake", 3])
    key_api.upload(f"/api/sources/{source}/file/", {"file": newer})
    learn()
    [change] = key_api.get(changes).json()["changes"]
    assert (change["table"], change["kind"], change["rows_added"], change["rows_changed"]) == ("Menu", "changed", 1, 1)
    [value] = change["changed"]
    assert (value["key"], value["column"]) == ("Soup", "Price")
    text = key_api.post(f"{base}/sources/", {"title": "Hours", "text": "From eight."}).json()["id"]
    assert key_api.get(f"/api/sources/{text}/tables").json()["count"] == 0
