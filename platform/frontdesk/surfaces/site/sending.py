"""A visitor's message with files: the widget's socket takes words only (docs/protocols/widget.md §3)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from frontdesk.conversations import attachments
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.errors import AttachmentRefused
from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.core.scoping import scope
from frontdesk.surfaces.realtime import visitors

from .views import own_origin

# What a form has beside its files.
FORM_BYTES = 2**18
# No cookie is sent and none is read, so any page may ask; the channel's own list of pages decides.
ANYWHERE = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {**ANYWHERE, "Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "600"}


@csrf_exempt
@require_http_methods(["OPTIONS", "POST"])
def visitor_files(request: HttpRequest) -> HttpResponse:
    """POST /widget/files: `key`, `visitor`, `client_id`, `text` and any number of `file`."""
    if request.method == "OPTIONS":  # browsers ask first when a page follows the progress
        return HttpResponse(status=204, headers=PREFLIGHT)
    try:
        answer, status = _keep(request), 200
    except FrontdeskError as error:
        answer, status = error.as_dict(), error.status
    return JsonResponse(answer, status=status, headers=ANYWHERE)


def _keep(request: HttpRequest) -> dict[str, str]:
    _check_size(request)
    form = request.POST
    ip = request.META.get("REMOTE_ADDR", "")
    origin = request.headers.get("Origin", "")
    channel = visitors.enter(form.get("key", ""), origin, own_origin=own_origin(request), ip=ip)
    language = channel.agent.content.get("language") or channel.workspace.language
    with scope(workspace=channel.workspace), translation.override(language):
        visitor, client_id = _uuid(form, "visitor"), form.get("client_id", "")[:64]
        uploads = [Upload(each.name or "", each.read(), each.content_type or "") for each in request.FILES.getlist("file")]
        if not uploads:
            raise Invalid.field("file", _("There is no file. Choose one first."))
        files = attachments.as_sent(uploads)
        told = {"files": files, "language": request.headers.get("Accept-Language", "")}
        taken = visitors.say(channel, visitor, client_id, form.get("text", ""), ip, **told)
    return {"client_id": client_id, "message_id": str(taken.turn.message.uuid)}


def _check_size(request: HttpRequest) -> None:
    """Before a single byte of the form is read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > settings.ATTACHMENT_MAX_BYTES + FORM_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise AttachmentRefused(_("Your files are larger than %(limit)s MiB. Please send smaller ones.") % {"limit": limit})


def _uuid(form: QueryDict, name: str) -> str:
    try:
        return str(UUID(form.get(name, "")))
    except ValueError:
        raise Invalid.field(name, _("This is no identifier.")) from None
