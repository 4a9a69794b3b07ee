"""Files in a bucket of a real S3 server: put there, read, given by signed addresses, replaced, taken away, out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.documents import get_document_model

from frontdesk.config import storages
from frontdesk.conversations import attachments
from frontdesk.conversations.models import Attachment, Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import StorageUnavailable
from frontdesk.core.models import Job
from frontdesk.knowledge import actions, deletion, originals, queries
from frontdesk.knowledge.models import Source
from tests.ground.rows import make_row
from tests.ground.s3 import BUCKET, KEYS, Bucket, serve
from tests.ground.source import PLATFORM, python_files

from .conftest import work
from .shop import work_all

pytestmark = pytest.mark.django_db(transaction=True)
HOURS = b"We are open from eight to six."
HEAVY = re.compile(r"^\s*(?:import|from) (?:boto3|botocore|storages)|core\.s3 import|core import s3", re.MULTILINE)
NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    yield from serve()


def use(monkeypatch: pytest.MonkeyPatch, settings: Any, address: str, **more: str) -> None:
    """As the environment says it."""
    keys = {"S3_ACCESS_KEY": KEYS["access_key"], "S3_SECRET_KEY": KEYS["secret_key"]}
    for name, value in {"S3_BUCKET": BUCKET, "S3_ENDPOINT": address, "S3_FOLDER": "shop", **keys, **more}.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = storages.from_environment()
    settings.S3_BUCKET, settings.S3_GIVES_LINKS = BUCKET, True


@pytest.fixture
def bucket(server: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for key in server.files():
        server.client.delete_object(Bucket=BUCKET, Key=key)
    use(monkeypatch, settings, server.url)
    return server


def test_a_file_is_put_into_the_bucket_learned_replaced_and_taken_away(owner, base, bucket) -> None:
    source = work(actions.add_file(owner, base, "hours.txt", HOURS))
    assert bucket.files() == {f"shop/{source.file}": HOURS}
    assert (source.state, queries.passages(source).get().text) == (Source.State.READY, HOURS.decode())
    replaced = work(actions.replace_file(owner, source, b"We never close."))
    work_all()
    assert bucket.files() == {f"shop/{replaced.file}": b"We never close."}
    assert (replaced.pk, queries.passages(replaced).get().text) == (source.pk, "We never close.")
    deletion.delete_source(owner, replaced)
    assert bucket.files(), "it can be brought back"
    deletion.remove_source(owner, replaced.uuid)
    work_all()
    assert bucket.files() == {}


def test_an_address_is_signed_ends_and_gives_the_file(owner, base, bucket) -> None:
    source = actions.add_file(owner, base, "Öffnungszeiten.html", b"<script>alert(1)</script>")
    address = originals.link(source, seconds=600)
    assert address.startswith(f"{bucket.url}/{BUCKET}/shop/")
    assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["600"]
    given = httpx.get(address, trust_env=False)
    assert (given.status_code, given.content) == (200, b"<script>alert(1)</script>")
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert httpx.get(address.partition("?")[0], trust_env=False).status_code == 403, "nobody reads it without the signature"


def test_where_browsers_do_not_reach_the_bucket_frontdesk_gives_the_file(owner, base, bucket, settings) -> None:
    settings.S3_GIVES_LINKS = False
    source = actions.add_file(owner, base, "hours.txt", HOURS)
    assert Client().get(originals.link(source)).content == HOURS


def test_files_of_messages_are_there_too(owner, in_workspace, bucket) -> None:
    message = make_row(Message, in_workspace)
    [kept] = attachments.attach(message, [attachments.Upload("hours.txt", HOURS)])
    assert bucket.files() == {f"shop/{kept.file.name}": HOURS}
    assert Client().get(urlsplit(attachments.link(kept)).path).content == HOURS
    Attachment.objects.get(pk=kept.pk).delete()
    assert bucket.files() == {}


def test_pictures_of_public_pages_are_given_by_frontdesk(bucket) -> None:
    name = default_storage.save("images/shop.png", ContentFile(b"\x89PNG"))
    assert default_storage.url(name) == "/media/images/shop.png"
    given = Client().get(default_storage.url(name))
    assert (given.status_code, given.content, given["Content-Type"]) == (200, b"\x89PNG", "image/png")
    assert Client().get("/media/images/none.png").status_code == 404


def test_documents_of_public_pages_are_given_by_frontdesk_and_go_with_their_row(bucket) -> None:
    made = get_document_model().objects.create(title="Menu", file=ContentFile(b"%PDF-1.7", name="menu.pdf"))
    assert bucket.files() == {f"shop/{made.file.name}": b"%PDF-1.7"}
    assert made.get_file_size() == 8
    assert made.get_file_hash()
    given = Client().get(made.url)
    assert (given.status_code, given.getvalue(), given["Content-Type"]) == (200, b"%PDF-1.7", "application/pdf")
    made.delete()
    assert bucket.files() == {}


def test_a_document_whose_file_cannot_be_had_is_said(bucket, settings, monkeypatch) -> None:
    made = get_document_model().objects.create(title="Menu", file=ContentFile(b"%PDF-1.7", name="menu.pdf"))
    bucket.client.delete_object(Bucket=BUCKET, Key=f"shop/{made.file.name}")
    assert Client().get(made.url).status_code == 404
    use(monkeypatch, settings, NOBODY_LISTENS)
    down = Client().get(made.url)
    assert (down.status_code, b"try again" in down.content) == (503, True)


def test_a_storage_that_is_down_is_said_and_nothing_is_lost(api, owner, base, bucket, settings, monkeypatch) -> None:
    source = work(actions.add_file(owner, base, "hours.txt", HOURS))
    use(monkeypatch, settings, NOBODY_LISTENS)
    for path, more in (("upload", {"kb_uuid": str(base.uuid)}), ("refresh/hours.txt", {})):
        sent = {"file": SimpleUploadedFile("new.txt", b"New."), **more}
        answer = api.upload(f"/api/analytics/knowledgebase/{path}", sent)
        assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
        assert "try again" in answer.json()["message"]
    assert [(row.pk, row.revision) for row in Source.objects.all()] == [(source.pk, source.revision)]
    with pytest.raises(StorageUnavailable):
        originals.read(source)
    again = actions.refresh_source(owner, source)
    core_jobs.run(again.job_id)
    waiting = Job.objects.get(pk=again.job_id)
    assert waiting.state == Job.State.QUEUED, "it is tried again"
    assert queries.passages(source).get().text == HOURS.decode(), "what was learned is still found"
    use(monkeypatch, settings, bucket.url)
    Job.objects.filter(pk=waiting.pk).update(run_after=None)
    assert work(again).state == Source.State.READY


def test_a_bucket_that_is_not_there_is_a_storage_that_cannot_be_used(owner, base, bucket, settings, monkeypatch) -> None:
    use(monkeypatch, settings, bucket.url, S3_BUCKET="another-bucket")
    with pytest.raises(StorageUnavailable):
        actions.add_file(owner, base, "hours.txt", HOURS)
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"S3_BUCKET": "My_Bucket/files"}, "S3_BUCKET"),
        ({"S3_ENDPOINT": "storage.example.com"}, "S3_ENDPOINT"),
        ({"S3_SECRET_KEY": ""}, "S3_SECRET_KEY"),
        ({"S3_BUCKET": ""}, "S3_BUCKET"),
        ({"S3_PATH_STYLE": "perhaps"}, "S3_PATH_STYLE"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(wrong, named, settings, monkeypatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        use(monkeypatch, settings, "https://storage.example.com", **wrong)


def test_files_are_in_the_data_folder_and_boto3_is_not_loaded_until_a_bucket_is_named() -> None:
    assert configured.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage")
    heavy = {path.name for path in python_files(PLATFORM) if HEAVY.search(path.read_text(encoding="utf-8"))}
    assert heavy == {"s3.py"}, "only Django's STORAGES names it"
