"""What was deleted lately, as an owner sees it: undone at once, found again later, gone for good when they say so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from frontdesk.core.scoping import scope
from frontdesk.knowledge import deletion, queries
from frontdesk.knowledge.models import KnowledgeBase, Source

from .conftest import HTMX
from .test_knowledge import at, text_of, toast_of


def test_a_source_deleted_by_mistake_is_undone_from_the_toast(studio: Client, dogs: Source) -> None:
    answer = studio.post(at("source_change", dogs.uuid), {"do": "delete"}, headers=HTMX)
    assert queries.deleted().count() == 1
    undone = studio.post(toast_of(answer)["undo"], headers=HTMX)
    assert toast_of(undone)["text"] == "“Dogs” is back."
    assert queries.source(dogs.pk).name == "Dogs"


def test_the_page_says_what_by_whom_and_until_when(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    assert at("knowledge_deleted") not in studio.get(at("knowledge")).content.decode()
    deletion.delete_source(owner, dogs)
    assert at("knowledge_deleted") in studio.get(at("knowledge")).content.decode()
    words = text_of(studio.get(at("knowledge_deleted")))
    until = (queries.Deleted(**queries.deleted()[0])).until
    assert "Dogs" in words
    assert "From “ Menu ” · 1 passage" in words
    assert "Deleted by Alice," in words
    assert f"Can be brought back until {until:%-d %B %Y}" in words


def test_a_base_goes_and_comes_back_whole(studio: Client, base: KnowledgeBase, dogs: Source) -> None:
    answer = studio.post(at("base_delete", base.uuid))
    assert answer.url == at("knowledge_deleted")
    assert "“Menu” is deleted. You can bring it back for 30 days." in text_of(studio.get(answer.url))
    for name, key in (("base", base.uuid), ("source", dogs.uuid)):
        assert studio.get(at(name, key)).status_code == 404
    answer = studio.post(at("deleted_base_restore", base.uuid), follow=True)
    assert "“Menu” is back." in text_of(answer)
    assert "Dogs" in text_of(answer)


@pytest.mark.parametrize("thing", ["base", "source"])
def test_for_good_is_for_good(studio: Client, owner: Any, base: KnowledgeBase, dogs: Source, thing: str) -> None:
    row = base if thing == "base" else dogs
    deletion.delete_base(owner, base) if thing == "base" else deletion.delete_source(owner, dogs)
    answer = studio.post(at(f"deleted_{thing}_remove", row.uuid), follow=True)
    assert "It is deleted for good." in text_of(answer)
    assert "Nothing was deleted lately" in text_of(answer)
    assert studio.post(at(f"deleted_{thing}_restore", row.uuid)).status_code == 404


def test_a_viewer_looks_and_changes_nothing(member: Any, owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    deletion.delete_source(owner, dogs)
    viewer = member("viewer")
    page = viewer.get(at("knowledge_deleted"))
    assert "Dogs" in text_of(page)
    assert "Bring back" not in text_of(page)
    for name in ("deleted_source_restore", "deleted_source_remove"):
        assert viewer.post(at(name, dogs.uuid)).status_code == 403
    assert queries.deleted().count() == 1


def test_what_charlie_deleted_is_nothing_to_alice(studio: Client, stranger: Any, foreign: Source) -> None:
    with scope(workspace=stranger.workspace):
        deletion.delete_source(stranger, foreign)
        gone = queries.Deleted(**queries.deleted()[0])
    assert "Tyres" not in text_of(studio.get(at("knowledge_deleted")))
    for name in ("deleted_source_restore", "deleted_source_remove"):
        assert studio.post(at(name, gone.uuid)).status_code == 404
    with scope(workspace=stranger.workspace):
        assert queries.deleted().count() == 1


def test_the_api_knows_nothing_of_what_was_deleted(api: Any, key_api: Any, base: KnowledgeBase, dogs: Source) -> None:
    assert key_api.delete(f"/api/sources/{dogs.pk}").status_code == 204
    assert [key_api.delete(f"/api/sources/{dogs.pk}").status_code, api.get(f"/api/sources/{dogs.pk}").status_code] == [404, 404]
    assert api.get(f"/api/knowledge-bases/{base.uuid}/sources").json()["count"] == 0
    assert api.delete(f"/api/knowledge-bases/{base.uuid}").status_code == 204
    assert api.get(f"/api/knowledge-bases/{base.uuid}").status_code == 404
