"""What is done to many sources at once, and to the learning of a whole base."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from frontdesk.core.errors import Malformed
from frontdesk.knowledge import many, queries
from frontdesk.knowledge.models import KnowledgeBase, Source

from ..page import studio_page, toast
from ..request import StudioRequest, row_id
from .narrowing import Narrowing

MOST_AT_ONCE = 200
Done = tuple[str, str]
"""What to say, and the address that takes it back."""


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The chosen sources of a base, or with `all` every one that the list shows as it is narrowed. The button `do` says what."""
    base = queries.base(uuid)
    do = DOING.get(request.POST.get("do", ""))
    if do is None:
        raise Malformed
    said, undo = do(request, base, chosen(request, base))
    return done(request, base, said, undo=undo)


def chosen(request: StudioRequest, base: KnowledgeBase) -> QuerySet[Source]:
    if request.POST.get("all"):
        return Narrowing.of(request.POST).rows(base)
    ids = [row_id(text) for text in request.POST.getlist("id")[:MOST_AT_ONCE]]
    return queries.sources(base).filter(pk__in=ids)


def _refresh(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number = many.learn_again(request.actor, base, rows)
    return ngettext("%(n)s source is read again.", "%(n)s sources are read again.", number) % {"n": number}, ""


def _retry(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number = many.retry(request.actor, base, rows)
    return ngettext("%(n)s source is tried again.", "%(n)s sources are tried again.", number) % {"n": number}, ""


def _stop(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number = many.stop(request.actor, base, rows)
    return ngettext("Stopped: %(n)s source.", "Stopped: %(n)s sources.", number) % {"n": number}, ""


def _exclude(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number = many.exclude(request.actor, base, rows)
    return ngettext("%(n)s source is left out of answers.", "%(n)s sources are left out of answers.", number) % {"n": number}, ""


def _include(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number = many.exclude(request.actor, base, rows, excluded=False)
    return ngettext("%(n)s source is used again.", "%(n)s sources are used again.", number) % {"n": number}, ""


def _move(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    to = request.POST.get("to", "")
    if not to:
        return _("Choose where they go first."), ""
    target = queries.base(to)
    number = many.move(request.actor, base, rows, target)
    said = ngettext("%(n)s source is now in “%(name)s”.", "%(n)s sources are now in “%(name)s”.", number)
    return said % {"n": number, "name": target.name}, ""


def _delete(request: StudioRequest, base: KnowledgeBase, rows: QuerySet[Source]) -> Done:
    number, moment = many.delete(request.actor, base, rows)
    said = ngettext(
        "%(n)s source is deleted. You can bring it back for 30 days.",
        "%(n)s sources are deleted. You can bring them back for 30 days.",
        number,
    )
    undo = f"{reverse('studio:sources_undo', args=[base.uuid])}?{urlencode({'at': moment.isoformat()})}"
    return said % {"n": number}, undo if number else ""


DOING: dict[str, Callable[[StudioRequest, KnowledgeBase, QuerySet[Source]], Done]] = {
    "refresh": _refresh,
    "retry": _retry,
    "stop": _stop,
    "exclude": _exclude,
    "include": _include,
    "move": _move,
    "delete": _delete,
}


@require_POST
@studio_page("edit_knowledge")
def undo(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Bring back what was deleted together at the moment `?at=`."""
    base = queries.base(uuid)
    moment = _moment(request.GET.get("at", ""))
    number = many.bring_back(request.actor, base, moment)
    said = ngettext("%(n)s source is back.", "%(n)s sources are back.", number) % {"n": number}
    return done(request, base, said, event="studio:added")


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed
    return moment


@require_POST
@studio_page("edit_knowledge")
def learning(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Pause the learning of a base, go on with it, stop all of it, or try again all that failed."""
    base = queries.base(uuid)
    return done(request, base, _learning(request, base))


def _learning(request: StudioRequest, base: KnowledgeBase) -> str:
    match request.POST.get("do", ""):
        case "pause":
            many.pause(request.actor, base)
            return _("Paused. What your agents know already, they go on knowing.")
        case "resume":
            many.resume(request.actor, base)
            return _("It goes on.")
        case "stop":
            return _stop(request, base, queries.sources(base))[0]
        case "retry":
            return _retry(request, base, queries.sources(base, state=Source.State.FAILED))[0]
    raise Malformed


def done(
    request: StudioRequest, base: KnowledgeBase, said: str, *, undo: str = "", event: str = "studio:sources"
) -> HttpResponse:
    """The rows on the screen look what became of them."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("studio:base", base.uuid)
    return toast(HttpResponse(headers={"HX-Trigger": json.dumps({event: {}})}), said, undo=undo)
