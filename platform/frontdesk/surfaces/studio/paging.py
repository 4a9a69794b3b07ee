"""Pages of a list, without counting it: page 1 … n, and whether there is a next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page. `earlier` and `later` are query strings for links, empty where there is no such page."""

    rows: list[Any]
    number: int
    earlier: str
    later: str


def page_of(request: HttpRequest, rows: QuerySet[Any], *, size: int = PER_PAGE) -> ListPage:
    """The page that `?page=` names; what is no page is the first."""
    try:
        number = min(max(1, int(request.GET.get("page", 1))), 10_000)
    except ValueError:
        number = 1
    found = list(rows[(number - 1) * size : number * size + 1])
    return ListPage(
        found[:size],
        number,
        _link(request, number - 1) if number > 1 else "",
        _link(request, number + 1) if len(found) > size else "",
    )


def _link(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
