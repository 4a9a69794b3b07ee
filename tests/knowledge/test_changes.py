"""Who may change knowledge, what is refused, and what the Studio and the API read of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, deletion, queries
from frontdesk.knowledge.errors import (
    BaseFull,
    BaseNotFound,
    EmptyFile,
    FileTooLarge,
    NothingToStop,
    PassageNotFound,
    SourceNotFound,
)
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces.models import AuditEntry, Membership, Role
from frontdesk.workspaces.permissions import Actor

from .conftest import work
from .shop import work_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(owner: Any, in_workspace: Any) -> Actor:
    membership = Membership(workspace=in_workspace, user=owner.user, role=Role.VIEWER)
    return Actor.person(membership)


def test_a_viewer_changes_nothing(viewer, base, learned) -> None:
    source = learned("Some text.")
    (chunk,) = queries.passages(source)
    for change in (
        lambda: actions.create_base(viewer, "Mine"),
        lambda: actions.update_base(viewer, base, name="Mine"),
        lambda: deletion.delete_base(viewer, base),
        lambda: actions.base_of_agent(viewer, 1, "Mine"),
        lambda: actions.add_file(viewer, base, "a.txt", b"a"),
        lambda: actions.add_text(viewer, base, "A", "a"),
        lambda: actions.add_link(viewer, base, "https://example.org"),
        lambda: actions.replace_file(viewer, source, b"a"),
        lambda: actions.update_source(viewer, source, text="a"),
        lambda: actions.refresh_source(viewer, source),
        lambda: actions.cancel_source(viewer, source),
        lambda: deletion.delete_source(viewer, source),
        lambda: deletion.bring_back_base(viewer, base.uuid),
        lambda: deletion.bring_back_source(viewer, source.uuid),
        lambda: deletion.remove_base(viewer, base.uuid),
        lambda: deletion.remove_source(viewer, source.uuid),
        lambda: actions.exclude_passage(viewer, chunk),
    ):
        with pytest.raises(NotAllowed):
            change()


def test_a_stranger_finds_nothing_to_change(stranger, base, learned, in_workspace) -> None:
    source = learned("Some text.")
    (chunk,) = queries.passages(source)
    with scope(workspace=stranger.workspace):
        for change, missing in (
            (lambda: actions.update_base(stranger, base, name="Mine"), BaseNotFound),
            (lambda: deletion.delete_base(stranger, base), BaseNotFound),
            (lambda: actions.add_text(stranger, base, "A", "a"), BaseNotFound),
            (lambda: actions.add_file(stranger, base, "a.txt", b"a"), BaseNotFound),
            (lambda: deletion.delete_source(stranger, source), SourceNotFound),
            (lambda: actions.update_source(stranger, source, text="a"), SourceNotFound),
            (lambda: actions.exclude_passage(stranger, chunk), PassageNotFound),
            (lambda: queries.base(base.uuid), BaseNotFound),
            (lambda: queries.source(source.pk), SourceNotFound),
            (lambda: queries.passage(chunk.uuid), PassageNotFound),
        ):
            with pytest.raises(missing):
                change()
        assert queries.bases_of([base.uuid]) == []


def test_every_change_is_written_down(owner, base) -> None:
    source = actions.add_text(owner, base, "A", "Text.")
    actions.update_source(owner, source, title="B")
    deletion.delete_source(owner, source)
    actions.update_base(owner, base, name="Other")
    deletion.delete_base(owner, base)
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
    assert verbs[-6:] == [
        "knowledge_base.created",
        "source.added",
        "source.changed",
        "source.deleted",
        "knowledge_base.changed",
        "knowledge_base.deleted",
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"chunk_size": 4}, "chunk_size"),
        ({"chunk_size": 64, "chunk_overlap": 60}, "chunk_overlap"),
        ({"retrieval_method": "magic"}, "retrieval_method"),
        ({"sparse_weightage": 2.0}, "sparse_weightage"),
        ({"top_k": 0}, "top_k"),
        ({"deleted_at": None}, "deleted_at"),
        ({"name": ""}, "name"),
        ({"chunk_size": "many"}, "chunk_size"),
        ({"update_interval": timedelta(seconds=1)}, "update_interval"),
    ],
)
def test_wrong_values_are_named(owner, base, fields, wrong) -> None:
    with pytest.raises(Invalid) as refused:
        actions.update_base(owner, base, **fields)
    assert [error["field"] for error in refused.value.errors] == [wrong]


def test_uploads_have_limits(owner, base, settings, media) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(FileTooLarge):
        actions.add_file(owner, base, "big.txt", b"a" * 101)
    with pytest.raises(FileTooLarge):
        actions.add_text(owner, base, "Big", "a" * 101)
    with pytest.raises(EmptyFile):
        actions.add_file(owner, base, "empty.txt", b"")
    with pytest.raises(Invalid):
        actions.add_text(owner, base, "Empty", " \n")
    assert not media.exists()


def test_a_full_base_takes_no_more(owner, base, settings) -> None:
    settings.KNOWLEDGE_MAX_PAGES = 10
    source = actions.add_text(owner, base, "A", "Text.")
    Source.objects.filter(pk=source.pk).update(pages=10)
    with pytest.raises(BaseFull):
        actions.add_text(owner, base, "B", "Text.")


@pytest.mark.parametrize("url", ["ftp://example.org/a", "no address", "https://me:secret@example.org", "javascript:alert(1)", ""])
def test_links_must_be_web_addresses(owner, base, url) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_link(owner, base, url)
    assert refused.value.errors[0]["field"] == "url"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\menu.pdf", "menu.pdf"),
        ("قائمة.pdf", "قائمة.pdf"),
        ("", "file"),
        ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
    ],
)
def test_names_of_files_are_only_names(owner, base, media, given, kept) -> None:
    source = actions.add_file(owner, base, given, b"text")
    assert source.name == kept
    assert (media / source.file).resolve().is_relative_to(media / str(owner.workspace.uuid) / "knowledge")


def test_a_replaced_file_keeps_its_id_and_the_old_file_goes(owner, base, media) -> None:
    source = work(actions.add_file(owner, base, "menu.txt", b"Latte costs four."))
    old = source.file
    replaced = work(actions.replace_file(owner, source, b"Latte costs five.", name="menu-2.txt"))
    assert (replaced.pk, replaced.uuid, replaced.name) == (source.pk, source.uuid, "menu-2.txt")
    assert [chunk.text for chunk in queries.passages(replaced)] == ["Latte costs five."]
    work_all()
    assert not (media / old).exists()


def test_stopping_needs_something_that_runs(owner, base, learned) -> None:
    with pytest.raises(NothingToStop):
        actions.cancel_source(owner, learned("Some text."))


def test_an_agents_own_base_is_made_once(owner, in_workspace) -> None:
    from frontdesk.agents.models import Agent

    agent = Agent.objects.create(workspace=in_workspace, name="Ada")
    assert actions.base_of_agent(owner, agent.pk, "Ada") == actions.base_of_agent(owner, agent.pk, "Ada")


def test_bases_are_counted_in_one_query(owner, base, django_assert_num_queries) -> None:
    actions.add_text(owner, base, "A", "Text.")
    actions.add_link(owner, base, "https://example.org/")
    actions.add_file(owner, base, "a.xlsx", b"PK", kind=Source.Kind.EXCEL)
    actions.add_file(owner, base, "b.xlsx", b"PK", kind=Source.Kind.DATA_EXCEL)
    deletion.delete_source(owner, actions.add_text(owner, base, "Gone", "Text."))
    for number in range(5):
        actions.create_base(owner, f"Base {number}")
    with django_assert_num_queries(1):
        rows = {row.name: (row.files_count, row.links_count, row.excels_count, row.data_excels_count) for row in queries.bases()}
    assert rows["Menu"] == (1, 1, 1, 1)
    assert rows["Base 3"] == (0, 0, 0, 0)


def test_sources_are_listed_with_their_progress_in_one_query(owner, base, django_assert_num_queries) -> None:
    for number in range(4):
        actions.add_text(owner, base, f"Text {number}", "Text.")
    with django_assert_num_queries(1):
        found = [(source.name, queries.progress(source).sentence) for source in queries.sources(base)[:3]]
    assert found == [(f"Text {number}", "Waiting for its turn") for number in (3, 2, 1)]


@pytest.mark.parametrize(
    ("note", "done", "total", "sentence", "percent"),
    [
        ("reading", 3, 80, "Reading page 3 of 80", 3),
        ("learning", 5, 10, "Learning passage 5 of 10", 50),
        ("fetching", 0, 0, "Fetching the page", None),
        ("saving", 10, 10, "Saving", 100),
    ],
)
def test_progress_says_what_is_going_on(owner, base, note, done, total, sentence, percent) -> None:
    source = actions.add_text(owner, base, "A", "Text.")
    Job.objects.filter(pk=source.job_id).update(state=Job.State.RUNNING, note=note, done=done, total=total)
    shown = queries.progress(queries.source(source.pk))
    assert (shown.sentence, shown.percent) == (sentence, percent)


def test_rows_are_found_by_id_and_uuid_and_nothing_else(base, learned) -> None:
    source = learned("Some text.")
    for key in (source.pk, str(source.pk), source.uuid, str(source.uuid)):
        assert queries.source(key) == source
    assert queries.base(base.uuid) == queries.base(base.pk) == base
    for key in (0, 10**30, str(10**30), "x", "", uuid4(), "٣"):
        with pytest.raises(SourceNotFound):
            queries.source(key)


def test_neighbours_stand_around_a_passage(owner, in_workspace) -> None:
    small = actions.create_base(owner, "Small", chunk_size=64, chunk_overlap=0)
    text = "\n\n".join(f"Rule {number}. " + "Because of this and that. " * 12 for number in range(5))
    source = work(actions.add_text(owner, small, "Rules", text))
    middle = queries.passages(source)[2]
    assert [chunk.position for chunk in queries.neighbours(middle)] == [1, 2, 3]


def test_deleted_bases_are_gone_at_once(owner, base, learned) -> None:
    source = learned("Some text.")
    deletion.delete_base(owner, base)
    assert not queries.bases().exists()
    assert queries.bases_of([base.uuid]) == []
    with pytest.raises(SourceNotFound):
        queries.source(source.pk)
    assert KnowledgeBase.objects.filter(pk=base.pk).exists()


def test_use_is_counted(base, learned) -> None:
    source = learned("Some text.")
    actions.note_used({source.pk})
    actions.note_used({source.pk})
    source.refresh_from_db()
    assert source.used_count == 2
    assert source.last_used_at is not None
