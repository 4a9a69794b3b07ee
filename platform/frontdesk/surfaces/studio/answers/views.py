"""“Why this answer?”, for answers in the playground and in conversations."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from frontdesk.runs import queries

from ..page import partial, studio_page
from ..request import StudioRequest
from .checks import checks as check
from .why import why as explain


@require_safe
@studio_page()
def why(request: StudioRequest, run: UUID) -> HttpResponse:
    return partial(request, "studio/answers/why.html", why=explain(queries.run_by_uuid(run)), run=run)


@require_safe
@studio_page()
def checks(request: StudioRequest, run: UUID) -> HttpResponse:
    return partial(request, "studio/answers/checks.html", checks=check(queries.run_by_uuid(run)))
