"""Health: what an owner should look at, in one base or in all of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from frontdesk.core.errors import Malformed
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge import queries as bases
from frontdesk.knowledge.health import actions, queries
from frontdesk.knowledge.models import KnowledgeBase

from ..page import partial, render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest
from .bases import back
from .findings import LABELS, filters, shown

MOST_AT_ONCE = 200
MONTHS = (3, 6, 12, 24, 36, 0)


@require_GET
@studio_page()
def listing(request: StudioRequest, uuid: UUID | None = None) -> HttpResponse:
    """The findings of one base, or without one of all; `?kind=` and `?dismissed=1` narrow them."""
    base = bases.base(uuid) if uuid else None
    context = {**_listed(request, base), **_state(base)}
    if request.htmx and not request.htmx.boosted:
        context |= {"renewed": True, "to_look_at": context["filters"][0].number}
        return partial(request, "studio/knowledge/health/findings.html", **context)
    if base is None:
        return render(request, "studio/knowledge/health/all.html", title=_("Health"), back=back(), **context)
    context |= {"tab": "health", "months": MONTHS, "old_after": queries.old_after(base)}
    return render(request, "studio/knowledge/health/base.html", title=base.name, back=back(), **context)


def _listed(request: StudioRequest, base: KnowledgeBase | None) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    kind = kind if kind in LABELS else ""
    dismissed = request.GET.get("dismissed") == "1"
    page = page_of(request, queries.findings(base, kind=kind, dismissed=dismissed))
    counts = queries.counts(base)
    return {
        "base": base,
        "page": page,
        "rows": [shown(finding) for finding in page.rows],
        "filters": filters(counts, kind),
        "kind": kind,
        "dismissed": dismissed,
        "address": _address(base),
        "some_dismissed": dismissed or queries.findings(base, dismissed=True).exists(),
    }


def _state(base: KnowledgeBase | None) -> dict[str, Any]:
    """How looking goes."""
    chosen = [base] if base else list(bases.bases())
    return {"base": base, "look": queries.look(chosen), "address": _address(base)}


def _address(base: KnowledgeBase | None) -> str:
    return reverse("studio:base_health", args=[base.uuid]) if base else reverse("studio:knowledge_health")


@require_GET
@studio_page()
def state(request: StudioRequest, uuid: UUID | None = None) -> HttpResponse:
    """Asked for every second during a look; once that is over, the list is loaded anew."""
    context = _state(bases.base(uuid) if uuid else None)
    response = partial(request, "studio/knowledge/health/state.html", **context)
    if not context["look"].busy:
        response["HX-Trigger"] = json.dumps({"studio:findings": {}})
    return response


@require_POST
@studio_page("edit_knowledge")
def check(request: StudioRequest, uuid: UUID | None = None) -> HttpResponse:
    """Look now, or stop looking, as `do` says."""
    base = bases.base(uuid) if uuid else None
    do = {"check": actions.check, "stop": actions.stop}.get(request.POST.get("do", ""))
    if do is None:
        raise Malformed
    for each in [base] if base else bases.bases():
        do(request.actor, each)
    if request.htmx:
        return partial(request, "studio/knowledge/health/state.html", **_state(base))
    return redirect(_address(base))


@require_POST
@studio_page("edit_knowledge")
def old_after(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """After how many months a file is old."""
    base, months = bases.base(uuid), request.POST.get("old_after", "")
    if not (months.isascii() and months.isdigit() and len(months) < 5):
        raise Malformed
    actions.set_old_after(request.actor, base, int(months))
    messages.success(request, _("Saved."))
    return redirect("studio:base_health", uuid)


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest) -> HttpResponse:
    """The chosen findings, or the one whose own button was pressed; `do` says what. The list on the screen is loaded anew."""
    do, _colon, one = request.POST.get("do", "").partition(":")
    chosen = [one] if one else request.POST.getlist("id")[:MOST_AT_ONCE]
    uuids = [uuid for text in chosen if (uuid := _uuid(text))]
    match do:
        case "dismiss":
            number = actions.dismiss(request.actor, uuids)
            said = ngettext("%(n)s is put aside.", "%(n)s are put aside.", number) % {"n": number}
        case "reopen":
            number = actions.reopen(request.actor, uuids)
            said = ngettext("%(n)s is back.", "%(n)s are back.", number) % {"n": number}
        case "leave_out":
            said = _leave_out(request, one)
        case _:
            raise Malformed
    if request.htmx:
        news = {"studio:findings": {}, **({"studio:looking": {}} if do == "leave_out" else {})}
        return toast(HttpResponse(headers={"HX-Trigger": json.dumps(news)}), said)
    messages.success(request, said)
    listed = request.POST.get("base")
    return redirect(_address(bases.base(listed) if listed else None))


def _leave_out(request: StudioRequest, passage: str) -> str:
    """A passage that says it wrong; its base is looked at again."""
    chunk = bases.passage(passage)
    knowledge.exclude_passage(request.actor, chunk)
    actions.check(request.actor, chunk.base)
    return _("Left out of answers. You can use it again where it stands.")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
