"""Many sources at once, a base that pauses, passages in an owner's words, what is dropped twice, and why nothing was found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from frontdesk.conversations.models import Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.knowledge import actions, many, queries
from frontdesk.knowledge.models import KnowledgeBase, Source
from tests.ground.rows import make_row

from .conftest import HTMX
from .test_knowledge import at, learned, text_of, toast_of, upload


def change(studio: Client, base: KnowledgeBase, do: str, *rows: Source, **more: Any) -> Any:
    return studio.post(at("sources_change", base.uuid), {"do": do, "id": [row.pk for row in rows], **more}, headers=HTMX)


def work_all() -> None:
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED).values_list("pk", flat=True)):
        for pk in waiting:
            core_jobs.run(pk)


# --- many sources ---------------------------------------------------------------------------------------------------


def test_all_that_match_are_chosen_whatever_page_they_are_on(
    studio: Client, owner: Any, base: KnowledgeBase, dogs: Source
) -> None:
    made = [
        Source(workspace=base.workspace, base=base, kind="text", name=f"Note {n}", state="failed", body="x") for n in range(40)
    ]
    Source.objects.bulk_create(made)
    assert "All 40" in text_of(studio.get(at("base", base.uuid), {"words": "note"}))
    done = change(studio, base, "exclude", all="1", words="note", state="failed")
    assert toast_of(done)["text"] == "40 sources are left out of answers."
    assert queries.sources(base).filter(excluded=False).get() == dogs


def test_deleting_many_is_undone_with_one_press(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    cats = actions.add_text(owner, base, "Cats", "Cats stay at home.")
    done = change(studio, base, "delete", dogs, cats)
    assert not queries.sources(base).exists()
    back = studio.post(toast_of(done)["undo"], headers=HTMX)
    assert toast_of(back)["text"] == "2 sources are back."
    assert "studio:added" in json.loads(back["HX-Trigger"])
    assert queries.sources(base).count() == 2


@pytest.mark.parametrize("moment", ["", "nonsense", "2026-11-21", "2026-11-21T10:00:00", "2026-99-21T10:00:00+00:00"])
def test_an_undo_without_a_moment_is_refused(studio: Client, base: KnowledgeBase, moment: str) -> None:
    assert studio.post(f"{at('sources_undo', base.uuid)}?at={moment}", headers=HTMX).status_code == 400


def test_sources_move_to_another_base_and_only_to_ones_own(
    studio: Client, owner: Any, base: KnowledgeBase, dogs: Source, foreign: Source
) -> None:
    staff = actions.create_base(owner, "Staff", reranking_enabled=False)
    assert toast_of(change(studio, base, "move", dogs))["text"] == "Choose where they go first."
    assert change(studio, base, "move", dogs, to=foreign.base.uuid).status_code == 404
    assert toast_of(change(studio, base, "move", dogs, to=staff.uuid))["text"] == "1 source is now in “Staff”."
    assert queries.sources(staff).get() == dogs


def test_sources_are_narrowed_by_kind_and_what_is_left_out(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    prices = learned(actions.add_file(owner, base, "prices.txt", b"Tea costs 2.50."))
    many.exclude(owner, base, queries.sources(base).filter(pk=dogs.pk))
    page = studio.get(at("base", base.uuid), {"kind": "file"})
    assert [row.source for row in page.context["rows"]] == [prices]
    left_out = studio.get(at("base", base.uuid), {"state": "excluded"})
    assert [row.source for row in left_out.context["rows"]] == [dogs]
    assert "Left out of answers" in text_of(left_out)
    assert [row.source for row in studio.get(at("base", base.uuid), {"kind": "nonsense", "state": "x"}).context["rows"]] == [
        prices,
        dogs,
    ]


# --- the learning of a base -----------------------------------------------------------------------------------------


def test_pause_go_on_stop_and_try_again(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    address = at("base_learning", base.uuid)
    waiting = actions.add_text(owner, base, "Cats", "Cats stay at home.")
    studio.post(address, {"do": "pause"}, headers=HTMX)
    page = studio.get(at("base", base.uuid))
    assert "Paused: 1 source waits" in text_of(page)
    assert "every 1s" not in page.content.decode()
    studio.post(address, {"do": "resume"}, headers=HTMX)
    assert "Learned: 0 of 1" in text_of(studio.get(at("base_progress", base.uuid), headers=HTMX))
    assert toast_of(studio.post(address, {"do": "stop"}, headers=HTMX))["text"] == "Stopped: 1 source."
    broken = learned(actions.add_file(owner, base, "broken.pdf", b"%PDF-1.7 and nothing more"))
    assert "1 source could not be learned" in text_of(studio.get(at("base_progress", base.uuid), headers=HTMX))
    assert toast_of(studio.post(address, {"do": "retry"}, headers=HTMX))["text"] == "1 source is tried again."
    assert [queries.source(row.pk).state for row in (waiting, broken, dogs)] == ["cancelled", "waiting", "ready"]
    assert studio.post(address, {"do": "nonsense"}, headers=HTMX).status_code == 400


def test_a_page_of_thousands_of_sources_asks_as_little_as_any_other(
    studio: Client, owner: Any, base: KnowledgeBase, django_assert_max_num_queries: Any
) -> None:
    states = ["ready", "failed", "waiting"]
    made = [Source(workspace=base.workspace, base=base, kind="text", name=f"Note {n}", state=states[n % 3]) for n in range(1_500)]
    Source.objects.bulk_create(made)
    studio.get(at("base", base.uuid))
    with django_assert_max_num_queries(15):
        page = studio.get(at("base", base.uuid))
    rows = [f"{row.source.pk}:{row.seen}" for row in page.context["rows"]]
    with django_assert_max_num_queries(15):
        assert studio.get(at("base_progress", base.uuid), {"row": rows}, headers=HTMX).status_code == 200


# --- files ----------------------------------------------------------------------------------------------------------


def test_what_is_here_already_is_named_and_not_learned_twice(studio: Client, base: KnowledgeBase) -> None:
    upload(studio, base, ("hours.txt", b"Open from nine."))
    [first] = queries.sources(base)
    told = upload(studio, base, ("hours (1).txt", b"Open from nine."), Accept="application/json").json()
    assert (told["added"], told["problems"]) == (0, [])
    assert told["twins"] == [
        {"name": "hours (1).txt", "message": "This file is here already, as “hours.txt”.", "url": at("source", first.uuid)}
    ]
    assert queries.sources(base).count() == 1
    assert upload(studio, base, ("hours.txt", b"Open from ten."), Accept="application/json").json()["added"] == 1


def test_the_page_knows_what_need_not_be_sent(studio: Client, base: KnowledgeBase) -> None:
    rules = studio.get(at("base", base.uuid)).context["rules"]
    assert rules["refused"][".png"].startswith("This is a picture")
    assert rules["refused"][".doc"].startswith("This is a document in a format")
    assert rules["refused"][".mp4"].startswith("This kind of file cannot be read.")
    assert not {".pdf", ".docx", ".xlsx", ".csv", ".txt", ".html", ".json", ""} & rules["refused"].keys()


def test_a_file_is_called_what_it_is_once_it_was_read(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    learned(actions.add_file(owner, base, "menu.docx", b"<html><body><p>Tea costs 2.50.</p></body></html>"))
    assert "Web page" in text_of(studio.get(at("base", base.uuid)))


# --- passages -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_passage_in_an_owners_words_and_back(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    chunk = queries.passages(dogs).get()
    assert "Dogs are welcome on a leash." in text_of(studio.get(at("passage_edit", chunk.pk), headers=HTMX))
    saved = studio.post(at("passage_edit", chunk.pk), {"text": "Dogs must wait outside. <b>Sorry</b>"}, headers=HTMX)
    assert "Your words" in text_of(saved)
    assert "&lt;b&gt;Sorry&lt;/b&gt;" in saved.content.decode()
    assert studio.post(at("passage_edit", chunk.pk), {"text": "Again"}, headers=HTMX).status_code == 409
    work_all()
    assert "wait outside" in text_of(studio.get(at("base_ask", base.uuid), {"q": "May dogs come in?"}))
    page = studio.get(at("source", dogs.uuid), {"which": "edited"})
    assert "What the source says" in text_of(page)
    back = studio.post(at("passage_restore", chunk.pk), headers=HTMX)
    assert "Your words" not in text_of(back)
    assert "Dogs are welcome on a leash." in text_of(back)


def test_an_empty_passage_is_refused_beside_its_field(studio: Client, dogs: Source) -> None:
    chunk = queries.passages(dogs).get()
    page = studio.post(at("passage_edit", chunk.pk), {"text": "  "}, headers=HTMX)
    assert page.status_code == 422
    assert "or leave this passage out of answers" in text_of(page)


def test_chosen_passages_are_left_out_together_and_found_again(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    text = "\n\n".join(f"# Table {n}\n\n" + "It stands by the window. " * 80 for n in range(4))
    source = learned(actions.add_file(owner, base, "tables.md", text.encode()))
    chosen = [chunk.pk for chunk in queries.passages(source)[:2]]
    studio.post(at("passages_exclude", source.uuid), {"do": "exclude", "id": [*chosen, "x", "9" * 30]})
    page = studio.get(at("source", source.uuid), {"which": "excluded"})
    assert [chunk.pk for chunk, _place in page.context["passages"]] == chosen
    assert "2 passages are left out of answers." in text_of(page)
    none = studio.get(at("source", source.uuid), {"words": "nowhere at all"})
    assert "No passage matches." in text_of(none)


def test_the_answers_that_rest_on_a_source_are_shown(
    studio: Client, base: KnowledgeBase, dogs: Source, in_workspace: Any
) -> None:
    asked = make_row(Message, in_workspace, text="Is my dog welcome?", author="customer")
    make_row(
        Message,
        in_workspace,
        conversation=asked.conversation,
        author="AI",
        text="Yes.",
        reply_to=asked,
        sources=[{"source_id": dogs.pk}],
    )
    actions.note_used({dogs.pk})
    page = studio.get(at("source", dogs.uuid))
    assert "Is my dog welcome?" in text_of(page)
    assert at("conversation", asked.conversation.uuid) in page.content.decode()


# --- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_asking_says_which_words_were_found_and_why_nothing_was(
    studio: Client, owner: Any, base: KnowledgeBase, dogs: Source
) -> None:
    said = text_of(studio.get(at("base_ask", base.uuid), {"q": "Are dogs welcome?"}))
    assert "Words of the question in it: dogs, welcome" in said
    assert "Same words: strong" in said
    actions.exclude_passage(owner, queries.passages(dogs).get())
    learned(actions.add_file(owner, base, "broken.pdf", b"%PDF-1.7 and nothing more"))
    actions.add_text(owner, base, "Cats", "Cats stay at home.")
    work_all()
    many.pause(owner, base)
    actions.add_text(owner, base, "Birds", "Birds sing.")
    said = text_of(studio.get(at("base_ask", base.uuid), {"q": "Are dogs welcome on bicycles?"}))
    assert "These words stand nowhere in this knowledge: dogs, welcome, bicycles" in said
    assert "You left out a passage that speaks of it: Dogs are welcome on a leash." in said
    assert "1 source waits, for learning is paused." in said
    assert "1 source could not be learned." in said


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_viewer_and_a_stranger_change_nothing(
    studio: Client, member: Any, base: KnowledgeBase, dogs: Source, foreign: Source
) -> None:
    viewer = member("viewer")
    chunk = queries.passages(dogs).get()
    mine = [at("base_learning", base.uuid), at("sources_change", base.uuid), at("sources_undo", base.uuid)]
    mine += [at("passage_edit", chunk.pk), at("passage_restore", chunk.pk), at("passages_exclude", dogs.uuid)]
    assert {viewer.post(path, {"do": "pause", "text": "x"}).status_code for path in mine} == {403}
    theirs = [
        at("base_learning", foreign.base.uuid),
        at("sources_change", foreign.base.uuid),
        at("passages_exclude", foreign.uuid),
    ]
    assert {studio.post(path, {"do": "delete"}).status_code for path in theirs} == {404}
    page = viewer.get(at("base", base.uuid))
    assert "k-bulk" not in page.content.decode()
