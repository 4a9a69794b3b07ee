"""Writing in a conversation: a reply with files, a note for the team, canned replies, and a reply that the AI suggests."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from frontdesk.channels import templates
from frontdesk.conversations import actions, canned, notes, queries
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.errors import CannedReplyNotFound
from frontdesk.core import limits
from frontdesk.core.threads import in_thread
from frontdesk.runs import events as kinds
from frontdesk.runs import journal, service, suggesting
from frontdesk.runs.errors import RunNotFound
from frontdesk.runs.models import Run
from frontdesk.runs.queries import run_by_uuid

from ..page import partial, studio_page
from ..request import StudioRequest
from . import thread
from .views import entries_of, number

LONGEST_WORDS = 60


@require_POST
@studio_page("answer")
def reply(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Gives the end of the thread, with the reply in it."""
    found = queries.conversation_by_uuid(uuid)
    files = [Upload(file.name or "", file.read(), file.content_type or "") for file in request.FILES.getlist("files")]
    actions.reply_as_person(request.actor, found, request.POST.get("text", ""), files=files)
    for used in request.POST.getlist("canned")[:10]:
        _note_used(request, used)
    return entries_of(request, found, thread.end_of(found, since=number(request, "since")))


@require_POST
@studio_page("answer")
def note(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Gives the end of the thread, with the note in it."""
    found = queries.conversation_by_uuid(uuid)
    notes.add_note(request.actor, found, request.POST.get("text", ""))
    return entries_of(request, found, thread.end_of(found, since=number(request, "since")))


@require_safe
@studio_page("answer")
def approved(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The templates of the conversation's channel, asked of the vendor."""
    found = queries.conversation_by_uuid(uuid)
    known = templates.templates(found.channel) if found.channel else ()
    rows = [{"template": row, "numbers": range(1, templates.blanks(row) + 1)} for row in known]
    return partial(request, "studio/conversations/templates.html", conversation=found, rows=rows)


@require_POST
@studio_page("answer")
def send_template(request: StudioRequest, uuid: UUID) -> HttpResponse:
    name, language = request.POST.get("name", ""), request.POST.get("language", "")
    found = queries.conversation_by_uuid(uuid)
    templates.send_template(request.actor, found, name, language, request.POST.getlist("values"))
    return HttpResponse(status=204)


@require_safe
@studio_page("answer")
def canned_replies(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What fits the letters after "/", with the blanks filled for this customer."""
    found = queries.conversation_by_uuid(uuid)
    words = request.GET.get("words", "").replace("\x00", "")[:LONGEST_WORDS]
    rows = [(row, canned.filled(row, found, request.actor)) for row in canned.find(request.actor, words)]
    return partial(request, "studio/conversations/canned.html", rows=rows)


@require_POST
@studio_page("answer")
async def suggest(request: StudioRequest, uuid: UUID) -> JsonResponse:
    """Have the agent draft a reply. Gives the run, to be followed by the socket or asked for."""
    await in_thread(limits.check_chat, request.actor.credential)
    run = await in_thread(_open, request, uuid)
    await service.start(run)
    return JsonResponse({"run": str(run.uuid)})


@require_safe
@studio_page("answer")
def suggestion(request: StudioRequest, run: UUID) -> HttpResponse:
    """The text of a suggestion, where there is no socket: 204 while it is written."""
    found = _suggestion(run)
    if found.state in Run.OPEN:
        return HttpResponse(status=204)
    last = {event.type: event.data for event in journal.read(found)}
    text, problem = last.get(kinds.MESSAGE, {}).get("text", ""), last.get(kinds.FAILED, {}).get("message", "")
    return JsonResponse({"text": text, "problem": problem})


@require_POST
@studio_page("answer")
async def stop(request: StudioRequest, run: UUID) -> HttpResponse:
    await service.cancel(await in_thread(_suggestion, run))
    return HttpResponse(status=204)


def _open(request: StudioRequest, uuid: UUID) -> Run:
    return suggesting.open_suggestion(request.actor, queries.conversation_by_uuid(uuid))


def _suggestion(uuid: UUID) -> Run:
    """A run that belongs to no conversation. Raises RunNotFound."""
    found = run_by_uuid(uuid)
    if found.conversation_id is not None:
        raise RunNotFound
    return found


def _note_used(request: StudioRequest, uuid: str) -> None:
    try:
        canned.note_used(canned.reply_by_uuid(request.actor, UUID(uuid)))
    except (ValueError, CannedReplyNotFound):
        return  # it was deleted meanwhile; the reply is sent all the same
