"""Customers: the list, one of them, blocking, deleting, exporting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from frontdesk.conversations import contacts, deletion, exporting, merging
from frontdesk.conversations.models import Contact, Conversation
from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces.permissions import require

from ..accounts.forms import blame
from ..conversations.places import place
from ..page import partial, render, studio_page
from ..paging import page_of
from ..request import StudioRequest
from .forms import ContactForm

FILTERS = (("", gettext_lazy("All")), ("blocked", gettext_lazy("Blocked")))
LAST_CONVERSATIONS = 20
MOST_SUGGESTED = 5


def back() -> dict[str, str]:
    return {"url": reverse("studio:contacts"), "title": _("Customers")}


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    words, state = request.GET.get("words", "").replace("\x00", "").strip()[:200], request.GET.get("state", "")
    state = state if state == "blocked" else ""
    rows = contacts.contacts(words=words, blocked=True if state else None)
    page = page_of(request, contacts.with_numbers(rows))
    context = {"page": page, "words": words, "state": state, "filters": FILTERS}
    if request.htmx:
        return partial(request, "studio/contacts/found.html", **context)
    deleted = request.actor.may("manage_contacts") and deletion.deleted_contacts().exists()
    return render(request, "studio/contacts/list.html", title=_("Customers"), deleted=deleted, **context)


@require_http_methods(["GET", "POST"])
@studio_page("answer")
def new(request: StudioRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    if form.is_valid():
        try:
            made = contacts.create_contact(request.actor, **form.values())
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:contact", made.uuid)
    status = 422 if form.errors else 200
    return render(request, "studio/contacts/new.html", title=_("New customer"), back=back(), form=form, status=status)


@require_http_methods(["GET", "POST"])
@studio_page()
def contact(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Who it is, to look at and to change; where they write; what may be the same person."""
    found = contacts.contact_by_uuid(uuid)
    form = ContactForm(request.POST or None, contact=found)
    if request.method == "POST":
        require(request.actor, "answer")
        if form.is_valid() and _saved(request, found, form):
            messages.success(request, _("Saved."))
            return redirect("studio:contact", uuid)
    return _page(request, found, form, status=422 if form.errors else 200)


def _saved(request: StudioRequest, found: Contact, form: ContactForm) -> bool:
    try:
        contacts.update_contact(request.actor, found, **form.values())
    except FrontdeskError as error:
        blame(form, error)
    return not form.errors


def _page(request: StudioRequest, found: Contact, form: ContactForm, *, status: int) -> HttpResponse:
    talks = Conversation.objects.filter(contact=found, last_message_at__isnull=False).order_by("-last_message_at", "-id")
    context: dict[str, Any] = {
        "contact": found,
        "form": form,
        "places": [(place(row.channel_kind), row.external_id) for row in found.identities.all()],
        "talks": [(talk, place(talk.channel_kind)) for talk in talks[:LAST_CONVERSATIONS]],
        "same": list(contacts.same_person(found)[:MOST_SUGGESTED]),
        "merges": list(merging.undoable().filter(kept=found)),
    }
    return render(request, "studio/contacts/contact.html", title=str(found), back=back(), status=status, **context)


@require_POST
@studio_page("answer")
def block(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = contacts.contact_by_uuid(uuid)
    if request.POST.get("do") == "unblock":
        contacts.unblock(request.actor, found)
        messages.success(request, _("What this customer writes from now on is answered again."))
    else:
        contacts.block(request.actor, found)
        messages.success(request, _("This customer is blocked. What they write is kept, but neither shown nor answered."))
    return redirect("studio:contact", uuid)


@require_POST
@studio_page("manage_contacts")
def delete(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = contacts.contact_by_uuid(uuid)
    deletion.delete_contact(request.actor, found)
    messages.success(request, _("“%(name)s” is deleted. You can bring them back for 30 days.") % {"name": found})
    return redirect("studio:contacts")


@require_GET
@studio_page("manage_contacts")
def export(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """All that is known of them, as a file."""
    known = exporting.export_contact(request.actor, contacts.contact_by_uuid(uuid))
    layout = {"ensure_ascii": False, "indent": 1}
    return JsonResponse(
        known, json_dumps_params=layout, headers={"Content-Disposition": f'attachment; filename="customer-{uuid}.json"'}
    )
