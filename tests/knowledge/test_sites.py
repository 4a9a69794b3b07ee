"""Whole sites, read from a real server: what is followed, what is learned once, what the site may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import Source

from .conftest import work
from .site_server import Answer, Site, page, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with serving() as site:
        settings.KNOWLEDGE_ALLOWED_HOSTS = [site.address.removeprefix("http://")]
        settings.KNOWLEDGE_SITE_PAUSE = 0
        yield site


@pytest.fixture
def shop(site: Site) -> Site:
    """A front page, and two pages that it leads to; one leads back."""
    site.pages = {
        "/": page("Café", "We are a café in the old harbor, and we roast our own beans.", "/menu", "/hours"),
        "/menu": page("Menu", "A cappuccino costs four euros and a slice of cake costs five.", "/"),
        "/hours": page("Hours", "On Sundays we open at nine in the morning and close at noon."),
    }
    return site


@pytest.fixture
def linked(owner: Any, base: Any, shop: Site) -> Source:
    return read(actions.add_link(owner, base, f"{shop.address}/", grabber_enabled=True))


def read(source: Source) -> Source:
    """Until the job ends, or wants to go on later."""
    source = work(source)
    while source.state in UNFINISHED and source.job.run_after is not None and source.job.run_after <= timezone.now():
        source = work(source)
    return source


def learned(source: Source) -> dict[str, Source]:
    """The pages of a site by their path."""
    rows = Source.objects.filter(site=source, deleted_at=None)
    return {row.url.partition("://")[2].partition("/")[2]: row for row in rows}


def test_every_page_that_a_site_leads_to_is_learned(linked, shop):
    assert linked.state == Source.State.READY, linked.problem
    assert set(learned(linked)) == {"menu", "hours"}
    assert "nine in the morning" in queries.passages(learned(linked)["hours"])[0].text
    assert "old harbor" in queries.passages(linked)[0].text
    assert sorted(shop.read()) == ["/", "/hours", "/menu"]
