"""From a question that nobody could answer to the form where its answer is written."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from frontdesk.core.errors import NotFound
from frontdesk.knowledge import queries

from ..knowledge import sources
from ..knowledge.forms import AnswerForm
from ..page import render, studio_page
from ..request import StudioRequest

LONGEST = 255


@require_GET
@studio_page("edit_knowledge")
def write_answer(request: StudioRequest) -> HttpResponse:
    """With one base its page is shown at once; with several, one is chosen first."""
    question = " ".join(request.GET.get("question", "").replace("\x00", "").split())[:LONGEST]
    chosen = request.GET.get("base", "")
    bases = list(queries.bases())
    if not bases:
        return redirect("studio:base_new")
    if chosen or len(bases) == 1:
        base = queries.base(_uuid(chosen) if chosen else bases[0].uuid)
        return sources.page(request, base, answer=AnswerForm(initial={"question": question}))
    home = {"url": reverse("studio:index"), "title": _("Home")}
    return render(request, "studio/home/write_answer.html", title=_("Write an answer"), back=home, bases=bases, question=question)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
