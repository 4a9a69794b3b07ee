"""What a visitor sends along, from the form to the answer that a worker gives; and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.test import Client

from frontdesk.channels import jobs as channel_jobs  # noqa: F401  (the kinds of jobs)
from frontdesk.channels.models import Channel
from frontdesk.conversations.models import Attachment, Message
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.core.threads import in_thread
from frontdesk.runs import pictures
from frontdesk.runs.models import Run
from tests.conversations.files import PDF, PROGRAM, SVG, picture
from tests.ground.live import Web

from .tab import ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)
OpenTab = Callable[..., Any]


def form(channel: Channel, **fields: str) -> dict[str, str]:
    return {"key": channel.public_key or "", "visitor": str(uuid4()), "client_id": "c-1", "text": "", **fields}


def send(channel: Channel, files: Any, *, origin: str = ORIGIN, **fields: str) -> httpx.Response:
    """In this process."""
    request = httpx.Request("POST", "http://testserver/widget/files", data=form(channel, **fields), files=files)
    return Client(raise_request_exception=False).generic(
        "POST", "/widget/files", request.read(), content_type=request.headers["content-type"], headers={"Origin": origin}
    )


async def test_a_picture_reaches_every_tab_once(tab: OpenTab, live_web: Web, widget: Channel, workspace: Any) -> None:
    workspace.default_reply_handler = "support"
    await workspace.asave()
    page = await tab()
    await page.next("ready")
    asked = form(widget, visitor=page.visitor, text="What is this?")
    files = [("file", ("../cake.png", picture(), "image/png")), ("file", ("menu.pdf", PDF, "application/pdf"))]
    async with httpx.AsyncClient(trust_env=False, headers={"Origin": ORIGIN}, timeout=30) as client:
        assert (await client.options(f"{live_web.url}/widget/files")).headers["access-control-allow-methods"] == "POST"
        for _again in range(2):
            sent = await client.post(f"{live_web.url}/widget/files", data=asked, files=files)
            assert sent.status_code == 200, sent.text
    created = (await page.next("message_created"))["message"]
    assert (created["id"], created["client_id"], created["text"]) == (sent.json()["message_id"], "c-1", "What is this?")
    assert (await page.next("message_created"))["message"]["role"] == "notice", "that a person will answer"
    await in_thread(lambda: jobs.run(Job.objects.get(kind="channels.fetch").pk))
    looked_at = (await page.next("message_created"))["message"]
    assert [(each["name"], each["picture"]) for each in looked_at["files"]] == [("cake.png", True), ("menu.pdf", False)]
    assert await Message.objects.acount() == 2


def test_a_worker_answers_when_the_files_were_looked_at(widget: Channel) -> None:
    assert send(widget, [("file", ("cake.png", picture(), "image/png"))]).status_code == 200
    assert not Run.objects.exists()
    jobs.run(Job.objects.get(kind="channels.fetch").pk)
    assert Run.objects.get().task["question"] == "(sent a picture)\n[picture cake.png: image/png, 1 KB]"
    assert Job.objects.filter(kind="runs.execute", state="queued").count() == 1
    assert [part.media_type for part in pictures.seen(Run.objects.get())] == ["image/jpeg"], "a model that sees is shown it"


def test_what_is_not_taken_is_refused_in_a_sentence_and_nothing_is_kept(widget: Channel, monkeypatch: Any) -> None:
    for name, data in (("cake.png", PROGRAM), ("cake.svg", SVG), ("cake.png", b""), ("page.txt", b"<script>alert(1)</script>")):
        refused = send(widget, [("file", (name, data, "image/png"))])
        assert (refused.status_code, refused.json()["code"]) == (422, "ATTACHMENT_REFUSED")
        assert refused.json()["message"].startswith(f"{name}: ")
        assert refused["Access-Control-Allow-Origin"] == "*"
    eleven = send(widget, [("file", (f"{n}.png", picture(), "image/png")) for n in range(11)])
    assert eleven.json()["message"] == "Send 10 files at most."
    monkeypatch.setattr(settings, "ATTACHMENT_MAX_BYTES", 0)
    monkeypatch.setattr("frontdesk.surfaces.site.sending.FORM_BYTES", 100)
    assert "larger than" in send(widget, [("file", ("cake.png", picture(), "image/png"))]).json()["message"]
    assert not Message.objects.exists()
    assert not Attachment.objects.exists()


def test_only_the_owners_pages_may_send(widget: Channel) -> None:
    files = [("file", ("cake.png", picture(), "image/png"))]
    assert send(widget, files, origin="https://elsewhere.example").status_code == 403
    assert send(widget, files, key="pk_unknown").status_code in (401, 403, 404)
    assert send(widget, files, visitor="me").status_code == 422
    assert send(widget, []).status_code == 422
    assert not Message.objects.exists()
