"""Questions that found nothing: who asked what how often, and writing the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.insights.unanswered import actions, queries
from frontdesk.insights.unanswered.models import QuestionGroup, UnansweredQuestion
from frontdesk.knowledge import queries as knowledge

from ..accounts.forms import blame
from ..page import partial, render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest
from .bases import back
from .forms import AnswerForm

STATES = ("open", "answered", "dismissed")


@dataclass(frozen=True, slots=True)
class Row:
    group: QuestionGroup
    examples: list[UnansweredQuestion]
    form: AnswerForm


@require_GET
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    if request.htmx and not request.htmx.boosted:
        return partial(request, "studio/knowledge/health/questions_list.html", **_listed(request))
    return _page(request)


def _page(request: StudioRequest, *, status: int = 200, **wrong: Any) -> HttpResponse:
    context = {**_listed(request, **wrong), "tab": "questions"}
    title = _("Health")
    return render(request, "studio/knowledge/health/questions.html", title=title, back=back(), status=status, **context)


def _listed(request: StudioRequest, *, form: AnswerForm | None = None, group: QuestionGroup | None = None) -> dict[str, Any]:
    """`form` is what came back with its mistakes, of that group."""
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    page = page_of(request, queries.groups(state))
    examples = queries.examples(page.rows)
    rows = [Row(each, examples.get(each.pk, []), form if form and each == group else _form(each)) for each in page.rows]
    learning = any(group.answer_id and not (group.answered_at or group.missed_at) for group in page.rows)
    return {"rows": rows, "page": page, "state": state, "bases": list(knowledge.bases()), "learning": learning}


def _form(group: QuestionGroup) -> AnswerForm:
    return AnswerForm(initial={"question": group.question[:255]}, auto_id=f"q{group.pk}-%s", prefix="")


@require_POST
@studio_page("edit_knowledge")
def answer(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What an owner writes is learned, and then asked for."""
    group = queries.group(uuid)
    form = AnswerForm(request.POST, auto_id=f"q{group.pk}-%s")
    if form.is_valid():
        try:
            base = knowledge.base(request.POST.get("base", ""))
            actions.answer(request.actor, group, base, form.cleaned_data["question"], form.cleaned_data["answer"])
        except FrontdeskError as error:
            blame(form, error)
        else:
            return _done(request, _("Learning… Then the question is asked again, to see whether your answer is found."))
    if request.htmx:
        return toast(HttpResponse(status=422, headers={"HX-Reswap": "none"}), _("Write an answer first."), kind="bad")
    return _page(request, status=422, form=form, group=group)


@require_POST
@studio_page("edit_knowledge")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Not ours to answer, or back again."""
    group = queries.group(uuid)
    match request.POST.get("do"):
        case "dismiss":
            actions.dismiss(request.actor, [group.uuid])
            return _done(request, _("Put aside."))
        case "reopen":
            actions.reopen(request.actor, [group.uuid])
            return _done(request, _("Back in the list."))
    raise Malformed


@require_POST
@studio_page("edit_knowledge")
def collect(request: StudioRequest) -> HttpResponse:
    actions.collect(request.actor)
    return _done(request, _("Looking for questions that found nothing. They appear here in a moment."))


def _done(request: StudioRequest, said: str) -> HttpResponse:
    if request.htmx:
        return toast(HttpResponse(headers={"HX-Trigger": json.dumps({"studio:questions": {}})}), said)
    messages.success(request, said)
    return redirect("studio:knowledge_questions")
