"""Knowledge as an owner uses it: adding, watching it being learned, looking inside, asking, deleting."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from frontdesk.core import jobs as core_jobs
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.models import KnowledgeBase, Source

from .conftest import HTMX, signed_in


def learned(source: Source) -> Source:
    """Run the job of a source, as the worker does."""
    core_jobs.run(source.job_id)
    return queries.source(source.pk)


def at(name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=args)


def text_of(response: Any) -> str:
    """The words on a page, without tags and white space."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def toast_of(response: Any) -> dict[str, str]:
    return json.loads(response["HX-Trigger"])["studio:toast"]


# --- bases ----------------------------------------------------------------------------------------------------------


def test_the_empty_list_teaches_and_leads_on(studio: Client) -> None:
    page = studio.get(at("knowledge"))
    assert "your agents answer from what you put here" in text_of(page)
    assert at("base_new") in page.content.decode()


def test_a_new_base_opens_ready_for_files(studio: Client, in_workspace: Any) -> None:
    made = studio.post(at("base_new"), {"name": "Menu", "description": ""})
    base = queries.bases().get()
    assert made.url == at("base", base.uuid)
    assert "Drop files or folders here" in text_of(studio.get(made.url))


def test_a_base_needs_a_name(studio: Client, in_workspace: Any) -> None:
    page = studio.post(at("base_new"), {"name": " "})
    assert page.status_code == 422
    assert "This field is required." in text_of(page)
    assert not queries.bases().exists()


def test_a_card_counts_what_is_ready_and_what_failed(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    learned(actions.add_file(owner, base, "broken.pdf", b"%PDF-1.7 and nothing more"))
    actions.add_text(owner, base, "Cats", "Cats stay at home.")
    said = text_of(studio.get(at("knowledge")))
    assert "3 sources" in said
    assert "1 learning…" in said
    assert "1 could not be learned" in said


def test_fine_tuning_keeps_what_was_chosen(studio: Client, base: KnowledgeBase) -> None:
    values = {"name": "Menu card", "update_interval": "86400", "retrieval_method": "sparse", "sparse_weightage": "0.8"}
    values |= {"top_k": 7, "top_k_after_reranking": 2, "chunk_size": 256, "chunk_overlap": 16, "embedding_type": ""}
    assert studio.post(at("base_fine_tune", base.uuid), values).status_code == 302
    base.refresh_from_db()
    assert (base.name, base.retrieval_method, base.top_k, base.chunk_size) == ("Menu card", "sparse", 7, 256)
    assert base.update_interval.days == 1
    assert base.reranking_enabled is False


def test_an_overlap_that_is_too_large_is_said_beside_its_field(studio: Client, base: KnowledgeBase) -> None:
    values = {"name": "Menu", "update_interval": "3600", "retrieval_method": "hybrid", "sparse_weightage": "0.5"}
    values |= {"top_k": 5, "top_k_after_reranking": 3, "chunk_size": 100, "chunk_overlap": 90}
    page = studio.post(at("base_fine_tune", base.uuid), values)
    assert page.status_code == 422
    assert page.context["form"].errors == {"chunk_overlap": ["The overlap must be at most half of the passage size."]}
    base.refresh_from_db()
    assert base.chunk_overlap == 32


def test_deleting_a_base_names_the_agents_that_lose_it(studio: Client, base: KnowledgeBase, agent: Any, owner: Any) -> None:
    from frontdesk.agents import actions as agents

    content = agents.latest_content(agent).model_copy(update={"knowledge": [base.uuid]})
    agents.save_for_later(owner, agent, content)
    assert "These agents will no longer know it: Mila" in text_of(studio.get(at("base_fine_tune", base.uuid)))
    assert studio.post(at("base_delete", base.uuid)).url == at("knowledge_deleted")
    assert studio.get(at("base", base.uuid)).status_code == 404


# --- adding ---------------------------------------------------------------------------------------------------------


def upload(client: Client, base: KnowledgeBase, *files: tuple[str, bytes], **headers: str) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(at("base_files", base.uuid), {"files": sent}, headers=headers)


def test_many_files_at_once_without_a_script(studio: Client, base: KnowledgeBase) -> None:
    answer = upload(studio, base, ("a.txt", b"Open from nine."), ("b.md", b"# Prices\nTea 2.50"), ("empty.txt", b""))
    assert answer.status_code == 302
    said = text_of(studio.get(answer.url))
    assert "Learning 2 files…" in said
    assert "empty.txt: This file is empty." in said
    assert queries.sources(base).count() == 2


def test_the_script_hears_of_each_file(studio: Client, base: KnowledgeBase) -> None:
    json_please = {"Accept": "application/json"}
    assert upload(studio, base, ("a.txt", b"Open from nine."), **json_please).json() == {"added": 1, "problems": [], "twins": []}
    refused = upload(studio, base, ("empty.txt", b""), **json_please)
    assert refused.status_code == 422
    [problem] = refused.json()["problems"]
    assert problem["message"].startswith("This file is empty.")


def test_a_file_that_is_too_large_gets_a_sentence(studio: Client, base: KnowledgeBase, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 2**20
    answer = upload(studio, base, ("big.txt", b"x" * (2**20 + 1)), Accept="application/json")
    assert "larger than 1 MiB" in answer.json()["problems"][0]["message"]


@pytest.mark.parametrize(
    ("way", "values", "name"),
    [
        ("link", {"url": "example.com/menu"}, "https://example.com/menu"),
        ("text", {"title": "Parking", "text": "Behind the house."}, "Parking"),
        ("answer", {"question": "Are dogs welcome?", "answer": "Yes."}, "Are dogs welcome?"),
    ],
)
def test_other_ways_to_add(studio: Client, base: KnowledgeBase, way: str, values: dict[str, str], name: str) -> None:
    answer = studio.post(at("base_add", base.uuid, way), values, headers=HTMX)
    assert "Learning…" in toast_of(answer)["text"]
    assert "studio:added" in json.loads(answer["HX-Trigger"])
    assert [source.name for source in queries.sources(base)] == [name]


def test_links_are_followed_only_when_asked(studio: Client, base: KnowledgeBase) -> None:
    studio.post(at("base_add", base.uuid, "link"), {"url": "https://example.com/", "grabber_enabled": "on"})
    studio.post(at("base_add", base.uuid, "link"), {"url": "https://example.com/menu"})
    assert [source.grabber_enabled for source in queries.sources(base)] == [False, True]


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_a_bad_link_is_said_beside_its_field(studio: Client, base: KnowledgeBase, headers: dict[str, str]) -> None:
    page = studio.post(at("base_add", base.uuid, "link"), {"url": "ftp://example.com"}, headers=headers)
    assert page.status_code == 422
    assert 's-problem" id="id_url_error"' in page.content.decode()
    assert not queries.sources(base).exists()


# --- the list -------------------------------------------------------------------------------------------------------


def test_what_is_learned_moves_from_learning_to_ready(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    source = actions.add_text(owner, base, "Dogs", "Dogs are welcome.")
    page = studio.get(at("base", base.uuid)).content.decode()
    assert "every 1s" in page
    assert f'value="{source.pk}:waiting"' in page
    learned(source)
    told = studio.get(at("base_progress", base.uuid), {"row": f"{source.pk}:waiting"}, headers=HTMX)
    assert f'id="now-{source.pk}" hx-swap-oob="true"' in told.content.decode()
    assert "Ready" in text_of(told)
    assert "1 passage" in text_of(told)
    assert "every 1s" not in told.content.decode()


def test_progress_is_true(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    source = actions.add_text(owner, base, "Dogs", "Dogs are welcome.")
    type(source.job).objects.filter(pk=source.job_id).update(state="running", done=3, total=12, note="reading")
    Source.objects.filter(pk=source.pk).update(state="learning")
    told = studio.get(at("base_progress", base.uuid), {"row": f"{source.pk}:waiting"}, headers=HTMX)
    assert "Reading page 3 of 12" in text_of(told)
    assert '<progress value="25"' in told.content.decode()


def test_rows_that_did_not_change_are_left_alone(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    told = studio.get(at("base_progress", base.uuid), {"row": [f"{dogs.pk}:ready", "nonsense", "9" * 30]}, headers=HTMX)
    assert told.status_code == 200
    assert f"now-{dogs.pk}" not in told.content.decode()


def test_a_deleted_row_disappears(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    done = studio.post(at("source_change", dogs.uuid), {"do": "delete"}, headers=HTMX)
    assert toast_of(done)["text"] == "“Dogs” is deleted. You can bring it back for 30 days."
    told = studio.get(at("base_progress", base.uuid), {"row": f"{dogs.pk}:ready"}, headers=HTMX)
    assert f'id="source-{dogs.pk}" hx-swap-oob="delete"' in told.content.decode()
    assert "studio:added" in told["HX-Trigger"]


def test_the_reason_stands_where_a_file_failed(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    broken = learned(actions.add_file(owner, base, "broken.pdf", b"%PDF-1.7 and nothing more"))
    page = text_of(studio.get(at("base", base.uuid)))
    assert broken.problem in page
    assert "Try again" in page


def test_stop_and_try_again(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    source = actions.add_text(owner, base, "Dogs", "Dogs are welcome.")
    assert toast_of(studio.post(at("source_change", source.uuid), {"do": "stop"}, headers=HTMX))["text"] == "Stopped."
    assert queries.source(source.pk).state == "cancelled"
    studio.post(at("source_change", source.uuid), {"do": "refresh"}, headers=HTMX)
    assert learned(queries.source(source.pk)).state == "ready"


def test_stopping_what_is_ready_is_explained(studio: Client, dogs: Source) -> None:
    answer = studio.post(at("source_change", dogs.uuid), {"do": "stop"}, headers=HTMX)
    assert answer.status_code == 409
    assert "not being learned" in toast_of(answer)["text"]


def test_many_sources_go_at_once_and_only_of_this_base(
    studio: Client, owner: Any, base: KnowledgeBase, dogs: Source, foreign: Source
) -> None:
    other = actions.add_text(owner, actions.create_base(owner, "Staff"), "Keys", "Under the mat.")
    cats = actions.add_text(owner, base, "Cats", "Cats stay at home.")
    ids = [dogs.pk, cats.pk, other.pk, foreign.pk, "x"]
    done = studio.post(at("sources_change", base.uuid), {"do": "delete", "id": ids}, headers=HTMX)
    assert toast_of(done)["text"] == "2 sources are deleted. You can bring them back for 30 days."
    assert not queries.sources(base).exists()
    assert queries.source(other.pk).name == "Keys"


def test_search_filter_and_pages(
    studio: Client, owner: Any, base: KnowledgeBase, dogs: Source, django_assert_max_num_queries: Any
) -> None:
    Source.objects.bulk_create(
        Source(workspace=owner.workspace, base=base, kind="text", name=f"Note {n}", state="ready") for n in range(200)
    )
    studio.get(at("base", base.uuid))
    with django_assert_max_num_queries(15):
        first = studio.get(at("base", base.uuid))
    assert first.content.decode().count('class="k-source"') == 30
    last = studio.get(at("base", base.uuid), {"page": 7})
    assert "Dogs" in text_of(last)
    found = studio.get(at("base", base.uuid), {"words": "dog"}, headers=HTMX)
    assert found.content.decode().count('class="k-source"') == 1
    none = studio.get(at("base", base.uuid), {"state": "failed", "words": "dog"})
    assert none.content.decode().count('class="k-source"') == 1


# --- a source and its passages --------------------------------------------------------------------------------------


def test_passages_stand_as_the_ai_sees_them(studio: Client, dogs: Source) -> None:
    assert "Dogs are welcome on a leash." in text_of(studio.get(at("source", dogs.uuid)))


@pytest.mark.django_db(transaction=True)
def test_a_passage_can_be_left_out_of_answers(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    chunk = queries.passages(dogs).get()
    answer = studio.post(at("passage_exclude", chunk.pk), {"excluded": "1"}, headers=HTMX)
    assert "Left out of answers" in text_of(answer)
    assert "Nothing here fits" in text_of(studio.get(at("base_ask", base.uuid), {"q": "May dogs come in?"}))
    studio.post(at("passage_exclude", chunk.pk), {"excluded": "0"}, headers=HTMX)
    assert "leash" in text_of(studio.get(at("base_ask", base.uuid), {"q": "May dogs come in?"}))


def test_a_found_passage_leads_to_its_place(studio: Client, dogs: Source) -> None:
    chunk = queries.passages(dogs).get()
    assert studio.get(at("passage", chunk.pk)).url == f"{at('source', dogs.uuid)}?page=1#passage-{chunk.pk}"


def test_a_text_is_changed_in_place_and_labels_keep_their_types(studio: Client, owner: Any, dogs: Source) -> None:
    actions.update_source(owner, dogs, metadata={"rank": 3, "season": "summer"})
    values = {"title": "Dogs", "text": "No dogs today.", "metadata": "rank: 3\nseason: winter"}
    assert studio.post(at("source_edit", dogs.uuid), values).status_code == 302
    now = learned(queries.source(dogs.pk))
    assert now.metadata == {"rank": 3, "season": "winter"}
    assert [chunk.text for chunk in queries.passages(now)] == ["No dogs today."]


def test_a_new_name_alone_learns_nothing_again(studio: Client, dogs: Source) -> None:
    studio.post(at("source_edit", dogs.uuid), {"title": "Pets", "text": dogs.body, "metadata": ""})
    now = queries.source(dogs.pk)
    assert (now.name, now.state, now.revision) == ("Pets", "ready", dogs.revision)


def test_a_label_without_a_colon_is_said_beside_its_field(studio: Client, dogs: Source) -> None:
    page = studio.post(at("source_edit", dogs.uuid), {"title": "Dogs", "text": dogs.body, "metadata": "summer"})
    assert page.status_code == 422
    assert "metadata" in page.context["form"].errors


def test_a_newer_file_takes_the_place_of_the_old_one(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    source = learned(actions.add_file(owner, base, "prices.txt", b"Tea costs 2.50."))
    studio.post(at("source_file", source.uuid), {"file": SimpleUploadedFile("prices-2.txt", b"Tea costs 2.80.")})
    now = learned(queries.source(source.pk))
    assert now.name == "prices-2.txt"
    assert [chunk.text for chunk in queries.passages(now)] == ["Tea costs 2.80."]


def test_a_source_page_loads_anew_once_it_is_learned(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    source = actions.add_text(owner, base, "Dogs", "Dogs are welcome.")
    state = at("source", source.uuid)
    assert "HX-Refresh" not in studio.get(state, {"state": "waiting"}, headers=HTMX)
    learned(source)
    assert studio.get(state, {"state": "waiting"}, headers=HTMX)["HX-Refresh"] == "true"


# --- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_asking_shows_what_was_found_and_why(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    page = studio.get(at("base_ask", base.uuid), {"q": "Are dogs welcome?"})
    said = text_of(page)
    assert "Dogs are welcome on a leash." in said
    assert "The answer is very likely in what was found." in said
    assert "Same words" in said
    assert "Same meaning" in said
    assert "'unsafe-eval'" in page["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
def test_asking_what_is_not_there_says_what_to_do(studio: Client, base: KnowledgeBase) -> None:
    assert "write the answer" in text_of(studio.get(at("base_ask", base.uuid), {"q": "Do you repair bicycles?"}))


# --- who may --------------------------------------------------------------------------------------------------------

READ = ("base", "base_ask", "base_fine_tune", "base_progress")


@pytest.mark.django_db(transaction=True)
def test_a_viewer_looks_and_changes_nothing(member: Any, base: KnowledgeBase, dogs: Source) -> None:
    viewer = member("viewer")
    for name in READ:
        page = viewer.get(at(name, base.uuid))
        assert page.status_code == 200
        assert "Delete" not in text_of(page)
    assert viewer.get(at("source", dogs.uuid)).status_code == 200
    for path in (at("base_files", base.uuid), at("base_add", base.uuid, "text"), at("base_delete", base.uuid)):
        assert viewer.post(path).status_code == 403
    for path in (
        at("base_fine_tune", base.uuid),
        at("source_change", dogs.uuid),
        at("source_edit", dogs.uuid),
        at("source_file", dogs.uuid),
    ):
        assert viewer.post(path, {"do": "delete"}).status_code == 403
    assert viewer.post(at("passage_exclude", queries.passages(dogs).get().pk), {"excluded": "1"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_what_is_charlies_does_not_exist_for_alice(studio: Client, charlie: Any, base: KnowledgeBase, foreign: Source) -> None:
    for name in READ:
        assert studio.get(at(name, foreign.base.uuid)).status_code == 404
    assert studio.get(at("source", foreign.uuid)).status_code == 404
    for path in (at("source_change", foreign.uuid), at("source_edit", foreign.uuid), at("source_file", foreign.uuid)):
        assert studio.post(path, {"do": "delete"}).status_code == 404
    for path in (
        at("base_delete", foreign.base.uuid),
        at("base_files", foreign.base.uuid),
        at("base_add", foreign.base.uuid, "text"),
    ):
        assert studio.post(path).status_code == 404
    assert signed_in(charlie).get(at("base", foreign.base.uuid)).status_code == 200
