"""Reads and searches of one credential have a limit; those of others go on."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.knowledge.actions import create_base

pytestmark = pytest.mark.django_db(transaction=True)


def refused(answer: Any) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.json()["code"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(answer["Retry-After"]) <= 60
    return True


def test_reads(api: Any, key_api: Any, settings: Any) -> None:
    settings.API_READS_PER_MINUTE = 3
    assert [refused(api.get("/api/conversations")) for _ in range(4)] == [False, False, False, True]
    assert refused(api.get("/v1/models"))
    assert key_api.get("/api/conversations").status_code == 200
    assert api.post("/api/invitations", {"email": "x@example.org"}).status_code == 201


def test_searches(api: Any, owner: Any, in_workspace: Any, settings: Any) -> None:
    settings.API_SEARCHES_PER_MINUTE = 2
    base = create_base(owner, "Menu")
    address = f"/api/knowledge-bases/{base.uuid}/search"
    answers = [api.post(address, {"query": "oat milk"}) for _ in range(2)] + [api.post(f"{address}/", {"query": "oat milk"})]
    assert [refused(answer) for answer in answers] == [False, False, True]
    assert api.get("/api/conversations").status_code == 200
