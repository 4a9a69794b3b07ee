"""The inbox: the list, a thread, the customer; answering as a person, and who answers.

An address names what is shown; asked for by the page's own script, only the part of it that changes goes out.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from frontdesk.channels.kinds import capabilities_of
from frontdesk.channels.window import open_until
from frontdesk.conversations import actions, queries, reading
from frontdesk.conversations.models import Conversation

from ..page import partial, render, studio_page
from ..request import StudioRequest, row_id
from . import thread
from .listing import Asked, page, these, usual_tabs
from .places import place


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    """The list with nothing open beside it; for the script, another screenful of rows or those it names."""
    if request.htmx:
        return _rows(request)
    return _desk(request, None)


@require_safe
@studio_page()
def conversation(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.conversation_by_uuid(uuid)
    if request.htmx:
        return partial(request, "studio/conversations/talk.html", **_talk(request, found))
    return _desk(request, found)


@require_safe
@studio_page()
def entries(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Lines of a thread: its end `since` a message, what comes `before` one, or one `message`. 204 when all is known (X-Seen)."""
    found = queries.conversation_by_uuid(uuid)
    if before := number(request, "before"):
        part = thread.before(found, before)
    elif message := number(request, "message"):
        part = thread.one(found, message)
    else:
        part = thread.end_of(found, since=number(request, "since"))
    if request.headers.get("X-Seen") == part.seen:
        return HttpResponse(status=204)
    return entries_of(request, found, part)


@require_POST
@studio_page()
def seen(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Whoever looks has read all up to a `message`."""
    found = queries.conversation_by_uuid(uuid)
    if last := found.messages.filter(pk=number(request, "message")).first():
        reading.mark_seen(request.actor, found, last.created_at)
    return HttpResponse(status=204)


@require_safe
@studio_page()
def who(request: StudioRequest, uuid: UUID) -> HttpResponse:
    return partial(request, "studio/conversations/who.html", conversation=queries.conversation_by_uuid(uuid))


@require_POST
@studio_page("answer")
def who_answers(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Take over, give back, close."""
    found = queries.conversation_by_uuid(uuid)
    changed = actions.set_status(request.actor, found, request.POST.get("status", ""))
    found.status, found.status_reason = changed.status, changed.status_reason
    return partial(request, "studio/conversations/who.html", conversation=found)


def _desk(request: StudioRequest, shown: Conversation | None) -> HttpResponse:
    """The whole page. What was asked for is on it; the list beside a thread, and how many each view has, are fetched then."""
    asked = Asked.of(request.GET)
    context: dict[str, Any] = {"asked": asked, "tabs": usual_tabs(asked), "conversation": shown}
    if shown is None:
        context["page"] = page(request.actor, asked)
    else:
        context |= _talk(request, shown)
    return render(request, "studio/conversations/desk.html", title=_("Conversations"), **context)


def _talk(request: StudioRequest, shown: Conversation) -> dict[str, Any]:
    return {
        "conversation": shown,
        "place": place(shown.channel_kind),
        "part": thread.end_of(shown),
        **_limits(shown),
        "list_url": reverse("studio:conversations") + Asked.of(request.GET).query,
    }


def _limits(shown: Conversation) -> dict[str, Any]:
    """What the vendor of the channel allows."""
    can, until = capabilities_of(shown.channel_kind), open_until(shown)
    return {
        "longest": can.longest_text if shown.channel_id else 0,
        "window_until": until,
        "window_closed": until is not None and until <= timezone.now(),
        "has_templates": can.templates,
    }


def _rows(request: StudioRequest) -> HttpResponse:
    asked, uuids = Asked.of(request.GET), request.GET.getlist("of")
    found = these(request.actor, asked, uuids) if uuids else page(request.actor, asked, request.GET.get("after", ""))
    if request.headers.get("X-Seen") == found.seen:
        return HttpResponse(status=204)
    response = partial(request, "studio/conversations/rows.html", page=found, asked=asked)
    response["X-Seen"], response["X-After"] = found.seen, found.after
    return response


def entries_of(request: StudioRequest, conversation: Conversation, part: thread.Part) -> HttpResponse:
    """Lines of a thread; the headers say what is known now (X-Seen), and from where on there are older ones (X-First)."""
    response = partial(request, "studio/conversations/entries.html", conversation=conversation, part=part)
    response["X-Seen"], response["X-First"] = part.seen, str(part.first if part.more else 0)
    return response


def number(request: StudioRequest, name: str) -> int:
    """An id in the address, 0 for what is none."""
    text = request.GET.get(name, "") or request.POST.get(name, "")
    return row_id(text)
