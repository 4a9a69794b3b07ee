"""A source as the AI sees it: its passages, and changing it in place."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge import passages as handling
from frontdesk.knowledge.models import Chunk, Source
from frontdesk.knowledge.places import in_words

from ..accounts.forms import blame
from ..page import partial, render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest, row_id
from .forms import SourceForm
from .rows import row_of
from .sites import site_of
from .tables import tables_of
from .usage import used_in

PASSAGES = 25


@require_GET
@studio_page()
def source(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """While it is learned, the page asks for its state; once that changed, it is loaded anew."""
    found = queries.source(uuid)
    if not request.htmx:
        return _page(request, found, SourceForm(found))
    response = partial(request, "studio/knowledge/source_state.html", row=row_of(found))
    if found.state != request.GET.get("state", found.state) and not row_of(found).learning:
        response["HX-Refresh"] = "true"
    return response


def _page(request: StudioRequest, found: Source, form: SourceForm) -> HttpResponse:
    words, which = request.GET.get("words", "").replace("\x00", "").strip()[:200], request.GET.get("which", "")
    page = page_of(request, queries.passages(found, words=words, which=which), size=PASSAGES)
    return render(
        request,
        "studio/knowledge/source.html",
        title=found.name,
        back={"url": reverse("studio:base", args=[found.base.uuid]), "title": found.base.name},
        row=row_of(found),
        page=page,
        passages=[(chunk, in_words(chunk.place)) for chunk in page.rows],
        in_hand=queries.in_hand(found),
        words=words,
        which=which,
        used_in=used_in(found) if found.used_count else [],
        form=form,
        status=422 if form.errors else 200,
        **tables_of(found),
        **site_of(found),
        source=found,
    )


@require_POST
@studio_page("edit_knowledge")
def edit(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.source(uuid)
    form = SourceForm(found, request.POST)
    if form.is_valid():
        try:
            actions.update_source(request.actor, found, **form.changes())
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:source", uuid)
    return _page(request, found, form)


@require_POST
@studio_page("edit_knowledge")
def replace(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.source(uuid)
    file = request.FILES.get("file")
    try:
        if file is None:
            messages.error(request, _("Choose a file first."))
        else:
            actions.replace_file(request.actor, found, file, name=file.name or "")
            messages.success(request, _("The new file is being learned. Only what changed costs anything."))
    except FrontdeskError as error:
        messages.error(request, error.message)
    return redirect("studio:source", uuid)


@require_GET
@studio_page()
def find(request: StudioRequest, pk: int) -> HttpResponse:
    """To a passage's place in its source."""
    chunk = queries.passage(pk)
    before = queries.passages(chunk.source).filter(position__lt=chunk.position).count()
    return redirect(f"{reverse('studio:source', args=[chunk.source.uuid])}?page={before // PASSAGES + 1}#passage-{chunk.pk}")


@require_POST
@studio_page("edit_knowledge")
def exclude(request: StudioRequest, pk: int) -> HttpResponse:
    """Leave a passage out of answers, or take it in again."""
    chunk: Chunk = actions.exclude_passage(request.actor, queries.passage(pk), excluded=request.POST.get("excluded") == "1")
    return _shown(request, chunk, _("Left out of answers.") if chunk.excluded else _("Back in answers."))


@require_POST
@studio_page("edit_knowledge")
def exclude_many(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The chosen passages of a source."""
    found = queries.source(uuid)
    out = request.POST.get("do") == "exclude"
    ids = [row_id(text) for text in request.POST.getlist("id")[:PASSAGES]]
    number = handling.exclude_passages(request.actor, found, ids, excluded=out)
    if out:
        said = ngettext("%(n)s passage is left out of answers.", "%(n)s passages are left out of answers.", number)
    else:
        said = ngettext("%(n)s passage is used again.", "%(n)s passages are used again.", number)
    messages.success(request, said % {"n": number})
    return redirect("studio:source", uuid)


@require_http_methods(["GET", "POST"])
@studio_page("edit_knowledge")
def edit_one(request: StudioRequest, pk: int) -> HttpResponse:
    """An owner's words in the place of a passage's."""
    chunk = queries.passage(pk)
    if request.method == "GET":
        if not request.htmx:
            return redirect("studio:passage", pk)
        template = "passage" if "cancel" in request.GET else "passage_edit"
        return partial(request, f"studio/knowledge/{template}.html", chunk=chunk, place=in_words(chunk.place), text=chunk.text)
    text = request.POST.get("text", "")
    try:
        changed = handling.edit_passage(request.actor, chunk, text)
    except Invalid as error:
        said = error.errors[0]["message"] if error.errors else error.message
        if not request.htmx:
            messages.error(request, said)
            return redirect("studio:passage", pk)
        context = {"chunk": chunk, "place": in_words(chunk.place), "text": text, "problem": said}
        return partial(request, "studio/knowledge/passage_edit.html", status=422, **context)
    return _shown(request, changed, _("Saved. It is learned in a moment."))


@require_POST
@studio_page("edit_knowledge")
def restore(request: StudioRequest, pk: int) -> HttpResponse:
    """What the source says comes back."""
    return _shown(request, handling.restore_passage(request.actor, queries.passage(pk)), _("It says again what the source says."))


def _shown(request: StudioRequest, chunk: Chunk, said: str) -> HttpResponse:
    """The passage in its place, as it is now."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("studio:passage", chunk.pk)
    return toast(partial(request, "studio/knowledge/passage.html", chunk=chunk, place=in_words(chunk.place)), said)
