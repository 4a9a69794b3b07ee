"""Lists come in pages with absolute addresses."""

import pytest

from frontdesk.core.scoping import scope
from frontdesk.workspaces.models import Membership
from tests.conftest import make_user


@pytest.fixture
def crowd(workspace) -> None:
    with scope(workspace=workspace):
        for number in range(24):
            Membership.objects.create(workspace=workspace, user=make_user(f"{number}@example.org", f"N{number}"))


def test_twenty_by_default_with_absolute_neighbours(crowd, api) -> None:
    first = api.get("/api/members/").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (25, 20, None)
    assert first["next"] == "http://testserver/api/members/?page=2"
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert (len(second["results"]), second["next"]) == (5, None)
    assert second["previous"] == "http://testserver/api/members/?page=1"


def test_size_is_kept_in_the_neighbours(crowd, api) -> None:
    page = api.get("/api/members?page_size=10&page=2").json()
    assert page["next"] == "http://testserver/api/members?page_size=10&page=3"
    everybody = {
        row["id"] for number in (1, 2, 3) for row in api.get(f"/api/members?page_size=10&page={number}").json()["results"]
    }
    assert len(everybody) == 25


def test_a_page_after_the_last_is_not_there(api) -> None:
    assert api.get("/api/members?page=2").status_code == 404
    assert api.get("/api/members?page=1").status_code == 200


def test_an_empty_list_has_one_page(api) -> None:
    assert api.get("/api/invitations").json() == {"count": 0, "next": None, "previous": None, "results": []}
