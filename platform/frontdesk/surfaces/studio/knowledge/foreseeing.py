"""What a change would alter, before it is saved: past answers that would rest on something else."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from frontdesk.core.errors import Invalid, Malformed, NotFound
from frontdesk.core.models import Job
from frontdesk.insights import foreseeing
from frontdesk.knowledge import queries
from frontdesk.knowledge.health.queries import UNFINISHED

from ..page import partial, studio_page
from ..request import StudioRequest, row_id

SHOWN = 20


@require_POST
@studio_page("edit_knowledge")
def begin(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """`foresee` says what would be done; with "text" the form's text is tried, with others the passage that is named."""
    source = queries.source(uuid)
    do, passage = request.POST.get("foresee", ""), request.POST.get("passage", "")
    if do not in foreseeing.CHANGES:
        raise Malformed
    passages = [queries.passage(row_id(passage)).pk] if do in foreseeing.OF_PASSAGES else []
    try:
        job = foreseeing.start(request.actor, source, do, passages=passages, text=request.POST.get("text", ""))
    except Invalid as error:
        problem = error.errors[0]["message"] if error.errors else error.message
        return partial(request, "studio/knowledge/health/foreseen.html", problem=problem)
    return _shown(request, job)


@require_GET
@studio_page("edit_knowledge")
def progress(request: StudioRequest, uuid: UUID) -> HttpResponse:
    job = Job.objects.filter(uuid=uuid, workspace=request.actor.workspace, kind="insights.foresee").first()
    if job is None:
        raise NotFound
    return _shown(request, job)


def _shown(request: StudioRequest, job: Job) -> HttpResponse:
    percent = min(99, 100 * job.done // job.total) if job.total else None
    found = job.result or {}
    altered = found.get("altered", [])
    return partial(
        request,
        "studio/knowledge/health/foreseen.html",
        job=job,
        busy=job.state in UNFINISHED,
        percent=percent,
        found=found,
        altered=altered[:SHOWN],
        number=len(altered),
        more=max(0, len(altered) - SHOWN),
    )
