"""What ends a place, or keeps hands off it: disconnecting, limits, killed workers, other tenants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions as bases
from frontdesk.knowledge import deletion
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import actions, loaders, queries, sync
from frontdesk.knowledge.connections.errors import ConnectionNotFound, UnknownLoader
from frontdesk.knowledge.models import Source, SourceConnection
from frontdesk.knowledge.retrieval import search_now
from frontdesk.plugins import actions as plugins
from frontdesk.sdk.context import Context

from .shop import SEES, learned, look, said, thing, work_all

pytestmark = pytest.mark.django_db(transaction=True)


def test_disconnecting_keeps_what_was_learned(owner, base, place) -> None:
    actions.disconnect(owner, place, keep=True)
    work_all()
    assert not SourceConnection.objects.exists()
    assert knowledge.sources(base).count() == 3
    assert search_now([base], "What does the thing 2 cost?", k=1).passages


def test_disconnecting_can_delete_what_was_learned_which_can_come_back(owner, base, place) -> None:
    actions.disconnect(owner, place, keep=False)
    with pytest.raises(ConnectionNotFound):
        queries.connection(place.uuid)
    work_all()
    assert knowledge.sources(base).count() == 0
    assert knowledge.deleted().count() == 3
    source = Source.objects.filter(base=base).first()
    deletion.bring_back_source(owner, source.uuid)
    work_all()
    assert search_now([base], "What does the thing cost?", k=1).passages[0].source_id == source.pk


def test_disconnected_while_looking_nothing_more_is_learned(owner, base, shop, place) -> None:
    async def disconnect(context: Context) -> None:
        with scope(workspace=owner.workspace):
            await in_thread(actions.disconnect, owner, place, keep=True)

    shop.shelves["a"] = [disconnect, thing("4")]
    actions.refresh(owner, place)
    work_all()
    assert sorted(knowledge.sources(base).values_list("external_id", flat=True)) == ["1", "2", "3"]


def test_a_full_base_is_said(owner, shop, place, settings) -> None:
    settings.KNOWLEDGE_MAX_PAGES = 0
    shop.shelves["a"] = [thing("4")]
    place = look(owner, place)
    assert "the most it may" in queries.progress(place).sentence
    assert set(learned(place)) == {"1", "2", "3"}


def test_a_killed_worker_takes_up_where_it_was(owner, shop, place) -> None:
    class Killed(BaseException):
        pass

    shop.shelves["a"] = [thing(str(n)) for n in range(1, 7)]
    taken = sync._Sync._take

    def dies(self: Any, item: Any) -> None:
        if item.id == "5":
            raise Killed
        taken(self, item)

    actions.refresh(owner, place)
    job = Job.objects.get(kind="knowledge.sync", state=Job.State.QUEUED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync._Sync, "_take", dies)
        with pytest.raises(Killed):
            core_jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    core_jobs.run(job.pk)
    work_all()
    assert learned(place) == {str(n): Source.State.READY for n in range(1, 7)}


def test_nobody_sees_or_changes_a_strangers_place(stranger, place) -> None:
    with scope(workspace=stranger.workspace):
        with pytest.raises(ConnectionNotFound):
            queries.connection(place.uuid)
        for act in (actions.refresh, actions.change, lambda *of: actions.disconnect(*of, keep=True)):
            with pytest.raises(ConnectionNotFound):
                act(stranger, place)
        with pytest.raises(UnknownLoader):
            actions.preview(stranger, "shop", {"shelf": "a"})
        assert loaders.available(stranger.workspace) == [
            offer for offer in loaders.available(stranger.workspace) if offer.slug != "shop"
        ]


def test_one_tenants_place_is_nothing_to_the_other(owner, stranger, shop, place) -> None:
    with scope(workspace=stranger.workspace):
        plugins.turn_on(stranger, "shop", agreed=SEES)
        shop.shelves["c"] = [thing("1", "Tyres cost 80 euros.")]
        tyres = bases.create_base(stranger, "Tyres")
        theirs = actions.connect(stranger, tyres, "shop", {"shelf": "c"})
        work_all()
        assert said(queries.connection(theirs.uuid)) == ["Tyres cost 80 euros."]
    assert len(said(place)) == 3
    assert {context.workspace for context in shop.given} == {owner.workspace.uuid, stranger.workspace.uuid}


def test_a_viewer_changes_nothing(owner, place) -> None:
    viewer = replace(owner, role="viewer")
    for act in (
        lambda: actions.refresh(viewer, place),
        lambda: actions.stop(viewer, place),
        lambda: actions.change(viewer, place, name="Mine"),
        lambda: actions.disconnect(viewer, place, keep=True),
        lambda: actions.connect(viewer, place.base, "shop", {"shelf": "a"}),
        lambda: actions.preview(viewer, "shop", {"shelf": "a"}),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_an_interval_has_bounds(owner, place) -> None:
    for interval in (timedelta(minutes=1), timedelta(days=366)):
        with pytest.raises(Invalid) as refused:
            actions.change(owner, place, interval=interval)
        assert refused.value.errors[0]["field"] == "interval"
