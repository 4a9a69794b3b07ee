"""Adding to a base: files, a web page, a text, a question with its answer."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.forms import Form
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
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
def files(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Any number of files. One that is refused does not keep the others back.

    The page's script sends one at a time and reads JSON: `{"added": 1, "problems": [{"name", "message"}]}`.
    """
    base = queries.base(uuid)
    sent = request.FILES.getlist("files")
    problems = [{"name": file.name, "message": said} for file in sent if (said := _refused(request.actor, base, file))]
    added = len(sent) - len(problems)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"added": added, "problems": problems}, status=422 if problems else 200)
    if added:
        messages.success(request, ngettext("Learning %(n)s file…", "Learning %(n)s files…", added) % {"n": added})
    for problem in problems:
        messages.error(request, f"{problem['name']}: {problem['message']}")
    if not sent:
        messages.error(request, _("Choose at least one file."))
    return redirect("studio:base", uuid)


def _refused(actor: Actor, base: KnowledgeBase, file: UploadedFile) -> str:
    """Why a file was not taken; empty when it was."""
    try:
        actions.add_file(actor, base, file.name or _("File"), file)
    except FrontdeskError as error:
        return str(error.message)
    return ""


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
            actions.add_text(actor, base, data["question"], form.text())
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
