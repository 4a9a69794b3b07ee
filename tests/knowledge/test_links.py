"""Web pages, fetched from a real server: learned, refreshed when due, refused with a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.knowledge import actions, jobs, queries
from frontdesk.knowledge.models import Source

from .conftest import watching_embeddings, work

pytestmark = pytest.mark.django_db
PAGE = b"<html><head><title>Beans</title></head><body><main><h1>Beans</h1><p>%s</p></main></body></html>"


@dataclass
class Site:
    """A web server of one page."""

    body: bytes = PAGE % b"Our beans come from Ethiopia and are roasted every Tuesday morning."
    status: int = 200
    etag: str = ""
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.headers.get("if-none-match", ""))
            fresh = served.etag and self.headers.get("if-none-match") == served.etag
            self.send_response(304 if fresh else served.status)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("etag", served.etag)
            self.end_headers()
            if not fresh:
                self.wfile.write(served.body)

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}/beans"
    settings.KNOWLEDGE_ALLOWED_HOSTS = [f"127.0.0.1:{server.server_port}"]
    settings.KNOWLEDGE_SITE_PAUSE = 0
    yield served
    server.shutdown()
    server.server_close()


def test_a_page_is_learned(owner, base, site) -> None:
    source = work(actions.add_link(owner, base, site.address))
    assert source.state == Source.State.READY, source.problem
    assert source.title == "Beans"
    assert "roasted every Tuesday" in queries.passages(source)[0].text


def test_a_page_that_did_not_change_is_not_read_again(owner, base, site) -> None:
    site.etag = '"v1"'
    source = work(actions.add_link(owner, base, site.address))
    first = source.last_refreshed_at
    with watching_embeddings() as sent:
        source = work(actions.refresh_source(owner, source))
    assert site.asked == ["", '"v1"']
    assert sent == []
    assert source.state == Source.State.READY
    assert source.last_refreshed_at > first


def test_a_page_that_changed_is_learned_again(owner, base, site) -> None:
    source = work(actions.add_link(owner, base, site.address))
    site.body = PAGE % b"Our beans come from Peru and are roasted every Friday afternoon."
    source = work(actions.refresh_source(owner, source))
    (chunk,) = queries.passages(source)
    assert "Peru" in chunk.text


def test_links_are_refreshed_when_their_base_says_so(owner, base, site) -> None:
    source = work(actions.add_link(owner, base, site.address))
    jobs.refresh_due()
    source.refresh_from_db()
    assert source.state == Source.State.READY
    Source.objects.filter(pk=source.pk).update(tried_at=timezone.now() - base.update_interval - timedelta(seconds=1))
    jobs.refresh_due()
    source.refresh_from_db()
    assert source.state == Source.State.WAITING
    assert work(source).state == Source.State.READY
    assert len(site.asked) == 2


@pytest.mark.parametrize(("status", "word"), [(404, "does not exist"), (403, "password"), (500, "error (500)")])
def test_a_page_that_is_not_there_says_why(owner, base, site, status, word) -> None:
    site.status = status
    source = work(actions.add_link(owner, base, site.address))
    assert (source.state, source.problem_code) == (Source.State.FAILED, "FETCH_REFUSED")
    assert word in source.problem


def test_a_failed_refresh_keeps_what_was_learned(owner, base, site) -> None:
    source = work(actions.add_link(owner, base, site.address))
    site.status = 500
    source = work(actions.refresh_source(owner, source))
    assert source.state == Source.State.FAILED
    assert queries.passages(source).count() == 1


def test_private_addresses_are_refused(owner, base) -> None:
    source = work(actions.add_link(owner, base, "http://127.0.0.1:9/"))
    assert source.state == Source.State.FAILED
    assert "private network" in source.problem
