"""The pages of a site: on the page of its link the first few, on a page of their own all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from frontdesk.knowledge import queries
from frontdesk.knowledge.crawling import queries as sites
from frontdesk.knowledge.models import SitePage, Source

from ..page import partial, render, studio_page
from ..paging import page_of
from ..request import StudioRequest

SHOWN = 8
WHICH = ("", "learned", "refused")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """`source` is None for a page that was not learned; `reason` says why."""

    row: SitePage
    source: Source | None
    reason: str
    waiting: bool


def site_of(source: Source) -> dict[str, Any]:
    """What the page of a link shows of its site; nothing for other sources."""
    state = sites.state(source)
    if state is None:
        return {}
    return {"site": state, "site_pages": _shown(sites.pages(source)[:SHOWN])}


def _shown(rows: Iterable[SitePage]) -> list[ShownPage]:
    return [_page(row) for row in rows]


def _page(row: SitePage) -> ShownPage:
    live = row.source if row.source is not None and row.source.deleted_at is None else None
    return ShownPage(row, live, sites.reason(row), row.outcome == SitePage.Outcome.WAITING)


@require_GET
@studio_page()
def pages(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """All pages; the part on the link's own page asks for itself while the site is read."""
    source = queries.source(uuid)
    if request.htmx and not request.htmx.boosted:
        return partial(request, "studio/knowledge/site.html", source=source, **site_of(source))
    which = request.GET.get("which", "")
    which = which if which in WHICH else ""
    found = page_of(request, sites.pages(source, which=which))
    context = {"source": source, "site": sites.state(source), "page": found, "site_pages": _shown(found.rows), "which": which}
    back = {"url": reverse("studio:source", args=[uuid]), "title": source.name}
    return render(request, "studio/knowledge/site_pages.html", title=_("Pages of this site"), back=back, **context)
