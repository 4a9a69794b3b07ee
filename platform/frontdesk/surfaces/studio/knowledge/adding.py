"""Adding to a base: a web page, a text, a question with its answer. Files: `uploading`."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontdesk.core.errors import FrontdeskError, NotFound
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.workspaces.permissions import Actor

from ..accounts.forms import blame
from ..page import partial, studio_page, toast
from ..request import StudioRequest
from .forms import AnswerForm, LinkForm, TextForm
from .sources import page

FORMS: dict[str, type[Form]] = {"link": LinkForm, "text": TextForm, "answer": AnswerForm}


@require_POST
@studio_page("edit_knowledge")
def add(request: StudioRequest, uuid: UUID, way: str) -> HttpResponse:
    base = queries.base(uuid)
    if way not in FORMS:
        raise NotFound
    form = FORMS[way](request.POST)
    if form.is_valid():
        try:
            _add(request.actor, base, form)
            return _added(request, base, way)
        except FrontdeskError as error:
            blame(form, error)
    if request.htmx:
        return partial(request, f"studio/knowledge/add_{way}.html", status=422, base=base, form=form)
    return page(request, base, status=422, **{way: form})


def _add(actor: Actor, base: KnowledgeBase, form: Form) -> None:
    data = form.cleaned_data
    match form:
        case LinkForm():
            actions.add_link(actor, base, data["url"], grabber_enabled=data["grabber_enabled"])
        case AnswerForm():
            actions.add_answer(actor, base, data["question"], data["answer"])
        case TextForm():
            actions.add_text(actor, base, data["title"], data["text"])


def _added(request: StudioRequest, base: KnowledgeBase, way: str) -> HttpResponse:
    """An empty form for the next one; the list shows what came."""
    if not request.htmx:
        messages.success(request, _("Learning…"))
        return redirect("studio:base", base.uuid)
    response = partial(request, f"studio/knowledge/add_{way}.html", base=base, form=FORMS[way]())
    response["HX-Trigger"] = json.dumps({"studio:added": {}})
    return toast(response, _("Learning… You can go on meanwhile."))
