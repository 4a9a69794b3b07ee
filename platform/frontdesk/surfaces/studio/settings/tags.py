"""Tags for conversations: the list, a new one, another name or colour, deleting and bringing back."""

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

from frontdesk.conversations import tagging
from frontdesk.conversations.models import Tag
from frontdesk.core.errors import FrontdeskError

from ..accounts.forms import blame
from ..page import studio_page
from ..request import StudioRequest
from .frame import show

MOST_DELETED = 20


class TagForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=Tag.Colour)

    def __init__(self, *args: Any, tag: Tag | None = None, **kwargs: Any) -> None:
        initial = {"name": tag.name, "colour": tag.colour} if tag else {"colour": Tag.Colour.BLUE}
        super().__init__(*args, initial=initial, auto_id=f"id_{tag.pk}_%s" if tag else "id_%s", **kwargs)


@require_http_methods(["GET", "POST"])
@studio_page("answer")
def tags(request: StudioRequest) -> HttpResponse:
    form = TagForm(request.POST or None)
    if form.is_valid():
        try:
            tag = tagging.create_tag(request.actor, **form.cleaned_data)
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("The tag “%(name)s” is there.") % {"name": tag})
            return redirect("studio:settings_tags")
    return _page(request, form)


def _page(request: StudioRequest, form: TagForm, *, changed: tuple[Tag, TagForm] | None = None) -> HttpResponse:
    forms_by_tag = {changed[0].pk: changed[1]} if changed else {}
    rows = [(tag, forms_by_tag.get(tag.pk) or TagForm(tag=tag)) for tag in tagging.tags_with_counts()]
    deleted = tagging.deleted_tags()[:MOST_DELETED]
    return show(request, "tags", form=form, rows=rows, deleted=deleted, status=422 if form.errors or changed else 200)


@require_POST
@studio_page("answer")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Another name or colour, or away with it."""
    tag = tagging.tag_by_uuid(uuid)
    if request.POST.get("do") == "delete":
        tagging.delete_tag(request.actor, tag)
        messages.success(request, _("“%(name)s” is deleted. You can bring it back for 30 days.") % {"name": tag})
        return redirect("studio:settings_tags")
    form = TagForm(request.POST, tag=tag)
    if form.is_valid():
        try:
            tagging.update_tag(request.actor, tag, **form.cleaned_data)
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:settings_tags")
    return _page(request, TagForm(), changed=(tag, form))


@require_POST
@studio_page("answer")
def restore(request: StudioRequest, uuid: UUID) -> HttpResponse:
    try:
        tag = tagging.bring_back_tag(request.actor, uuid)
        messages.success(request, _("“%(name)s” is back.") % {"name": tag})
    except FrontdeskError as error:
        if error.status == 404:
            raise
        messages.error(request, error.message)
    return redirect("studio:settings_tags")
