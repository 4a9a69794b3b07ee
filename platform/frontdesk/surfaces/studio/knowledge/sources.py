"""The sources of a base: the list, how far each one is, and what can be done with one or many of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontdesk.core.errors import Malformed
from frontdesk.knowledge import actions, deletion, many, queries
from frontdesk.knowledge.models import KnowledgeBase, Source

from ..page import partial, render, studio_page
from ..paging import page_of
from ..request import StudioRequest, row_id
from .bases import back
from .forms import AnswerForm, LinkForm, TextForm
from .many import MOST_AT_ONCE, done
from .narrowing import Narrowing, Tally, tally_of
from .rows import row_of, seen, users_of
from .uploading import rules


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
    context["rules"] = rules(request.actor.workspace)
    return render(
        request, "studio/knowledge/base.html", title=base.name, back=back(), status=status, **context, **listed(request, base)
    )


def listed(request: StudioRequest, base: KnowledgeBase) -> dict[str, Any]:
    """What the list needs, as `?state=`, `?kind=` and `?words=` narrow it."""
    narrowing, tally = Narrowing.of(request.GET), tally_of(base)
    if not tally.number(narrowing.state):
        # Its button is gone, too.
        narrowing = replace(narrowing, state="")
    rows = narrowing.rows(base)
    found = page_of(request, rows)
    matching = rows.count() if narrowing and (found.later or found.earlier) else tally.total
    return {
        "base": base,
        "page": found,
        "rows": [row_of(source) for source in found.rows],
        "narrowing": narrowing,
        "matching": matching,
        "targets": [row for row in queries.bases_in_short() if row.pk != base.pk],
        **how_far(base, tally),
    }


def how_far(base: KnowledgeBase, tally: Tally) -> dict[str, Any]:
    """What the bar above the list says; `stage` tells which buttons are beside it, `poll` whether it changes by itself."""
    batch = queries.batch(base) if tally.number("learning") else None
    failed = tally.number("failed")
    stage = "paused" if base.paused else "learning" if batch else "failed" if failed else "done"
    return {"tally": tally, "batch": batch, "failed": failed, "stage": stage, "poll": stage == "learning"}


@require_GET
@studio_page()
def progress(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What changed in the rows on the screen (`row=<id>:<state>`), each to be put in its place."""
    base = queries.base(uuid)
    shown = _shown(request)
    found = {source.pk: source for source in queries.sources(base).filter(pk__in=shown)}
    changed = [
        row_of(source) for pk, source in found.items() if source.state == Source.State.LEARNING or seen(source) != shown[pk]
    ]
    context = {"rows": changed, "gone": shown.keys() - found.keys(), "narrowing": Narrowing.of(request.GET)}
    context["stage_shown"] = request.GET.get("batch", "")
    response = partial(request, "studio/knowledge/progress.html", base=base, **context, **how_far(base, tally_of(base)))
    if shown and not found:
        # The last rows on the screen are gone: the list is loaded anew, with what comes next or with what to do.
        response["HX-Trigger"] = json.dumps({"studio:added": {}})
    return response


def _shown(request: StudioRequest) -> dict[int, str]:
    pairs = [entry.partition(":") for entry in request.GET.getlist("row")[:MOST_AT_ONCE]]
    return {pk: state for text, _colon, state in pairs if (pk := row_id(text))}


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One source; the button `do` says what."""
    source = queries.source(uuid)
    do = request.POST.get("do", "")
    said = _do(request, do, source)
    if request.htmx or do == "delete":
        undo = reverse("studio:deleted_source_restore", args=[uuid]) if do == "delete" else ""
        return done(request, source.base, said, undo=undo)
    messages.success(request, said)
    return redirect("studio:source", uuid)


def _do(request: StudioRequest, do: str, source: Source) -> str:
    named = {"name": source.name}
    match do:
        case "refresh":
            actions.refresh_source(request.actor, source)
            return _("“%(name)s” is read again.") % named
        case "stop":
            actions.cancel_source(request.actor, source)
            return _("Stopped.")
        case "exclude" | "include":
            many.exclude(request.actor, source.base, queries.sources(source.base).filter(pk=source.pk), excluded=do == "exclude")
            return _("Left out of answers.") if do == "exclude" else _("Back in answers.")
        case "delete":
            deletion.delete_source(request.actor, source)
            return _("“%(name)s” is deleted. You can bring it back for 30 days.") % named
    raise Malformed
