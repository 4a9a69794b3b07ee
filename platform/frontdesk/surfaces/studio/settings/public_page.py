"""The workspace's public page: opening it, the chat on it, and the way to edit it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.channels import queries as channels
from frontdesk.content import actions, queries
from frontdesk.content.models import BusinessPage
from frontdesk.core.errors import NotFound

from ..page import studio_page
from ..request import StudioRequest
from .forms import PageForm
from .frame import show


@require_http_methods(["GET", "POST"])
@studio_page("edit_pages")
def public_page(request: StudioRequest) -> HttpResponse:
    workspace = request.actor.workspace
    page = queries.page_of(workspace)
    if page is not None:
        return _existing(request, page)
    form = PageForm(request.POST or None, initial={"title": workspace.name})
    if form.is_valid():
        actions.open_public_page(request.actor, **form.cleaned_data)
        messages.success(request, _("Your page is open. Choose the chat that stands on it."))
        return redirect("studio:settings_page")
    return show(request, "page", form=form, status=422 if form.errors else 200)


def _existing(request: StudioRequest, page: BusinessPage) -> HttpResponse:
    if request.method == "POST":
        chosen = request.POST.get("channel", "")
        actions.show_chat(request.actor, page, channels.channel_by_uuid(chosen).pk if chosen else None)
        messages.success(request, _("Saved."))
        return redirect("studio:settings_page")
    return show(request, "page", page=page, page_url=page.get_url(request), chats=channels.channels())


@require_POST
@studio_page("edit_pages")
def edit(request: StudioRequest) -> HttpResponse:
    """To the page in the CMS; whoever may edit pages here is let in there."""
    page = queries.page_of(request.actor.workspace)
    if page is None or request.actor.user is None:
        raise NotFound
    actions.let_edit(request.actor.user, page)
    return redirect("wagtailadmin_pages:edit", page.pk)
