"""The builder document's knowledge endpoints (4–13, 26–37, 44, 45), with its own bodies and shapes."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.knowledge.models import Source
from tests.conftest import Api

pytestmark = pytest.mark.django_db
ANALYTICS = "/api/analytics"
BASE = f"{ANALYTICS}/knowledgebase"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HOURS = b"We are open from eight to six. On Sunday we are closed."
NOBODYS = "6f1c1a4e-0000-4000-8000-000000000000"
SETTINGS = {
    "update_interval": "1:00:00",
    "chunk_size": 512,
    "chunk_overlap": 32,
    "retrieval_method": "dense",
    "reranking_enabled": True,
    "top_k": 5,
    "top_k_after_reranking": 3,
    "sparse_weightage": 0.5,
}
FIELDS = {
    *("id", "uuid", "name", "created_at", "updated_at", "embedding_type"),
    *SETTINGS,
    *("files_count", "links_count", "excels_count"),
}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def kb(key_api: Api) -> dict[str, Any]:
    return key_api.post(f"{ANALYTICS}/create-knowledge-base/", {"name": "House", "description": "What we know."}).json()


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Agent:
    return agents.create_agent(owner, AgentContent(name="Mila"), live=True)


def text(name: str = "hours.txt", content: bytes = HOURS) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/plain")


def workbook(name: str = "file.xlsx", price: float = 2.5) -> SimpleUploadedFile:
    book = Workbook()
    for row in (["Drink", "Price"], ["Tea", price], ["Coffee", 3.0]):
        book.active.append(row)
    packed = BytesIO()
    book.save(packed)
    return SimpleUploadedFile(name, packed.getvalue())


def uploaded(api: Api, kb: dict[str, Any], file: Any = None, path: str = "upload") -> dict[str, Any]:
    answer = api.upload(f"{BASE}/{path}/", {"file": file or text(), "kb_uuid": kb["uuid"]})
    assert answer.status_code == 201, answer.content
    return answer.json()


def learn() -> None:
    """As the worker does, until nothing is left but to look again later."""
    for _turn in range(3):
        for row in Job.objects.filter(state=Job.State.QUEUED).order_by("id"):
            Job.objects.filter(pk=row.pk).update(run_after=None)
            jobs.run(row.pk)


def read_back(url: str) -> Any:
    """What somebody without a credential is given."""
    assert urlsplit(url).scheme in {"http", "https"} and urlsplit(url).netloc
    return Client().get(urlsplit(url).path)


def test_04_a_file_is_uploaded_and_can_be_read_back_by_its_address(api, kb) -> None:
    body = uploaded(api, kb, text("filename.pdf.txt"))
    assert set(body) == {"id", "name", "s3_url"}
    assert isinstance(body["id"], int) and body["name"] == "filename.pdf.txt"
    given = read_back(body["s3_url"])
    assert (given.status_code, given.content) == (200, HOURS)
    assert "attachment" in given["Content-Disposition"] and "filename.pdf.txt" in given["Content-Disposition"]
    assert read_back(body["s3_url"][:-1] + "x").status_code == 404, "a forged address"


def test_05_a_file_is_refreshed_in_its_place(api, kb) -> None:
    before = uploaded(api, kb)
    answer = api.upload(f"{BASE}/refresh/hours.txt/", {"file": text("whatever.txt", b"We never close.")})
    assert answer.status_code == 200
    assert answer.json() == {"message": "File refreshed", "filename": "hours.txt"}
    assert api.get(f"{BASE}/list/?kb_uuid={kb['uuid']}").json() == {"files": [{"id": before["id"], "name": "hours.txt"}]}
    assert read_back(before["s3_url"]).content == b"We never close.", "the address gives what is there now"
    assert api.upload(f"{BASE}/refresh/other.txt/", {"file": text()}).status_code == 404


@pytest.mark.parametrize(
    "name", ["Öffnungs zeiten 100%.txt", "ساعات العمل.txt", "a+b&c=d?#;.txt", "営業時間.TXT", "x" * 251 + ".txt"]
)
def test_05_any_file_name_can_stand_in_the_path(api, kb, name) -> None:
    made = uploaded(api, kb, text(name))
    assert made["name"] == name
    path = f"{BASE}/refresh/{quote(name, safe='')}/"
    answer = api.upload(path, {"file": text("x.txt", b"New.")})
    assert (answer.status_code, answer.json()["filename"]) == (200, name)


def test_05_folders_in_a_name_mean_nothing(api, kb) -> None:
    made = uploaded(api, kb, text("../../etc/passwd"))
    assert made["name"] == "passwd"
    answer = api.upload(f"{BASE}/refresh/..%2F..%2Fetc%2Fpasswd/", {"file": text("x.txt", b"New.")})
    assert (answer.status_code, answer.json()["filename"]) == (200, "passwd")


def test_05_of_the_same_name_twice_the_newest_is_refreshed_and_bases_must_be_told_apart(api, kb) -> None:
    first, second = uploaded(api, kb), uploaded(api, kb)
    assert first["id"] != second["id"]
    assert api.upload(f"{BASE}/refresh/hours.txt", {"file": text(content=b"New.")}).status_code == 200
    assert [read_back(each["s3_url"]).content for each in (first, second)] == [HOURS, b"New."]
    other = api.post(f"{ANALYTICS}/create-knowledge-base", {"name": "Other"}).json()
    third = uploaded(api, other)
    unclear = api.upload(f"{BASE}/refresh/hours.txt", {"file": text(content=b"Newer.")})
    assert (unclear.status_code, unclear.json()["code"]) == (409, "NAME_IN_SEVERAL_BASES")
    told = api.upload(f"{BASE}/refresh/hours.txt", {"file": text(content=b"Newer."), "kb_uuid": other["uuid"]})
    assert (told.status_code, read_back(third["s3_url"]).content) == (200, b"Newer.")


def test_06_files_are_listed(api, key_api, kb) -> None:
    made = [uploaded(api, kb, text(name)) for name in ("a.txt", "b.txt")]
    uploaded(api, kb, workbook(), "add-excel")
    for client in (api, key_api):
        listed = client.get(f"{BASE}/list/?kb_uuid={kb['uuid']}").json()
        assert listed == {"files": [{"id": each["id"], "name": each["name"]} for each in reversed(made)]}


def test_07_a_file_is_deleted(api, kb) -> None:
    made = uploaded(api, kb)
    answer = api.delete(f"{BASE}/delete/{made['id']}/")
    assert (answer.status_code, answer.json()) == (200, {"message": "File deleted"})
    assert api.delete(f"{BASE}/delete/{made['id']}/").status_code == 404
    assert read_back(made["s3_url"]).status_code == 404


def test_08_09_13_links_are_added_listed_and_deleted(api, kb) -> None:
    sent = {"kb_uuid": kb["uuid"], "url": "https://example.com/menu", "title": "Menu", "grabber_enabled": True}
    answer = api.post(f"{BASE}/add-link/", sent)
    assert answer.status_code == 201
    link = answer.json()
    assert set(link) == {"id", "url", "title", "created_at", "updated_at"}
    assert (link["url"], link["title"]) == ("https://example.com/menu", "Menu")
    assert MOMENT.fullmatch(link["created_at"]) and MOMENT.fullmatch(link["updated_at"])
    listed = api.get(f"{BASE}/links/?kb_uuid={kb['uuid']}").json()
    assert [each["id"] for each in listed.pop("links")] == [link["id"]] and not listed
    answer = api.delete(f"{ANALYTICS}/knowledgebase_delete_link/{link['id']}/")
    assert (answer.status_code, answer.json()) == (200, {"message": "Link deleted"})
    assert api.get(f"{BASE}/links/?kb_uuid={kb['uuid']}").json() == {"links": []}


def test_10_11_12_spreadsheets_are_added_listed_and_deleted(api, kb) -> None:
    made = uploaded(api, kb, workbook(), "add-excel")
    assert set(made) == {"id", "name", "s3_url"} and made["name"] == "file.xlsx"
    assert read_back(made["s3_url"]).content.startswith(b"PK")
    expected = {"files": [{"id": made["id"], "name": "file.xlsx"}]}
    assert api.get(f"{BASE}/excels?kb_uuid={kb['uuid']}").json() == expected
    answer = api.delete(f"{BASE}/delete-excel/{made['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{BASE}/excels/?kb_uuid={kb['uuid']}").json() == {"files": []}


def test_26_an_assistants_links_are_listed_and_added(api, agent) -> None:
    path = f"{ANALYTICS}/assistant/{agent.uuid}/website-links/"
    assert api.get(path).json() == []
    made = api.post(path, {"url": "https://example.com/", "title": "Home"})
    assert made.status_code == 201
    assert (made.json()["url"], made.json()["title"]) == ("https://example.com/", "Home")
    assert api.get(path).json() == [made.json()]


def test_27_a_website_link_is_changed_and_deleted(api, agent) -> None:
    link = api.post(f"{ANALYTICS}/assistant/{agent.uuid}/website-links/", {"url": "https://example.com/", "title": "Home"}).json()
    path = f"{ANALYTICS}/website-link/{link['id']}/"
    changed = api.put(path, {"url": "https://example.com/new", "title": "New home"})
    assert changed.status_code == 200
    assert (changed.json()["id"], changed.json()["url"], changed.json()["title"]) == (
        link["id"],
        "https://example.com/new",
        "New home",
    )
    deleted = api.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.put(path, {"url": "https://example.com/"}).status_code == 404


def test_28_29_an_assistants_files_are_listed_and_deleted(api, kb, agent) -> None:
    made = uploaded(api, kb)
    path = f"{ANALYTICS}/assistant/{agent.uuid}/knowledge-files/"
    assert api.get(path).json() == []
    api.post(f"{ANALYTICS}/set_assistant_kb/", {"assistant_id": str(agent.uuid), "kb_id": kb["uuid"]})
    [listed] = api.get(path).json()
    assert (listed["id"], listed["name"], listed["kb_uuid"]) == (made["id"], made["name"], kb["uuid"])
    assert read_back(listed["s3_url"]).content == HOURS
    deleted = api.delete(f"{ANALYTICS}/knowledge-file/{made['id']}/")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.get(path).json() == []


def test_30_a_spreadsheet_is_deleted_at_the_documents_odd_address(api, kb) -> None:
    made = uploaded(api, kb, workbook(), "add-excel")
    deleted = api.delete(f"{ANALYTICS}/Knowledge-excel/{made['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")


@pytest.mark.django_db(transaction=True)
def test_31_37_indexing_is_a_task_that_can_be_followed(api, kb, agent) -> None:
    good = uploaded(api, kb)
    broken = uploaded(api, kb, text("broken.pdf", b"%PDF-1.7 and then nothing"))
    api.post(f"{ANALYTICS}/set_assistant_kb/", {"assistant_id": str(agent.uuid), "kb_id": kb["uuid"]})
    learn()
    answer = api.post(f"{ANALYTICS}/index-documents/", {"assistant_id": str(agent.uuid)})
    assert answer.status_code == 202
    assert answer.json().pop("status") == "Indexing started in background"
    path = f"{ANALYTICS}/get-task-status/{answer.json()['task_id']}/"
    assert api.get(path).json() == {"status": "PENDING", "result": None}
    learn()
    body = api.get(path).json()
    assert body["status"] == "SUCCESS"
    assert body["result"]["indexed"] == 1
    assert [each["id"] for each in body["result"]["failed"]] == [broken["id"]] and "damaged" in body["result"]["failed"][0][
        "problem"
    ]
    api.delete(f"{BASE}/delete/{good['id']}")
    answer = api.post(f"{ANALYTICS}/index-documents/", {"assistant_id": str(agent.uuid)})
    learn()
    assert api.get(f"{ANALYTICS}/get-task-status/{answer.json()['task_id']}/").json()["status"] == "FAILURE", "nothing came of it"
    for wrong in (NOBODYS, "nothing", "%00", "1"):
        assert api.get(f"{ANALYTICS}/get-task-status/{wrong}/").status_code == 404


def test_32_33_34_36_knowledge_bases(api, key_api) -> None:
    made = api.post(f"{ANALYTICS}/create-knowledge-base/", {"name": "Menu", "description": "Dishes."})
    assert made.status_code == 201
    kb = made.json()
    assert set(kb) >= FIELDS and isinstance(kb["id"], int) and kb["description"] == "Dishes."
    changed = key_api.post(f"{ANALYTICS}/update-knowledge-base/{kb['id']}/", {"name": "Menus", "description": "", **SETTINGS})
    assert changed.status_code == 200
    assert {key: changed.json()[key] for key in SETTINGS} == SETTINGS
    assert (changed.json()["id"], changed.json()["name"]) == (kb["id"], "Menus")
    uploaded(api, kb), uploaded(api, kb, workbook(), "add-excel")
    for number in range(2):
        api.post(f"{BASE}/add-link/", {"kb_uuid": kb["uuid"], "url": f"https://example.com/{number}", "title": ""})
    [listed] = key_api.get(f"{ANALYTICS}/knowledge-bases/").json()
    assert (listed["files_count"], listed["links_count"], listed["excels_count"]) == (1, 2, 1)
    assert MOMENT.fullmatch(listed["created_at"]) and MOMENT.fullmatch(listed["updated_at"])
    deleted = api.delete(f"{ANALYTICS}/delete-knowledge-base/{kb['id']}/")
    assert (deleted.status_code, deleted.json()) == (200, {"message": "Knowledge base and namespace deleted"})
    assert api.get(f"{ANALYTICS}/knowledge-bases").json() == []


def test_35_an_assistant_uses_the_base_that_is_set(api, kb, agent, owner) -> None:
    draft = agents.latest_content(agent).model_copy(update={"goal": "Not live yet."})
    agents.save_for_later(owner, agent, draft)
    for name in (kb["uuid"], kb["id"], str(kb["id"])):
        answer = api.post(f"{ANALYTICS}/set_assistant_kb/", {"assistant_id": str(agent.uuid), "kb_id": name})
        assert answer.status_code == 200 and answer.json()["status"] == "success"
    agent.refresh_from_db()
    assert [str(uuid) for uuid in agent.read_content().knowledge] == [kb["uuid"]]
    assert agent.read_content().goal == "", "what was saved for later is not live"
    edited = agents.latest_content(agent)
    assert (edited.goal, [str(uuid) for uuid in edited.knowledge]) == ("Not live yet.", [kb["uuid"]])
    for wrong in (NOBODYS, 2**62, -1):
        assert api.post(f"{ANALYTICS}/set_assistant_kb", {"assistant_id": str(agent.uuid), "kb_id": wrong}).status_code == 404


def test_44_45_a_data_spreadsheet_is_summed_up_at_once_and_deleted(api, kb) -> None:
    made = uploaded(api, kb, workbook("data.xlsx"), "add-dataexcel")
    assert set(made) == {"id", "name", "s3_url", "summary"} and made["name"] == "data.xlsx"
    info, head = made["summary"].split("\n\nHead:")
    assert info.startswith("Info:") and "2 rows, 2 columns" in info and "decimal" in info
    assert [line.split() for line in head.strip().splitlines()[1:]] == [["Drink", "Price"], ["Tea", "2.5"], ["Coffee", "3"]]
    deleted = api.delete(f"{BASE}/delete-dataexcel/{made['id']}/")
    assert (deleted.status_code, deleted.json()) == (200, {"success": True})
    damaged = api.upload(f"{BASE}/add-dataexcel", {"file": text("a.xlsx", b"PK\x03\x04 and no more"), "kb_uuid": kb["uuid"]})
    assert (damaged.status_code, damaged.json()["errors"][0]["field"]) == (422, "file")
    assert "damaged" in damaged.json()["message"]
    assert Source._base_manager.count() == 1


KINDS = {"file": "upload", "excel": "add-excel", "data": "add-dataexcel"}


def test_an_id_is_found_by_the_endpoints_of_its_kind_only(api, kb) -> None:
    ids = {kind: uploaded(api, kb, workbook(), path)["id"] for kind, path in KINDS.items()}
    ids["link"] = api.post(f"{BASE}/add-link/", {"kb_uuid": kb["uuid"], "url": "https://example.com/"}).json()["id"]
    assert len(set(ids.values())) == 4, "one sequence"
    wrong = {
        f"{BASE}/delete-excel/": ("file", "data", "link"),
        f"{ANALYTICS}/Knowledge-excel/": ("file", "data", "link"),
        f"{BASE}/delete-dataexcel/": ("file", "excel", "link"),
        f"{ANALYTICS}/knowledge-file/": ("excel", "data", "link"),
        f"{ANALYTICS}/knowledgebase_delete_link/": ("file", "excel", "data"),
        f"{ANALYTICS}/website-link/": ("file", "excel", "data"),
        f"{BASE}/delete/": ("link",),
    }
    found = [
        f"{path}{kind}" for path, kinds in wrong.items() for kind in kinds if api.delete(f"{path}{ids[kind]}").status_code != 404
    ]
    assert not found
    assert Source._base_manager.filter(deleted_at=None).count() == 4


NAMING_A_BASE = [("get", f"{BASE}/{path}") for path in ("list", "links", "excels")] + [
    ("upload", f"{BASE}/{path}") for path in KINDS.values()
]


@pytest.mark.parametrize(("method", "path"), NAMING_A_BASE)
def test_a_base_that_is_missing_malformed_or_somebody_elses(api, stranger_api, method, path) -> None:
    theirs = stranger_api.post(f"{ANALYTICS}/create-knowledge-base/", {"name": "Garage"}).json()["uuid"]
    for name, status in ((None, 422), ("not-a-uuid", 422), ("", 422), (NOBODYS, 404), (theirs, 404)):
        if method == "get":
            answer = api.get(path if name is None else f"{path}?kb_uuid={name}")
        else:
            answer = api.upload(path, {"file": workbook()} | ({} if name is None else {"kb_uuid": name}))
        assert answer.status_code == status, (name, answer.content)
        assert set(answer.json()) >= {"message", "code"}


def test_uploads_that_are_not_taken(api, kb, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    refused = {
        "too large": (text(content=b"x" * 1001), "upload", 413, "FILE_TOO_LARGE"),
        "empty": (text(content=b""), "upload", 422, "EMPTY_FILE"),
        "a program": (text("setup.exe", b"MZ\x90\x00\x03\x00\x00\x00\x04"), "upload", 415, "WRONG_FILE_TYPE"),
        "a picture": (text("menu.pdf", b"\x89PNG\r\n\x1a\n"), "upload", 415, "WRONG_FILE_TYPE"),
        "no spreadsheet": (text("prices.xlsx", b"%PDF-1.7"), "add-excel", 415, "WRONG_FILE_TYPE"),
        "no data": (text("prices.txt", HOURS), "add-dataexcel", 415, "WRONG_FILE_TYPE"),
    }
    for why, (file, path, status, code) in refused.items():
        answer = api.upload(f"{BASE}/{path}/", {"file": file, "kb_uuid": kb["uuid"]})
        assert (answer.status_code, answer.json()["code"]) == (status, code), why
        assert answer.json()["message"].endswith("."), why
    assert api.post(f"{BASE}/upload/", {"kb_uuid": kb["uuid"]}).status_code == 415
    assert api.upload(f"{BASE}/upload/", {"kb_uuid": kb["uuid"]}).status_code == 422
    assert not Source._base_manager.exists()


def test_a_key_sent_twice_uploads_once(api, kb) -> None:
    def sent(content: bytes = HOURS) -> Any:
        body = {"file": text(content=content), "kb_uuid": kb["uuid"]}
        return api.upload(f"{BASE}/upload/", body, idempotency_key="one")

    first, again, other = sent(), sent(), sent(b"Something else.")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert Source._base_manager.count() == 1


RAW_NAMES = {
    "a NUL": b"price\x00s.txt",
    "a thousand letters": b"x" * 1000 + b".txt",
    "only folders": b"../../",
    "folders of Windows": rb"C:\\fakepath\\prices.txt",
    "half a character": b"\xff\xfe.txt",
    "markup": b"<img src=x onerror=alert(1)>.txt",
}


@pytest.mark.parametrize("name", RAW_NAMES.values(), ids=RAW_NAMES)
def test_names_made_to_break_something(api, kb, name) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = part % (b"kb_uuid", b"", kb["uuid"].encode()) + part % (b"file", b'; filename="%s"' % name, HOURS) + b"--x--\r\n"
    sent = {"data": body, "content_type": "multipart/form-data; boundary=x", "headers": api.headers}
    answer = api.client.generic("POST", f"{BASE}/upload/", **sent)
    assert answer.status_code in {201, 400, 415, 422}, answer.content
    if answer.status_code == 201:
        kept = answer.json()["name"]
        assert 0 < len(kept) <= 255 and not set(kept) & set("\x00/\\")
        assert read_back(answer.json()["s3_url"]).content == HOURS
    else:
        assert answer.json()["message"] and not Source._base_manager.exists()


@pytest.mark.parametrize("name", ["%00", "%00.txt", "..", "%2F%2F", "%FF", "a" * 3000, "%E2%80%AEtxt.exe"])
def test_no_name_in_a_path_breaks_anything(api, kb, name) -> None:
    answer = api.upload(f"{BASE}/refresh/{name}/", {"file": text()})
    assert answer.status_code in {400, 404, 405}, answer.content
    assert answer.json()["code"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("knowledgebase/add-link", {"url": "javascript:alert(1)"}, 422),
        ("knowledgebase/add-link", {"url": "file:///etc/passwd"}, 422),
        ("knowledgebase/add-link", {"url": f"https://example.com/{2000 * 'a'}"}, 422),
        ("knowledgebase/add-link", {"url": "https://example.com/\x00"}, 400),
        ("knowledgebase/add-link", {"url": ""}, 422),
        ("create-knowledge-base", {"description": "no name"}, 422),
        ("create-knowledge-base", {"name": "x", "update_interval": "never"}, 422),
        ("create-knowledge-base", {"name": "x", "update_interval": "0:00:01"}, 422),
        ("create-knowledge-base", {"name": "x", "retrieval_method": "magic"}, 422),
        ("set_assistant_kb", {"assistant_id": "nobody", "kb_id": 1}, 422),
        ("set_assistant_kb", {"assistant_id": NOBODYS, "kb_id": 1}, 404),
        ("index-documents", {"assistant_id": NOBODYS}, 404),
        ("index-documents", {}, 422),
    ],
)
def test_bodies_that_mean_nothing(api, kb, path, body, status) -> None:
    answer = api.post(f"{ANALYTICS}/{path}/", {"kb_uuid": kb["uuid"]} | body if "link" in path else body)
    assert answer.status_code == status, answer.content
    assert answer.json()["message"] and not Source._base_manager.exists()
