"""A place is looked at again and again: what is new is learned, what changed is learned again, what vanished goes, and a place
that fails, hangs or lies takes nothing away."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from frontdesk.core.errors import Invalid
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import deletion
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import actions, jobs, loaders, queries, sync
from frontdesk.knowledge.connections.errors import CannotLook, LoaderOff, UnknownLoader
from frontdesk.knowledge.models import Source, SourceConnection
from frontdesk.knowledge.retrieval import search_now
from frontdesk.plugins import actions as plugins
from frontdesk.plugins import incidents
from frontdesk.plugins.models import Incident, StoredValue
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import NothingNew
from frontdesk.sdk.loaders import LoadedItem
from frontdesk.sdk.testing import broken_sources as broken
from frontdesk.workspaces.models import AuditEntry
from tests.ground.plugins import module

from .conftest import watching_embeddings
from .shop import SEES, learned, look, refuses, said, thing, work_all

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_there_is_learned_and_found(base, place) -> None:
    assert learned(place) == dict.fromkeys("123", Source.State.READY)
    assert place.result == {"found": 3, "added": 3, "changed": 0, "removed": 0, "skipped": 0}
    assert (place.refreshed_at is not None, queries.progress(place).state) == (True, "fresh")
    assert search_now([base], "What does the thing 2 cost?", k=1).passages[0].text == "The thing 2 costs 20 euros."
    assert place.job.done == place.job.total == 3
    assert AuditEntry.objects.get(verb="connection.refreshed").actor == "system: Our shop"


def test_only_what_is_new_or_changed_is_learned(owner, shop, place) -> None:
    before = {source.external_id: (source.pk, source.revision) for source in queries.sources(place)}
    shop.shelves["a"] = [thing("1"), thing("2", "The thing 2 is half the price."), thing("3"), thing("4")]
    with watching_embeddings() as sent:
        place = look(owner, place)
    after = {source.external_id: (source.pk, source.revision) for source in queries.sources(place)}
    assert (place.result["added"], place.result["changed"]) == (1, 1)
    assert after.pop("4")
    assert after == {**before, "2": (before["2"][0], 2)}
    assert all("half the price" in text or "thing 4" in text for text in sent)
    assert "The thing 2 is half the price." in said(place)


def test_a_version_of_the_place_says_what_changed(owner, shop, place) -> None:
    shop.shelves["a"] = [thing("1", "Now cheaper.", version="v1")]
    place = look(owner, place)
    shop.shelves["a"] = [thing("1", "Cheaper, with another banner.", version="v1")]
    place = look(owner, place)
    assert said(place) == ["Now cheaper."]
    assert place.result["changed"] == 0


def test_what_vanished_goes_and_comes_back_under_its_id(owner, base, shop, place) -> None:
    pk = queries.sources(place).get(external_id="2").pk
    shop.shelves["a"] = [thing("1"), thing("3")]
    place = look(owner, place)
    assert (set(learned(place)), place.result["removed"]) == ({"1", "3"}, 1)
    assert "20 euros" not in " ".join(passage.text for passage in search_now([base], "the thing 2", k=5).passages)
    assert [row["deleted_by"] for row in Source.objects.filter(pk=pk).values("deleted_by")] == ["system: Our shop"]
    shop.shelves["a"] = [thing("1"), thing("2"), thing("3")]
    with watching_embeddings() as sent:
        place = look(owner, place)
    assert (set(learned(place)), sent) == ({"1", "2", "3"}, [])
    assert queries.sources(place).get(external_id="2").pk == pk
    assert search_now([base], "What does the thing 2 cost?", k=1).passages[0].source_id == pk


def test_what_an_owner_brings_back_stays(owner, shop, place) -> None:
    shop.shelves["a"] = [thing("1"), thing("3")]
    gone = queries.sources(place).get(external_id="2")
    look(owner, place)
    deletion.bring_back_source(owner, gone.uuid)
    assert set(learned(look(owner, place))) == {"1", "2", "3"}


@pytest.mark.parametrize("for_good", [False, True])
def test_what_an_owner_deletes_stays_away(owner, place, for_good) -> None:
    source = queries.sources(place).get(external_id="2")
    deletion.delete_source(owner, knowledge.source(source.pk))
    if for_good:
        deletion.remove_source(owner, source.uuid)
        work_all()
        assert not Source.objects.filter(pk=source.pk).exists()
    assert set(learned(look(owner, place))) == {"1", "3"}


def test_a_place_can_keep_what_it_no_longer_lists(owner, shop, place) -> None:
    actions.change(owner, place, forgets=False)
    shop.shelves["a"] = [thing("4")]
    assert set(learned(look(owner, place))) == {"1", "2", "3", "4"}


def test_a_listing_that_fails_midway_takes_nothing_away(owner, shop, place) -> None:
    shop.shelves["a"] = [thing("4"), refuses("The shop is closed. Open it, then refresh."), thing("1")]
    place = look(owner, place)
    assert set(learned(place)) == {"1", "2", "3", "4"}
    assert queries.progress(place).sentence == "The shop is closed. Open it, then refresh."
    assert (place.problem_code, place.job.state) == ("UNREADABLE", Job.State.FAILED)
    shop.shelves["a"] = [thing("1")]
    place = look(owner, place)
    assert (set(learned(place)), queries.progress(place).state) == ({"1"}, "fresh")


@pytest.mark.parametrize(
    ("loader", "sentence"),
    [
        (broken.RaisingSource, "by nought"),
        (broken.NonsenseSource, "gave int instead of"),
        (broken.NamelessSource, "without an id"),
        (broken.CrookedSource, "without an id"),
        (broken.StillbornSource, "cannot be born"),
        (broken.HangingSource, "did not answer in time"),
        (broken.LeavingSource, "cannot end the host"),
        (broken.EmptySource, "There was nothing this time"),
        (broken.EndlessSource, "more than can be learned"),
    ],
)
def test_a_broken_loader_leaves_everything_in_place(owner, shop, place, install, monkeypatch, loader, sentence) -> None:
    monkeypatch.setattr(loaders, "SECONDS_AN_ITEM", 0.3)
    monkeypatch.setattr(sync, "MOST_ITEMS", 20)
    install(module("shop", permissions=SEES, hooks={"register_loaders": lambda: [type("Shop", (loader,), {"slug": "shop"})]}))
    place = look(owner, place)
    assert {"1", "2", "3"} <= set(learned(place))
    assert set(learned(place).values()) == {Source.State.READY}
    assert sentence in queries.progress(place).sentence
    assert "learned" in queries.progress(place).sentence or place.problem_code == "PLUGIN_FAILED"


def test_nothing_new_of_a_place_that_was_never_taken_is_no_answer(owner, base, install, in_workspace) -> None:
    install(module("shop", permissions=SEES, hooks={"register_loaders": lambda: [broken.ForgetfulSource]}))
    plugins.turn_on(owner, "shop", agreed=SEES)
    made = actions.connect(owner, base, "forgetful", {})
    work_all()
    assert "There was nothing this time" in queries.progress(queries.connection(made.uuid)).sentence


def test_a_loader_that_fails_is_an_incident(owner, shop, place, install) -> None:
    install(
        module(
            "shop",
            permissions=SEES,
            hooks={"register_loaders": lambda: [type("Shop", (broken.RaisingSource,), {"slug": "shop"})]},
        )
    )
    look(owner, place)
    incidents.written()
    assert "by nought" in Incident.objects.get(plugin="shop", what="loader shop").problem


def test_stopping_midway_keeps_what_came_and_what_was(owner, shop, place) -> None:
    async def stop(context: Context) -> None:
        with scope(workspace=owner.workspace):
            await in_thread(actions.stop, owner, place)
        await asyncio.sleep(60)

    shop.shelves["a"] = [thing("4"), stop, thing("5")]
    place = look(owner, place)
    assert (set(learned(place)), place.job.state) == ({"1", "2", "3", "4"}, Job.State.CANCELLED)
    assert queries.progress(place).sentence == "Looking was stopped. What was learned stays."


def test_turned_off_midway_or_before_the_place_rests_and_its_sources_stay(owner, base, shop, place) -> None:
    async def turn_off(context: Context) -> None:
        with scope(workspace=owner.workspace):
            await in_thread(plugins.turn_off, owner, "shop")
        await asyncio.sleep(60)

    shop.shelves["a"] = [thing("4"), turn_off, thing("5")]
    place = look(owner, place)
    assert set(learned(place)) == {"1", "2", "3", "4"}
    assert (queries.progress(place).state, place.problem_code) == ("resting", "LOADER_OFF")
    assert "is off. What was learned stays." in queries.progress(place).sentence
    assert search_now([base], "What does the thing 2 cost?", k=1).passages
    with pytest.raises(LoaderOff):
        actions.refresh(owner, place)
    plugins.turn_on(owner, "shop", agreed=SEES)
    shop.shelves["a"] = [thing("1")]
    assert set(learned(look(owner, place))) == {"1"}


def test_a_loader_that_is_not_installed_any_more_is_said(owner, place, install) -> None:
    install()
    SourceConnection.objects.update(tried_at=timezone.now() - timedelta(days=2))
    jobs.refresh_due()
    work_all()
    place = queries.connection(place.uuid)
    assert (set(learned(place)), place.problem_code) == ({"1", "2", "3"}, "LOADER_GONE")
    assert "not installed any more" in queries.progress(place).sentence


def test_places_are_looked_at_when_their_time_has_come(owner, base, shop, place) -> None:
    def due(ago: timedelta) -> bool:
        SourceConnection.objects.update(tried_at=timezone.now() - ago)
        jobs.refresh_due()
        waiting = Job.objects.filter(kind="knowledge.sync", state=Job.State.QUEUED).exists()
        work_all()
        return waiting

    assert not due(timedelta(minutes=50))
    assert due(timedelta(minutes=70)), "as often as the base refreshes its links"
    actions.change(owner, place, interval=timedelta(days=1))
    assert not due(timedelta(hours=23))
    assert due(timedelta(hours=25))
    deletion.delete_base(owner, base)
    assert not due(timedelta(days=9))


def test_two_looks_at_once_are_one(owner, place) -> None:
    actions.refresh(owner, place)
    actions.refresh(owner, place)
    assert Job.objects.filter(kind="knowledge.sync", state=Job.State.QUEUED).count() == 1


def test_what_a_loader_remembers_is_relied_on_only_after_a_whole_run(owner, shop, place) -> None:
    async def as_before(context: Context) -> None:
        if await context.storage.get("etag") == "x":
            raise NothingNew

    async def remember(context: Context) -> None:
        await context.storage.put("etag", "x")

    shop.shelves["a"] = [as_before, thing("1"), remember, refuses("Later, please.")]
    look(owner, place)
    shop.shelves["a"] = [as_before, thing("1"), thing("2"), remember]
    place = look(owner, place)
    assert place.result["found"] == 2, "the first run was not taken whole, so nothing is remembered"
    refreshed = place.refreshed_at
    place = look(owner, place)
    assert (place.result["found"], set(learned(place))) == (2, {"1", "2"})
    assert place.refreshed_at > refreshed
    actions.change(owner, place, {"shelf": "a", "token": "another"})
    work_all()
    shop.shelves["b"] = [as_before, thing("9")]
    other = actions.connect(owner, place.base, "shop", {"shelf": "b"})
    work_all()
    assert set(learned(other)) == {"9"}, "what one place remembers is nothing to another"
    actions.disconnect(owner, place, keep=True)
    work_all()
    assert not StoredValue.objects.filter(plugin="shop").exists()


def test_changed_settings_look_anew_with_the_secret_that_is_kept(owner, shop, place) -> None:
    shop.shelves["b"] = [thing("7")]
    actions.change(owner, place, {"shelf": "b", "token": ""}, name="Shelf b")
    work_all()
    place = queries.connection(place.uuid)
    assert (place.name, set(learned(place))) == ("Shelf b", {"7"})
    assert shop.given[-1].settings.token.get_secret_value() == "secret"
    assert "secret" not in str(place.settings)


def test_settings_changed_while_looking_begin_anew_afterwards(owner, shop, place) -> None:
    async def change(context: Context) -> None:
        with scope(workspace=owner.workspace):
            await in_thread(actions.change, owner, place, {"shelf": "b"})
        await asyncio.sleep(60)

    shop.shelves |= {"a": [change], "b": [thing("7")]}
    look(owner, place)
    jobs.refresh_due()
    work_all()
    assert set(learned(place)) == {"7"}


def test_a_preview_learns_nothing_and_says_why_not(owner, base, shop) -> None:
    shop.shelves["a"] = [thing(str(n)) for n in range(20)]
    assert [item.name for item in actions.preview(owner, "shop", {"shelf": "a"})] == [f"Thing {n}" for n in range(5)]
    shop.shelves["a"] = [refuses("The shop wants a key.")]
    with pytest.raises(CannotLook, match="The shop wants a key"):
        actions.preview(owner, "shop", {"shelf": "a"})
    with pytest.raises(CannotLook, match="KeyError"):
        actions.preview(owner, "shop", {"shelf": "nowhere"})
    with pytest.raises(Invalid) as refused:
        actions.preview(owner, "shop", {})
    assert refused.value.errors[0]["field"] == "shelf"
    with pytest.raises(UnknownLoader):
        actions.preview(owner, "nothing", {})
    assert not Source.objects.exists()


def test_markup_becomes_text_and_other_texts_are_left_out(owner, base, shop) -> None:
    html = "<h2>Opening</h2><script>alert(1)</script><p onclick=x>Open at <b>seven</b>.</p><style>p{}</style>"
    shop.shelves["a"] = [
        LoadedItem("html", "Hours", html, media_type="text/html", url="javascript:alert(1)"),
        LoadedItem("md", "Prices", "# Prices\n\n* Latte: **4.20**", media_type="text/markdown", url="https://example.com/p"),
        LoadedItem("nul\x00", "Nul\x00", "A \x00 and half a letter \ud800."),
        LoadedItem("empty", "Empty", "  "),
        LoadedItem("long", "Long", "x" * 1_000_001),
        LoadedItem("1" * 900, "Many ones", "An id of nine hundred ones."),
    ]
    place = actions.connect(owner, base, "shop", {"shelf": "a"})
    work_all()
    place = queries.connection(place.uuid)
    found = {source.name: source for source in queries.sources(place)}
    assert place.result == {"found": 6, "added": 4, "changed": 0, "removed": 0, "skipped": 2}
    assert {source.state for source in found.values()} == {Source.State.READY}
    (hours,) = knowledge.passages(found["Hours"])
    assert (hours.text, hours.headings) == ("Open at seven.", ["Opening"])
    assert (found["Hours"].url, found["Prices"].url) == ("", "https://example.com/p")
    assert "Latte: 4.20" in " ".join(said(place))
    assert "script" not in " ".join(said(place)) and "alert" not in " ".join(said(place))
    with watching_embeddings() as sent:
        assert look(owner, place).result["changed"] == 0
    assert sent == []
