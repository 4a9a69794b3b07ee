"""Looking at a base: what is found, kept, dismissed, found anew, and what it costs when nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge import deletion
from frontdesk.knowledge.health import actions, comparing, jobs, queries
from frontdesk.knowledge.health.models import Checkup
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces.models import AuditEntry, Membership, Role
from frontdesk.workspaces.permissions import Actor
from tests.knowledge.conftest import work

pytestmark = pytest.mark.django_db
GARDEN = "The garden behind the house has old apple trees, a pond with goldfish and forty chairs in the shade for guests."
MONTH = timedelta(days=30)


@pytest.fixture
def look(owner: Any, base: KnowledgeBase) -> Callable[[], list[tuple[str, str]]]:
    """Look at the base as the worker does; gives the kinds and codes of what is open."""

    def looked() -> list[tuple[str, str]]:
        core_jobs.run(actions.check(owner, base).pk)
        return [(each.kind, each.code) for each in queries.findings(base)]

    return looked


def set_(source: Source, **values: Any) -> None:
    Source.objects.filter(pk=source.pk).update(**values)


def test_two_texts_that_differ_and_two_that_repeat(look, learned, base) -> None:
    learned(f"{GARDEN}\n\nBreakfast costs 12 € for every guest.", "Old notes")
    learned(f"{GARDEN}\n\nBreakfast costs 14 € for every guest.", "New notes")
    assert look() == [("contradicting", "money"), ("duplicate", "")]
    against, repeated = queries.findings(base)
    (example,) = against.details["examples"]
    assert (example["text"], example["other_text"]) == (
        "Breakfast costs 12 € for every guest.",
        "Breakfast costs 14 € for every guest.",
    )
    assert (repeated.source.name, repeated.other.name, repeated.details["number"]) == ("Old notes", "New notes", 1)
    assert queries.counts(base) == {"contradicting": 1, "duplicate": 1}
    assert queries.open_findings([base]) == {base.pk: 2}


def test_dismissed_until_the_content_changes(look, owner, learned, base) -> None:
    learned("Breakfast costs 12 € for every guest.", "Old")
    new = learned("Breakfast costs 14 € for every guest.", "New")
    look()
    (found,) = queries.findings(base)
    assert actions.dismiss(owner, [found.uuid]) == 1
    assert actions.dismiss(owner, [found.uuid]) == 0
    assert look() == []
    (dismissed,) = queries.findings(base, dismissed=True)
    assert dismissed.dismissed_by == "user: Alice"
    assert actions.reopen(owner, [found.uuid]) == 1
    assert actions.dismiss(owner, [found.uuid]) == 1
    work(knowledge.update_source(owner, new, text="Breakfast costs 15 € for every guest."))
    assert look() == [("contradicting", "money")]
    work(knowledge.update_source(owner, new, text="Breakfast costs 12 € for every guest."))
    assert look() == []
    verbs = AuditEntry.objects.filter(verb__startswith="findings.").values_list("verb", flat=True)
    assert sorted(verbs) == ["findings.dismissed", "findings.dismissed", "findings.reopened"]


def test_what_is_left_out_or_deleted_says_nothing(look, owner, learned, base) -> None:
    old = learned("Breakfast costs 12 € for every guest.", "Old")
    learned("Breakfast costs 14 € for every guest.", "New")
    (chunk,) = old.chunks.all()
    knowledge.exclude_passage(owner, chunk)
    assert look() == []
    knowledge.exclude_passage(owner, chunk, excluded=False)
    assert look() == [("contradicting", "money")]
    deletion.delete_source(owner, old)
    assert not queries.findings(base).exists()


def test_old_links_old_files_and_years_that_are_over(look, owner, learned, base) -> None:
    now = timezone.localtime()
    link = learned("A page.", "Page")
    set_(link, kind=Source.Kind.LINK, last_refreshed_at=now - timedelta(days=2))
    file = learned("A letter to all guests.", "Letter.txt")
    set_(file, kind=Source.Kind.FILE, last_refreshed_at=now - 13 * MONTH)
    learned(f"Prices {now.year - 1}: a room is 90 €. The house was built in 2012. See you in {now.year}!", "Prices")
    assert look() == [("stale", "past"), ("stale", "link"), ("stale", "old_file")]
    past = queries.findings(base)[0]
    assert past.details["number"] == 1
    assert past.details["examples"][0]["text"].startswith(f"Prices {now.year - 1}")
    core_jobs.run(actions.set_old_after(owner, base, 24) and Checkup.objects.get(base=base).job_id)
    assert [each.code for each in queries.findings(base)] == ["past", "link"]
    with pytest.raises(Invalid):
        actions.set_old_after(owner, base, 999)
    core_jobs.run(actions.set_old_after(owner, base, 0) and Checkup.objects.get(base=base).job_id)
    assert queries.old_after(base) == 0


def test_never_used_only_where_others_are_used(look, learned, base) -> None:
    now = timezone.now()
    idle, busy, fresh = (learned(f"Text number {name}.", name) for name in ("idle", "busy", "fresh"))
    for source in (idle, busy):
        set_(source, created_at=now - 3 * MONTH)
    assert look() == [("unused", "base")]
    set_(busy, last_used_at=now)
    assert look() == [("unused", "source")]
    assert queries.findings(base)[0].source == idle
    set_(idle, last_used_at=now)
    assert look() == []
    assert fresh.last_used_at is None


def test_a_source_that_fails_is_shown_at_once_and_first_and_gone_once_it_works(owner, base, look, learned) -> None:
    source = work(knowledge.add_file(owner, base, "broken.pdf", b"%PDF-1.4 not really"))
    assert source.state == Source.State.FAILED
    (found,) = queries.findings(base)
    assert (found.kind, found.source) == ("failing", source)
    assert look() == [("failing", found.code)]
    work(knowledge.refresh_source(owner, source))
    assert queries.findings(base).get() == found
    for price in (12, 14):
        learned(f"Breakfast costs {price} € for every guest.", f"Menu {price}")
    assert look() == [("failing", found.code), ("contradicting", "money")]
    work(knowledge.replace_file(owner, source, b"Now it is a text.", name="fine.txt"))
    assert [each.kind for each in queries.findings(base)] == ["contradicting"]


def test_passages_that_did_not_change_are_not_compared_again(look, learned, base, monkeypatch) -> None:
    learned("Breakfast costs 12 € for every guest.", "Old")
    learned("Breakfast costs 14 € for every guest.", "New")
    look()
    monkeypatch.setattr(comparing, "compare", None)
    assert look() == [("contradicting", "money")]


def test_looking_can_be_stopped_and_what_was_found_stays(look, owner, learned, base) -> None:
    learned("Breakfast costs 12 € for every guest.", "Old")
    learned("Breakfast costs 14 € for every guest.", "New")
    look()
    learned("Breakfast costs 16 € for every guest.", "Newer")
    job = actions.check(owner, base)
    assert queries.look([base]).busy
    assert actions.check(owner, base) == job
    actions.stop(owner, base)
    core_jobs.run(job.pk)
    assert not queries.look([base]).busy
    assert queries.findings(base).count() == 1


def test_a_look_tells_how_far_it_is(look, learned, base, monkeypatch) -> None:
    learned("Breakfast costs 12 € for every guest.", "Old")
    seen = []
    compare = comparing.compare

    def watched(chunks, tell) -> list[Any]:
        found = compare(chunks, tell)
        seen.append(queries.look([base]))
        return found

    monkeypatch.setattr(comparing, "compare", watched)
    look()
    assert seen[0].busy
    assert seen[0].percent == 99
    assert queries.look([base]).checked_at is not None


def test_beyond_the_most_that_is_compared_it_is_said(look, learned, base, monkeypatch) -> None:
    for number in range(3):
        learned(f"Room {number} looks over the sea.", f"Room {number}")
    monkeypatch.setattr(comparing, "MOST_PASSAGES", 2)
    look()
    assert queries.look([base]).not_compared == 1


def test_every_night_each_base_with_sources(learned, base, owner) -> None:
    knowledge.create_base(owner, "Empty")
    learned("A text.")
    job = core_jobs.enqueue("knowledge.check_all")
    core_jobs.run(job.pk)
    assert [row.arguments for row in Job.objects.filter(kind="knowledge.check")] == [{"base_id": base.pk}]


def test_a_base_that_is_gone_is_not_looked_at(owner, base, learned) -> None:
    learned("A text.")
    job = jobs.start(base)
    deletion.delete_base(owner, base)
    core_jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert not queries.findings().exists()


def test_viewers_and_strangers_change_nothing(look, owner, stranger, learned, base) -> None:
    learned("Breakfast costs 12 € for every guest.", "Old")
    learned("Breakfast costs 14 € for every guest.", "New")
    look()
    (found,) = queries.findings(base)
    viewer = Actor.person(Membership(workspace=owner.workspace, user=owner.user, role=Role.VIEWER))
    for change in (
        lambda: actions.check(viewer, base),
        lambda: actions.stop(viewer, base),
        lambda: actions.dismiss(viewer, [found.uuid]),
        lambda: actions.reopen(viewer, [found.uuid]),
        lambda: actions.set_old_after(viewer, base, 3),
    ):
        with pytest.raises(NotAllowed):
            change()
    with scope(workspace=stranger.workspace):
        assert actions.dismiss(stranger, [found.uuid]) == 0
        assert not queries.findings().exists()
