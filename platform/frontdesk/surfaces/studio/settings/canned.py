"""Canned replies: the list, a new one, changing one, deleting and bringing back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.conversations import canned
from frontdesk.conversations.models import CannedReply
from frontdesk.core.errors import FrontdeskError

from ..accounts.forms import blame
from ..page import studio_page
from ..paging import page_of
from ..request import StudioRequest
from .frame import show

MOST_DELETED = 20
WHOSE = ((True, gettext_lazy("Everybody in the team")), (False, gettext_lazy("Only me")))


class ReplyForm(forms.Form):
    shortcut = forms.CharField(
        label=gettext_lazy("Shortcut"),
        max_length=41,
        help_text=gettext_lazy("What you type after “/” while you answer: hours, refund, thanks."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=canned.MAX_TEXT,
        help_text=gettext_lazy("{name}, {first_name}, {agent}, {me} and {business} are filled in for you."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    shared = forms.TypedChoiceField(
        label=gettext_lazy("Who may use it?"), choices=WHOSE, coerce=lambda value: value == "True", initial=True
    )

    def __init__(self, *args: Any, reply: CannedReply | None = None, **kwargs: Any) -> None:
        initial = {"shortcut": reply.shortcut, "text": reply.text, "shared": reply.user_id is None} if reply else None
        super().__init__(*args, initial=initial, auto_id=f"id_{reply.pk}_%s" if reply else "id_%s", **kwargs)


@require_http_methods(["GET", "POST"])
@studio_page("answer")
def replies(request: StudioRequest) -> HttpResponse:
    form = ReplyForm(request.POST or None)
    if form.is_valid():
        try:
            reply = canned.create_reply(request.actor, **form.cleaned_data)
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Type /%(shortcut)s to use it.") % {"shortcut": reply.shortcut})
            return redirect("studio:settings_canned")
    return _page(request, form)


def _page(request: StudioRequest, form: ReplyForm, *, changed: tuple[CannedReply, ReplyForm] | None = None) -> HttpResponse:
    page = page_of(request, canned.replies(request.actor))
    kept = {changed[0].pk: changed[1]} if changed else {}
    rows = [(reply, kept.get(reply.pk) or ReplyForm(reply=reply)) for reply in page.rows]
    deleted = canned.deleted_replies(request.actor)[:MOST_DELETED]
    status = 422 if form.errors or changed else 200
    return show(request, "canned", form=form, rows=rows, page=page, deleted=deleted, status=status)


@require_POST
@studio_page("answer")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Other words, or away with it."""
    reply = canned.reply_by_uuid(request.actor, uuid)
    if request.POST.get("do") == "delete":
        canned.delete_reply(request.actor, reply)
        messages.success(request, _("“%(name)s” is deleted. You can bring it back for 30 days.") % {"name": reply})
        return redirect("studio:settings_canned")
    form = ReplyForm(request.POST, reply=reply)
    if form.is_valid():
        try:
            canned.update_reply(request.actor, reply, **form.cleaned_data)
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:settings_canned")
    return _page(request, ReplyForm(), changed=(reply, form))


@require_POST
@studio_page("answer")
def restore(request: StudioRequest, uuid: UUID) -> HttpResponse:
    try:
        reply = canned.bring_back_reply(request.actor, uuid)
        messages.success(request, _("“%(name)s” is back.") % {"name": reply})
    except FrontdeskError as error:
        if error.status == 404:
            raise
        messages.error(request, error.message)
    return redirect("studio:settings_canned")
