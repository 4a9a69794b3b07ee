"""Channels: where customers meet an agent. The list, and the chat on the owner's website."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.agents import queries as agents
from frontdesk.channels import actions, kinds, queries
from frontdesk.channels.models import Channel
from frontdesk.content import actions as content
from frontdesk.content import queries as pages
from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.workspaces.permissions import require

from ..accounts.forms import blame
from ..page import render, studio_page
from ..request import StudioRequest
from . import connecting
from .forms import ChannelForm, WidgetForm
from .looks import works


def _back() -> dict[str, str]:
    return {"url": reverse("studio:channels"), "title": _("Channels")}


@require_GET
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    every = queries.channels().select_related("agent__latest_revision")
    offered = [offer.item for offer in kinds.offered(request.actor.workspace)]
    context = {
        "rows": [(channel, works(channel)) for channel in every],
        "kinds": offered,
        "rehearsing": [kind.slug for kind in offered if kind.double is not None],
        "any_agent": agents.agents().exists(),
        "trouble": queries.troubles(),
    }
    return render(request, "studio/channels/list.html", title=_("Channels"), **context)


@require_http_methods(["GET", "POST"])
@studio_page("manage_channels")
def new(request: StudioRequest) -> HttpResponse:
    form = WidgetForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect("studio:channel", actions.create_widget(request.actor, **form.values()).uuid)
        except FrontdeskError as error:
            blame(form, error)
    status = 422 if form.errors else 200
    return render(request, "studio/channels/new.html", title=_("Chat on your website"), back=_back(), form=form, status=status)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@studio_page()
def channel(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.channel_by_uuid(uuid)
    if found.kind != actions.WIDGET:
        return connecting.connected(request, found)
    form = ChannelForm(found, request.POST or None)
    if request.method == "POST":
        require(request.actor, "manage_channels")
        if form.is_valid() and _saved(request, found, form):
            messages.success(request, _("Saved. Your pages show it from now on."))
            return redirect("studio:channel", uuid)
    return _page(request, found, form)


def _saved(request: StudioRequest, found: Channel, form: ChannelForm) -> bool:
    try:
        actions.change_widget(request.actor, found, **form.values())
    except FrontdeskError as error:
        blame(form, error)
        return False
    return True


def _page(request: StudioRequest, found: Channel, form: ChannelForm) -> HttpResponse:
    public = pages.page_of(request.actor.workspace)
    return render(
        request,
        "studio/channels/channel.html",
        title=found.name,
        back=_back(),
        channel=found,
        form=form,
        works=works(found),
        line=f'<script src="{settings.BASE_URL}/widget.js" data-agent-key="{found.public_key}" async></script>',
        chat_page=f"{settings.BASE_URL}{reverse('site:chat-page', args=[found.public_key])}",
        public=public,
        public_url=public.get_url(request) if public else "",
        status=422 if form.errors else 200,
    )


@require_POST
@studio_page("manage_channels")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One of the small changes, named by the button `do`."""
    found = queries.channel_by_uuid(uuid)
    messages.success(request, _do(request, request.POST.get("do", ""), found))
    if request.POST.get("do") == "delete":
        return redirect("studio:channels")
    return redirect("studio:channel", uuid)


def _do(request: StudioRequest, do: str, found: Channel) -> Any:
    if found.kind != actions.WIDGET:
        return connecting.change(request, do, found)
    match do:
        case "on" | "off":
            actions.change_widget(request.actor, found, enabled=do == "on")
            return _("The chat is on.") if do == "on" else _("The chat is off. Your pages do not show it any more.")
        case "renew":
            actions.renew_key(request.actor, found)
            return _("This is the new line. Put it in the place of the old one.")
        case "show":
            page = pages.page_of(request.actor.workspace)
            if page is not None:
                content.show_chat(request.actor, page, found.pk)
            return _("Your public page shows this chat.")
        case "delete":
            actions.delete_channel(request.actor, found)
            return _("“%(name)s” is deleted. Its conversations are kept.") % {"name": found.name}
    raise Malformed
