"""Connecting a place where customers write: a form, a checklist with what to paste there, and a tick when they are heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from frontdesk.agents import queries as agents
from frontdesk.channels import actions, kinds, queries
from frontdesk.channels.errors import UnknownKind
from frontdesk.channels.models import Channel
from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.channel import SetupStep
from frontdesk.sdk.words import said
from frontdesk.workspaces.permissions import require

from ..page import partial, render, studio_page
from ..request import StudioRequest
from ..schema_forms import SchemaForm
from .forms import agent_choices

PLACE = re.compile(r"\{(webhook_url|setting:(\w+))\}")


class PlaceForm(forms.Form):
    """What Frontdesk itself asks, beside what the plugin does."""

    agent = forms.ChoiceField(label=gettext_lazy("Who answers there?"))
    channel_name = forms.CharField(label=gettext_lazy("What do you call it?"), max_length=80, required=False)

    def __init__(self, data: QueryDict | None, *, channel: Channel | None, label: str) -> None:
        initial = {"agent": str(channel.agent.uuid), "channel_name": channel.name} if channel else {"channel_name": label}
        super().__init__(data, initial=initial)
        self.fields["agent"].choices = agent_choices(channel)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the checklist. `value` is to be copied; empty where there is nothing to, or not yet."""

    text: str
    value: str


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("manage_channels")
def connect(request: StudioRequest, kind: str) -> HttpResponse:
    """A new one."""
    return page(request, kinds.offer_of(request.actor.workspace, kind), None)


def connected(request: StudioRequest, channel: Channel) -> HttpResponse:
    """One that is there; it can be looked at and deleted though its plugin is off."""
    try:
        offer = kinds.offer_of(channel.workspace, channel.kind)
    except UnknownKind as error:
        return _render(request, channel.name, channel=channel, problem=error.message)
    if request.method == "POST":
        require(request.actor, "manage_channels")
    return page(request, offer, channel)


def page(request: StudioRequest, offer: Offer, channel: Channel | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    label = said(offer.item.label, get_language() or "")
    place = PlaceForm(data, channel=channel, label=label)
    if channel is not None and channel.rehearsal and "rehearsal" in request.POST and place.is_valid():
        return _goes_on(request, place, channel)
    real = channel if channel and not channel.rehearsal else None
    form = SchemaForm(
        offer.item.config_model,
        data,
        workspace=request.actor.workspace,
        initial=real.settings if real else None,
        kept_secrets=[name for name, value in real.secrets.items() if value] if real else (),
    )
    if form.is_valid() and place.is_valid() and (saved := _saved(request, offer, form, place, channel)):
        messages.success(request, _("Saved. Follow the steps below, then write to it yourself.") if not channel else _("Saved."))
        return redirect("studio:channel", saved.uuid)
    context = {"form": form, "place_form": place, "kind": offer.item, "steps": steps(offer.item.setup, real)}
    context["rehearses"] = offer.item.double is not None
    status = 422 if form.errors or place.errors else 200
    return _render(request, channel.name if channel else label, channel=channel, status=status, **context)


def _goes_on(request: StudioRequest, place: PlaceForm, channel: Channel) -> HttpResponse:
    """Another agent or name for what stays a rehearsal."""
    agent = agents.agent_by_uuid(place.cleaned_data["agent"])
    actions.change_rehearsal(request.actor, channel, agent.pk, name=place.cleaned_data["channel_name"])
    messages.success(request, _("Saved."))
    return redirect("studio:channel", channel.uuid)


def _saved(request: StudioRequest, offer: Offer, form: SchemaForm, place: PlaceForm, channel: Channel | None) -> Channel | None:
    agent = agents.agent_by_uuid(place.cleaned_data["agent"])
    try:
        return actions.connect(
            request.actor, offer.slug, agent.pk, form.values, name=place.cleaned_data["channel_name"], channel=channel
        )
    except FrontdeskError as error:
        form.add_errors(error)
        return None


def steps(setup: Any, channel: Channel | None) -> list[Step]:
    """The plugin's checklist with this channel's values; of a channel that is not saved yet, without."""
    return [Step(said(step.text, get_language() or ""), _value(step, channel)) for step in setup]


def _value(step: SetupStep, channel: Channel | None) -> str:
    if channel is None:
        return ""

    def fill(match: re.Match[str]) -> str:
        return str(channel.settings.get(match[2], "")) if match[2] else kinds.webhook_url(channel)

    return PLACE.sub(fill, step.value)


def _render(request: StudioRequest, title: str, *, status: int = 200, **context: Any) -> HttpResponse:
    back = {"url": reverse("studio:channels"), "title": _("Channels")}
    return render(request, "studio/channels/connected.html", title=title, back=back, status=status, **context)


@require_safe
@studio_page()
def heard(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The tick, asked for every few seconds until there is one."""
    return partial(request, "studio/channels/heard.html", channel=queries.channel_by_uuid(uuid))


def change(request: StudioRequest, do: str, channel: Channel) -> str:
    """One of the small changes, named by the button `do`."""
    match do:
        case "on" | "off":
            actions.set_enabled(request.actor, channel, enabled=do == "on")
            return _("It is on.") if do == "on" else _("It is off. What customers write meanwhile is not taken.")
        case "check":
            return actions.check(request.actor, channel)
        case "test":
            actions.send_test(request.actor, channel)
            return _("The test message is on its way to whoever wrote last.")
        case "delete":
            actions.delete_channel(request.actor, channel)
            return _("“%(name)s” is deleted. Its conversations are kept.") % {"name": channel.name}
    raise Malformed
