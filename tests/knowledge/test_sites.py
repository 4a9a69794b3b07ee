"""Whole sites, read from a real server: what is followed, what is learned once, what is kept fresh, what the site may ask for."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from frontdesk.core.models import Job
from frontdesk.knowledge import actions, deletion, jobs, many, queries, store
from frontdesk.knowledge.crawling import queries as sites
from frontdesk.knowledge.crawling.record import KEPT_CLOSED
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import ChunkVector, Crawl, Posting, SitePage, Source

from .conftest import watching_embeddings, work
from .site_server import Answer, Site, page

pytestmark = pytest.mark.django_db
MENU = "A cappuccino costs four euros and a slice of cake costs five."


@pytest.fixture
def shop(site: Site) -> Site:
    """A front page, and one that it leads to and that leads back."""
    site.pages = {
        "/": page("Café", "We are a café in the old harbor, and we roast our own beans.", "/menu"),
        "/menu": page("Menu", MENU + " All of it is made by hand in our own kitchen." * 15, "/"),
    }
    return site


@pytest.fixture
def linked(owner: Any, base: Any, shop: Site) -> Source:
    source = read(actions.add_link(owner, base, f"{shop.address}/", grabber_enabled=True))
    shop.read()
    return source


def read(source: Source) -> Source:
    """Until the job ends, or wants to go on later."""
    source = work(source)
    while source.state in UNFINISHED and source.job.run_after is not None and source.job.run_after <= timezone.now():
        source = work(source)
    return source


def again(owner: Any, source: Source) -> Source:
    return read(actions.refresh_source(owner, source))


def learned(source: Source) -> dict[str, Source]:
    """The pages that were found on a site, by their path."""
    rows = Source.objects.filter(site=source, deleted_at=None)
    return {"/" + row.url.partition("://")[2].partition("/")[2]: row for row in rows}


def outcomes(source: Source) -> dict[str, str]:
    rows = SitePage.objects.filter(crawl__source=source)
    return {"/" + row.url.partition("://")[2].partition("/")[2]: row.outcome for row in rows}


def text_of(source: Source) -> str:
    return " ".join(chunk.text for chunk in queries.passages(source))


# --- what is followed -----------------------------------------------------------------------------------------------


def test_every_page_that_a_site_leads_to_is_learned_and_cited_by_its_own_address(linked, shop, base) -> None:
    assert linked.state == Source.State.READY, linked.problem
    assert "old harbor" in text_of(linked)
    (menu,) = learned(linked).values()
    assert (menu.name, menu.url, menu.state) == ("Menu", f"{shop.address}/menu", Source.State.READY)
    assert MENU in text_of(menu)
    assert [source.pk for source in queries.sources(base)] == [linked.pk], "its pages are shown on its own page"
    assert [row.url for row in sites.pages(linked)] == [f"{shop.address}/", f"{shop.address}/menu"]
    assert sites.state(linked).learned == 2


def test_one_page_is_learned_once_whatever_it_is_called(owner, base, site) -> None:
    links = ("/menu?utm_source=mail", "/menu#cakes", "/menu/", "/menu-printed", "/old-menu", "/copy")
    site.pages = {
        "/": page("Café", "We are a café in the old harbor, and we roast our own beans.", *links),
        "/menu": page("Menu", MENU),
        "/menu-printed": page("Menu", MENU, head='<link rel="canonical" href="/menu?utm_campaign=x">'),
        "/old-menu": Answer(status=301, location="/menu"),
        "/copy": page("Menu", MENU),
    }
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert set(learned(source)) == {"/menu"}
    assert site.read().count("/menu") == 2, "once, and once more by the redirect"
    assert outcomes(source) == {"/": "read", "/menu": "read", "/menu-printed": "moved", "/old-menu": "moved", "/copy": "same"}


def test_a_site_is_left_neither_by_links_nor_by_redirects_and_pictures_are_not_asked_for(owner, base, site, settings) -> None:
    site.pages = {
        "/": page(
            "Café", "We are a café in the old harbor.", "https://elsewhere.example/", "/away", "/photo.jpg", "mailto:a@b.c"
        ),
        "/away": Answer(status=302, location=site.address.replace("127.0.0.1", "localhost") + "/there"),
    }
    site.pages["/there"] = page("There", "Another site altogether.")
    settings.KNOWLEDGE_ALLOWED_HOSTS.append(f"localhost:{site.address.rpartition(':')[2]}")
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert outcomes(source) == {"/": "read", "/away": "elsewhere"}
    assert "/photo.jpg" not in site.asked


def test_what_a_site_asks_for_is_respected(owner, base, site, settings) -> None:
    settings.KNOWLEDGE_SITE_DEPTH = 1
    site.pages = {
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /staff\nAllow: /staff/menu$\nDisallow: /*?sort="),
        "/": page("Café", "We are a café in the old harbor.", "/staff/pay", "/list?sort=up", "/draft", "/quiet", "/deep"),
        "/draft": page("Draft", "Not to be found.", head='<meta name="robots" content="noindex">'),
        "/quiet": Answer(page("Quiet", "Not to be found either."), headers={"x-robots-tag": "otherbot: nofollow, noindex"}),
        "/deep": page("Deep", "One click away from the first page.", "/deeper"),
        "/deeper": page("Deeper", "Two clicks away."),
    }
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert set(learned(source)) == {"/deep"}
    assert outcomes(source) == {"/": "read", "/draft": "noindex", "/quiet": "noindex", "/deep": "read"}
    assert not {"/staff/pay", "/list?sort=up", "/deeper"} & set(site.asked)


def test_pages_that_only_a_sitemap_names_are_found(owner, base, site) -> None:
    entry = "<url><loc>{0}/hidden?fbclid=1</loc></url><url><loc>https://elsewhere.example/x</loc></url>"
    index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{0}/pages.xml.gz</loc></sitemap>"
    index += "</sitemapindex>"
    names = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><urlset>" + entry + "<url><loc>&e;</loc></url></urlset>"
    site.pages = {
        "/robots.txt": Answer(f"Sitemap: {site.address}/index.xml".encode()),
        "/index.xml": Answer(index.format(site.address).encode()),
        "/pages.xml.gz": Answer(gzip.compress(names.format(site.address).encode())),
        "/": page("Café", "We are a café in the old harbor."),
        "/hidden": page("Hidden", "No link leads to this page."),
    }
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert set(learned(source)) == {"/hidden"}
    assert set(outcomes(source)) == {"/", "/hidden"}


def test_a_site_with_more_pages_than_may_be_learned_says_so(owner, base, site, settings) -> None:
    settings.KNOWLEDGE_SITE_PAGES = 2
    site.pages = {
        "/help/": page("Help", "How to reach us.", "/news", "/help/refunds"),
        "/help/refunds": page("Refunds", "Money comes back within a week."),
    }
    source = read(actions.add_link(owner, base, f"{site.address}/help/", grabber_enabled=True))
    assert source.state == Source.State.READY
    assert len(outcomes(source)) == 2
    assert "more pages than can be learned" in sites.state(source).problem


def test_a_site_whose_robots_txt_cannot_be_had_is_not_followed(owner, base, site) -> None:
    """RFC 9309, 2.3.1.4: a server that fails allows nothing."""
    site.pages = {"/": page("Café", "We are a café.", "/menu"), "/menu": page("Menu", MENU), "/robots.txt": Answer(status=503)}
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert (source.state, set(outcomes(source))) == (Source.State.READY, {"/"})
    assert "next time" in sites.state(source).problem


# --- keeping it fresh -----------------------------------------------------------------------------------------------


def test_a_refresh_costs_only_what_changed(owner, linked, shop) -> None:
    """`/menu` has a validator by now, the first page has none: its bytes are compared."""
    before = learned(linked)["/menu"]
    actions.note_used({before.pk})
    tea = b"<h2>Tea</h2><p>A pot of green tea costs three euros.</p></main>"
    shop.pages["/menu"] = Answer(shop.pages["/menu"].replace(b"</main>", tea), etag=True)
    with watching_embeddings() as sent:
        source = again(owner, linked)
    assert sites.state(source).result == "1 changed"
    assert sent and all("tea" in text for text in sent), "the passage that says the same is not embedded again"
    after = learned(source)["/menu"]
    assert (after.pk, after.used_count) == (before.pk, 1)
    assert "green tea" in text_of(after)
    shop.read()
    with watching_embeddings() as sent:
        source = again(owner, source)
    assert (sent, sites.state(source).result) == ([], "nothing changed")
    assert shop.conditional == ["/menu"]
    assert learned(source)["/menu"].last_refreshed_at > after.last_refreshed_at


def test_what_vanished_goes_and_comes_back_under_its_id(owner, linked, shop) -> None:
    before, menu = learned(linked)["/menu"], shop.pages.pop("/menu")
    source = again(owner, linked)
    assert (learned(source), sites.state(source).result) == ({}, "1 removed")
    assert Source.objects.get(pk=before.pk).deleted_at is not None
    shop.pages["/menu"] = menu
    source = again(owner, source)
    assert learned(source)["/menu"].pk == before.pk


def test_what_fails_for_a_time_takes_nothing_away_and_is_said(owner, linked, shop) -> None:
    menu = shop.pages["/menu"]
    shop.pages["/menu"] = Answer(b"<h1>Oops</h1>", 500)
    source = again(owner, linked)
    (failed,) = learned(source).values()
    assert (source.state, failed.state) == (Source.State.READY, Source.State.FAILED)
    assert "error (500)" in failed.problem and MENU in text_of(failed)
    (row,) = sites.pages(source, which="refused")
    assert "error (500)" in sites.reason(row)
    shop.pages["/menu"] = menu
    source = again(owner, source)
    assert (learned(source)["/menu"].state, learned(source)["/menu"].problem) == (Source.State.READY, "")


def test_what_only_people_who_sign_in_may_see_is_kept_two_weeks(owner, linked, shop) -> None:
    menu, shop.pages["/menu"] = shop.pages["/menu"], Answer(status=403)
    source = again(owner, linked)
    (row,) = sites.pages(source, which="refused")
    until = date_format(timezone.localtime(row.closed_since + KEPT_CLOSED), "DATE_FORMAT")
    assert sites.reason(row).endswith(f"If it stays so, it is deleted here on {until}.")
    assert MENU in text_of(learned(source)["/menu"])
    SitePage.objects.filter(pk=row.pk).update(closed_since=row.closed_since - KEPT_CLOSED)
    source = again(owner, source)
    assert (learned(source), sites.state(source).result) == ({}, "1 removed")
    (row,) = sites.pages(source, which="refused")
    assert sites.reason(row).startswith("For two weeks only people who sign in")
    again(owner, source)
    shop.pages["/menu"] = menu
    source = again(owner, source)
    assert MENU in text_of(learned(source)["/menu"])
    assert SitePage.objects.get(pk=row.pk).closed_since is None


def test_a_setback_of_a_vanished_page_is_no_word_of_the_owner(owner, linked, shop) -> None:
    menu = shop.pages.pop("/menu")
    source = again(owner, linked)
    shop.pages["/menu"] = Answer(b"<h1>Oops</h1>", 500)
    source = again(owner, source)
    shop.pages["/menu"] = menu
    source = again(owner, source)
    assert MENU in text_of(learned(source)["/menu"])


def test_a_site_that_stops_answering_is_asked_no_more_and_loses_nothing(owner, base, site) -> None:
    paths = [f"/{number}" for number in range(8)]
    site.pages = {"/": page("Café", "We are a café in the old harbor.", *paths), **{path: Answer(status=502) for path in paths}}
    source = read(actions.add_link(owner, base, f"{site.address}/", grabber_enabled=True))
    assert source.state == Source.State.READY
    assert "stopped answering" in sites.state(source).problem
    assert len([path for path in site.asked if path in paths]) == 5


def test_a_first_page_that_is_gone_is_said_and_its_site_stays(owner, linked, shop) -> None:
    shop.pages["/"] = Answer(status=404)
    source = again(owner, linked)
    assert (source.state, "does not exist any more" in source.problem) == (Source.State.FAILED, True)
    assert set(learned(source)) == {"/menu"}


def test_pages_are_refreshed_with_their_site_only(linked, base) -> None:
    long_ago = timezone.now() - base.update_interval - timedelta(seconds=1)
    Source.objects.filter(base=base).update(tried_at=long_ago)
    jobs.refresh_due()
    assert list(Source.objects.filter(state__in=UNFINISHED)) == [linked]


def test_other_settings_of_the_base_have_every_page_learned_again(owner, linked, base, shop) -> None:
    shop.pages = {path: Answer(body, etag=True) for path, body in shop.pages.items()}
    actions.update_base(owner, base, chunk_size=128)
    with watching_embeddings():
        source = read(Source.objects.get(pk=linked.pk))
    assert sites.state(source).result == "2 changed"


# --- what an owner does ---------------------------------------------------------------------------------------------


def test_what_an_owner_deleted_does_not_come_back(owner, linked, shop) -> None:
    deletion.delete_source(owner, learned(linked)["/menu"])
    source = again(owner, linked)
    assert (learned(source), outcomes(source)["/menu"]) == ({}, "left_out")
    assert shop.read() == ["/"]


@pytest.mark.parametrize("bulk", [False, True])
def test_a_site_is_deleted_and_brought_back_with_its_pages(owner, linked, base, bulk) -> None:
    menu = learned(linked)["/menu"]
    if bulk:
        many.delete(owner, base, Source.objects.filter(pk=linked.pk))
    else:
        deletion.delete_source(owner, linked)
    assert learned(linked) == {}
    assert [row["name"] for row in queries.deleted()] == [linked.name]
    back = deletion.bring_back_source(owner, linked.uuid)
    assert (learned(back)["/menu"].pk, learned(back)["/menu"].deleted_at) == (menu.pk, None)
    base.refresh_from_db()
    assert base.passage_total == linked.chunk_count + menu.chunk_count


def test_a_site_that_is_removed_for_good_leaves_nothing(linked) -> None:
    store.remove_source(linked, lambda: None)
    assert not Source.objects.exists() and not Crawl.objects.exists() and not SitePage.objects.exists()
    assert not Posting.objects.exists() and not ChunkVector.objects.exists()


def test_a_link_that_is_not_followed_any_more_keeps_its_own_page_only(owner, linked, shop) -> None:
    source = read(actions.update_source(owner, linked, grabber_enabled=False))
    assert (source.state, learned(source), sites.state(source)) == (Source.State.READY, {}, None)
    source = read(actions.update_source(owner, source, grabber_enabled=True))
    assert set(learned(source)) == {"/menu"}


def test_reading_a_site_can_be_stopped_and_goes_on_where_it_was(owner, base, shop) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frontdesk.knowledge.crawling.crawl.SLICE_SECONDS", -1.0)
        source = work(actions.add_link(owner, base, f"{shop.address}/", grabber_enabled=True))
    assert (source.state, source.job.state) == (Source.State.LEARNING, Job.State.QUEUED)
    assert "Reading the site" in queries.progress(source).sentence
    actions.cancel_source(owner, source)
    source.refresh_from_db()
    assert (source.state, shop.read()) == (Source.State.CANCELLED, ["/"])
    source = again(owner, source)
    assert (source.state, set(learned(source))) == (Source.State.READY, {"/menu"})
    assert shop.read() == ["/menu"], "what was read before the stop is not asked for again"
