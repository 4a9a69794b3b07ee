"""No page asks the database once a row: what is listed twelve times is read at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.ground.busy import Size, fill, pages

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15


def test_every_list_needs_few_queries(studio: Client, owner: Any) -> None:
    busy = fill(owner, Size(agents=16, conversations=40, messages=16, sources=40, passages=16, few=16))
    studio.get("/studio/")
    counts = {}
    for name, path in pages(busy).items():
        with CaptureQueriesContext(connection) as queries:
            assert studio.get(path).status_code == 200, name
        counts[name] = len(queries)
    assert {name: count for name, count in counts.items() if count > MOST_QUERIES} == {}
