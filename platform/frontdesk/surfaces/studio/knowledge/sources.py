"""The sources of a base: the list, how far each one is, and what can be done with one or many of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.knowledge import actions, deletion, queries
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import KnowledgeBase, Source

from ..page import partial, render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest
from .bases import back
from .forms import AnswerForm, LinkForm, TextForm
from .rows import filters_of, row_of, users_of

MOST_AT_ONCE = 200


@require_GET
@studio_page()
def listing(request: StudioRequest, uuid: UUID) -> HttpResponse:
    base = queries.base(uuid)
    if request.htmx and not request.htmx.boosted:
        return partial(request, "studio/knowledge/sources.html", **listed(request, base))
    return page(request, base)


def page(request: StudioRequest, base: KnowledgeBase, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The whole page; `forms` are those that came back with their mistakes."""
    context = {"link": LinkForm(), "text": TextForm(), "answer": AnswerForm(), "way": next(iter(forms), "files"), **forms}
    context |= {"users": users_of(base), "tab": "sources"}
    context |= {"most_bytes": settings.UPLOAD_MAX_BYTES, "most_mib": settings.UPLOAD_MAX_BYTES // 2**20}
    return render(
        request, "studio/knowledge/base.html", title=base.name, back=back(), status=status, **context, **listed(request, base)
    )


def listed(request: StudioRequest, base: KnowledgeBase) -> dict[str, Any]:
    """What the list needs, as `?state=` and `?words=` narrow it."""
    filters = filters_of(base)
    words, state = request.GET.get("words", "").strip()[:200], request.GET.get("state", "")
    state = state if state in {each.value for each in filters} else ""
    rows = queries.sources(base, words=words)
    if state:
        rows = rows.filter(state__in=UNFINISHED if state == "learning" else [state])
    found = page_of(request, rows)
    shown = [row_of(source) for source in found.rows]
    return {
        "base": base,
        "page": found,
        "rows": shown,
        "filters": filters,
        "state": state,
        "words": words,
        "poll": _busy(filters),
    }


def _busy(filters: list[Any]) -> bool:
    return any(each.value == "learning" for each in filters)


@require_GET
@studio_page()
def progress(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What changed in the rows on the screen (`row=<id>:<state>`), each to be put in its place."""
    base = queries.base(uuid)
    shown = _shown(request)
    found = {source.pk: source for source in queries.sources(base).filter(pk__in=shown)}
    changed = [row_of(source) for pk, source in found.items() if source.state in UNFINISHED or source.state != shown[pk]]
    filters = filters_of(base)
    context = {"rows": changed, "gone": shown.keys() - found.keys(), "filters": filters, "poll": _busy(filters)}
    response = partial(request, "studio/knowledge/progress.html", base=base, state=request.GET.get("state", ""), **context)
    if shown and not found:
        # The last rows on the screen are gone: the list is loaded anew, with what comes next or with what to do.
        response["HX-Trigger"] = json.dumps({"studio:added": {}})
    return response


def _shown(request: StudioRequest) -> dict[int, str]:
    pairs = [entry.partition(":") for entry in request.GET.getlist("row")[:MOST_AT_ONCE]]
    return {int(pk): state for pk, _colon, state in pairs if pk.isascii() and pk.isdigit() and len(pk) < 19}


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One source; the button `do` says what."""
    source = queries.source(uuid)
    do = request.POST.get("do", "")
    said = _do(request, do, source)
    if request.htmx or do == "delete":
        undo = reverse("studio:deleted_source_restore", args=[uuid]) if do == "delete" else ""
        return _done(request, source.base, said, undo=undo)
    messages.success(request, said)
    return redirect("studio:source", uuid)


@require_POST
@studio_page("edit_knowledge")
def change_many(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The chosen sources of a base. One that refuses does not keep the others back."""
    base = queries.base(uuid)
    do = request.POST.get("do", "")
    if do not in {"refresh", "delete"}:
        raise Malformed
    ids = [
        int(text) for text in request.POST.getlist("id")[:MOST_AT_ONCE] if text.isascii() and text.isdigit() and len(text) < 19
    ]
    done = 0
    for source in queries.sources(base).filter(pk__in=ids):
        try:
            _do(request, do, source)
            done += 1
        except FrontdeskError as error:
            messages.error(request, error.message)
    if do == "delete":
        said = ngettext(
            "%(n)s source is deleted. You can bring it back for 30 days.",
            "%(n)s sources are deleted. You can bring them back for 30 days.",
            done,
        ) % {"n": done}
    else:
        said = ngettext("%(n)s source is read again.", "%(n)s sources are read again.", done) % {"n": done}
    return _done(request, base, said)


def _do(request: StudioRequest, do: str, source: Source) -> str:
    named = {"name": source.name}
    match do:
        case "refresh":
            actions.refresh_source(request.actor, source)
            return _("“%(name)s” is read again.") % named
        case "stop":
            actions.cancel_source(request.actor, source)
            return _("Stopped.")
        case "delete":
            deletion.delete_source(request.actor, source)
            return _("“%(name)s” is deleted. You can bring it back for 30 days.") % named
    raise Malformed


def _done(request: StudioRequest, base: KnowledgeBase, said: str, *, undo: str = "") -> HttpResponse:
    """The rows on the screen look what became of them."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("studio:base", base.uuid)
    return toast(HttpResponse(headers={"HX-Trigger": json.dumps({"studio:sources": {}})}), said, undo=undo)
