"""Lists: `{count, next, previous, results}`, by page number, with absolute addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema

from frontdesk.core.errors import NotFound

Item = TypeVar("Item")


class Paging(Schema):
    """Take it as `paging: Query[Paging]`."""

    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(20, ge=1, le=100)


class Page(Schema, Generic[Item]):
    """Answer with `response=Page[ThingOut]` and `return page_of(request, rows, paging)`."""

    count: int
    next: str | None
    previous: str | None
    results: list[Item]


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], paging: Paging) -> dict[str, Any]:
    """One page of rows. Raises NotFound for a page after the last one."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    last = max(1, -(-count // paging.page_size))
    if paging.page > last:
        raise NotFound(_("There is no page %(page)s; the last one is %(last)s.") % {"page": paging.page, "last": last})
    start = (paging.page - 1) * paging.page_size
    return {
        "count": count,
        "next": _address(request, paging.page + 1) if paging.page < last else None,
        "previous": _address(request, paging.page - 1) if paging.page > 1 else None,
        "results": list(rows[start : start + paging.page_size]),
    }


def _address(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"
