"""Webhooks: programs of the owner's that are told what happens, and how that goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError
from frontdesk.webhooks import actions, queries
from frontdesk.webhooks.kinds import KINDS, TEST
from frontdesk.webhooks.models import Delivery, Endpoint
from frontdesk.webhooks.sending import body_of

from ..accounts.forms import blame
from ..page import partial, studio_page
from ..paging import page_of
from ..request import StudioRequest
from .frame import show
from .webhook_forms import ReplayForm, WebhookForm

WORDS = {**KINDS, TEST: gettext_lazy("A test")}
LOOKS = {"queued": "warn", "sending": "warn", "delivered": "good", "failed": "bad"}


@require_http_methods(["GET", "POST"])
@studio_page("manage_webhooks")
def webhooks(request: StudioRequest) -> HttpResponse:
    """The answer to a new webhook shows its secret, this once."""
    form, secret = WebhookForm(request.POST or None), ""
    if form.is_valid():
        try:
            secret = actions.create_endpoint(request.actor, **form.values())[1]
            form = WebhookForm()
        except FrontdeskError as error:
            blame(form, error)
    rows = [(endpoint, [KINDS[name] for name in endpoint.events if name in KINDS]) for endpoint in queries.endpoints()]
    return show(request, "webhooks", form=form, secret=secret, rows=rows, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@studio_page("manage_webhooks")
def webhook(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One of them, to change, and its log."""
    endpoint = queries.endpoint_by_uuid(uuid)
    if request.htmx and request.method == "GET":
        return partial(request, "studio/settings/webhook_log.html", **_log(request, endpoint))
    form = WebhookForm(request.POST or None, endpoint=endpoint)
    if form.is_valid():
        try:
            actions.change_endpoint(request.actor, endpoint, **form.values())
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:webhook", uuid)
    return _page(request, endpoint, form)


def _page(request: StudioRequest, endpoint: Endpoint, form: WebhookForm, *, secret: str = "") -> HttpResponse:
    about = {"endpoint": endpoint, "form": form, "replay": ReplayForm(), "secret": secret, **_log(request, endpoint)}
    return show(request, "webhook", section="webhooks", status=422 if form.errors else 200, **about)


def _log(request: StudioRequest, endpoint: Endpoint) -> dict[str, Any]:
    state = request.GET.get("state", "")
    page = page_of(request, queries.deliveries(endpoint, state=state if state in Delivery.State.values else ""))
    rows = [(row, WORDS.get(row.event.kind, row.event.kind), LOOKS[row.state]) for row in page.rows]
    moving = any(row.state in Delivery.OPEN and row.attempts == 0 for row in page.rows)
    return {"endpoint": endpoint, "page": page, "deliveries": rows, "state": state, "moving": moving}


@require_POST
@studio_page("manage_webhooks")
def do(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Test it, send again what it missed, make a new secret, turn it on or off, delete it."""
    endpoint = queries.endpoint_by_uuid(uuid)
    match request.POST.get("do"):
        case "test":
            actions.send_test(request.actor, endpoint)
            messages.success(request, _("A test is on its way. What comes back stands in the log."))
        case "replay":
            return _replay(request, endpoint)
        case "secret":
            secret = actions.renew_secret(request.actor, endpoint)
            return _page(request, endpoint, WebhookForm(endpoint=endpoint), secret=secret)
        case "on" | "off" as which:
            actions.change_endpoint(request.actor, endpoint, enabled=which == "on")
        case "delete":
            actions.delete_endpoint(request.actor, endpoint)
            messages.success(request, _("It is told nothing any more."))
            return redirect("studio:settings_webhooks")
    return redirect("studio:webhook", uuid)


def _replay(request: StudioRequest, endpoint: Endpoint) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        actions.replay(request.actor, endpoint, form.since(), failed_only=not form.cleaned_data["everything"])
        messages.success(request, _("What it missed is sent again now. It stands in the log."))
    return redirect("studio:webhook", endpoint.uuid)


@require_GET
@studio_page("manage_webhooks")
def delivery(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One event for one webhook: what was posted, and every attempt."""
    row = queries.delivery_by_uuid(uuid)
    body = orjson.dumps(orjson.loads(body_of(row.event)), option=orjson.OPT_INDENT_2).decode()
    attempts = [{**each, "at": row.created_at.fromisoformat(each["at"])} for each in reversed(row.log)]
    words = WORDS.get(row.event.kind, row.event.kind)
    about = {"row": row, "words": words, "look": LOOKS[row.state], "body": body, "attempts": attempts}
    return show(request, "webhook_delivery", section="webhooks", **about)


@require_POST
@studio_page("manage_webhooks")
def send_again(request: StudioRequest, uuid: UUID) -> HttpResponse:
    row = actions.send_again(request.actor, queries.delivery_by_uuid(uuid))
    messages.success(request, _("It is sent again now."))
    return redirect("studio:webhook", row.endpoint.uuid)
