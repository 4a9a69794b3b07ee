"""Two customers who are one, and undoing that."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.conversations import contacts, merging
from frontdesk.conversations.errors import ContactNotFound, MergeNotPossible
from frontdesk.conversations.models import Contact

from ..page import render, studio_page
from ..request import StudioRequest

MOST_FOUND = 20


@require_http_methods(["GET", "POST"])
@studio_page("answer")
def merge(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Choosing who else this is. The form says "not" instead of "other" where somebody is not the same person."""
    kept = contacts.contact_by_uuid(uuid)
    if request.method == "POST":
        return _do(request, kept)
    words = request.GET.get("words", "").replace("\x00", "").strip()[:200]
    same = list(contacts.same_person(kept)[:MOST_FOUND])
    rows = contacts.contacts(words=words).exclude(pk=kept.pk).exclude(pk__in=[each.pk for each in same]) if words else []
    context = {"contact": kept, "words": words, "same": same, "found": list(rows[:MOST_FOUND])}
    back = {"url": reverse("studio:contact", args=[uuid]), "title": str(kept)}
    return render(request, "studio/contacts/merge.html", title=_("Merge two customers"), back=back, **context)


def _do(request: StudioRequest, kept: Contact) -> HttpResponse:
    if "not" in request.POST:
        contacts.say_not_same(request.actor, kept, _chosen(request.POST["not"]))
        messages.success(request, _("These two are not suggested for each other any more."))
        return redirect("studio:contact", kept.uuid)
    other = _chosen(request.POST.get("other", ""))
    try:
        merging.merge(request.actor, kept, other)
        messages.success(request, _("“%(name)s” is part of this customer now. You can undo this for 30 days.") % {"name": other})
    except MergeNotPossible as error:
        messages.error(request, error.message)
    return redirect("studio:contact", kept.uuid)


@require_POST
@studio_page("answer")
def undo(request: StudioRequest, uuid: UUID) -> HttpResponse:
    try:
        row = merging.split(request.actor, uuid)
    except MergeNotPossible as error:
        messages.error(request, error.message)
        return redirect("studio:contacts")
    messages.success(request, _("These are two customers again. What came since stays here."))
    return redirect("studio:contact", row.kept.uuid)


def _chosen(text: str) -> Contact:
    try:
        return contacts.contact_by_uuid(UUID(text))
    except ValueError:
        raise ContactNotFound() from None
