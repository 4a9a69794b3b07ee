"""What an owner is told about an address that is no page to learn from, and what is done by itself."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from frontdesk.core.http import REASONS
from frontdesk.core.jobs import Again
from frontdesk.core.valkey import client
from frontdesk.knowledge import actions, jobs, queries
from frontdesk.knowledge.crawling import markup, politeness, walls
from frontdesk.knowledge.crawling.errors import SENTENCES
from frontdesk.knowledge.models import Source

from .conftest import work
from .site_server import Answer, page

pytestmark = pytest.mark.django_db
SIGN_IN = b"<title>Welcome</title><form><input name=user><input type=password name=p><button>Go</button></form>"
SHELL = b"<title>App</title><script src=/app.js></script><body><div id=root></div><noscript>Enable JavaScript.</noscript>"
CHALLENGE = b"<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/h/b/orchestrate></script><p>Checking</p>"
CAPTCHA = b"<title>Shop</title><form><div class=g-recaptcha data-sitekey=x></div><p>Are you a robot?</p></form>"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(SIGN_IN), "people who sign in"),
        (Answer(status=302, location="/account/login?next=%2F"), "people who sign in"),
        (Answer(CHALLENGE, 403), "proof that a person"),
        (Answer(CHALLENGE, 503), "proof that a person"),
        (Answer(b"<p>No.</p>", 403, {"cf-mitigated": "challenge"}), "proof that a person"),
        (Answer(CAPTCHA), "proof that a person"),
        (Answer(SHELL), "empty until a browser"),
        (Answer(b"\x89PNG", headers={"content-type": "image/png"}), "image/png, not to a page"),
        (Answer(status=302, location="/"), "redirects too many times"),
        (Answer(status=401), "password"),
        (Answer(status=403), "does not let programs"),
        (Answer(status=410), "does not exist any more"),
        (Answer(status=500), "error (500)"),
        (Answer(status=429), "more slowly"),
    ],
)
def test_each_kind_of_door_is_told_from_a_page(owner, base, site, answer, told) -> None:
    site.pages = {"/": answer, "/account/login?next=%2F": SIGN_IN}
    source = work(actions.add_link(owner, base, f"{site.address}/"))
    assert source.state == Source.State.FAILED
    assert told in source.problem


def test_ten_gigabytes_of_nothing_are_cut_off(owner, base, site, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 2**20
    site.pages = {"/": Answer(gzip.compress(b"\0" * 50 * 2**20), headers={"content-encoding": "gzip"})}
    source = work(actions.add_link(owner, base, f"{site.address}/"))
    assert "larger than 1 MiB" in source.problem


@pytest.mark.parametrize(
    "html",
    [
        "<title>Captcha explained</title><p>"
        + "A captcha asks who is a person. " * 40
        + "<script src=recaptcha/api.js></script>",
        "<title>Shop</title><input type=password>" + "<p>Our opening hours and prices are here.</p>" * 40,
        "<title>Note</title><script>1</script><p>We are closed on the first of May, and on New Year's Day all day long.</p>",
        "<title>Short</title><p>Closed.</p>",
        "<title>Contact</title><form><input type=email><textarea name=text></textarea><p class=g-recaptcha></form>",
    ],
)
def test_pages_that_only_look_a_little_like_a_door_are_pages(html) -> None:
    read = markup.read(html.encode(), "https://example.org/a")
    assert not walls.is_wall(read, {}, 200)
    assert not walls.is_sign_in(read, "https://example.org/a", "https://example.org/a")
    assert not walls.is_shell(read)


def test_a_server_that_asks_for_patience_gets_it(owner, base, site) -> None:
    site.pages = {"/": Answer(b"", 429, {"retry-after": "7200"})}
    source = work(actions.add_link(owner, base, f"{site.address}/"))
    assert timedelta(hours=1, minutes=59) < source.wait_until - timezone.now() <= timedelta(hours=2)
    Source.objects.filter(pk=source.pk).update(tried_at=timezone.now() - timedelta(days=2))
    jobs.refresh_due()
    source.refresh_from_db()
    assert source.state == Source.State.FAILED, "not before the time that it named"
    Source.objects.filter(pk=source.pk).update(wait_until=timezone.now() - timedelta(seconds=1), tried_at=timezone.now())
    jobs.refresh_due()
    source.refresh_from_db()
    assert source.state == Source.State.WAITING, "and then at once"


def test_a_site_waits_when_it_is_asked_to_and_goes_on(owner, base, site) -> None:
    site.pages = {
        "/": page("Café", "We are a café in the old harbor.", "/menu"),
        "/menu": Answer(b"", 429, {"retry-after": "120"}),
    }
    source = work(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert source.state == Source.State.LEARNING
    assert timedelta(seconds=60) < source.job.run_after - timezone.now() <= timedelta(seconds=120)


@pytest.mark.parametrize(("status", "again"), [(500, True), (404, False), (401, False)])
def test_a_link_that_never_worked_is_tried_again_only_if_that_may_help(owner, base, site, status, again) -> None:
    site.pages = {"/": Answer(status=status)}
    source = work(actions.add_link(owner, base, f"{site.address}/"))
    Source.objects.filter(pk=source.pk).update(tried_at=timezone.now() - timedelta(days=1))
    jobs.refresh_due()
    source.refresh_from_db()
    assert (source.state == Source.State.WAITING) is again


def test_every_reason_is_said_in_the_readers_language(owner, base, site) -> None:
    site.pages = {"/": Answer(SIGN_IN)}
    source = work(actions.add_link(owner, base, f"{site.address}/"))
    english = source.problem
    with translation.override("ar"):
        assert queries.progress(source).sentence != english
        assert [reason for reason, text in {**REASONS, **SENTENCES}.items() if str(text).isascii()] == []


def test_a_host_is_asked_by_one_at_a_time_with_a_pause_after_it(site, settings) -> None:
    with politeness.turn(site.address, 0, lambda: None):
        assert client().exists("turn:127.0.0.1")
        assert client().set("turn:127.0.0.1", "other", nx=True) is None, "nobody else has a turn now"
    assert not client().exists("turn:127.0.0.1")
    with politeness.turn(site.address, 30, lambda: None):
        pass
    with pytest.raises(Again) as later, politeness.turn(site.address, 30, lambda: None):
        pass
    client().delete("turn:127.0.0.1")
    assert 0 < later.value.after <= 30
