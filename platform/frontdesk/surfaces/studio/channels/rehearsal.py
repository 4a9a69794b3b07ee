"""The rehearsal of a channel: the owner plays the customer on a phone, or in a mail program, that looks like theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import nh3
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontdesk.agents import queries as agents
from frontdesk.channels import kinds
from frontdesk.channels import queries as channels
from frontdesk.channels.models import Channel
from frontdesk.channels.rehearsal import actions, queries
from frontdesk.core.errors import Malformed
from frontdesk.sdk.rehearsal import Line
from frontdesk.sdk.values import Attachment
from frontdesk.sdk.words import said

from ..page import partial, render, studio_page, toast
from ..request import StudioRequest

MARKS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote"}
MARKS |= {"p", "br", "hr", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
SCREENS = {"phone": "studio/channels/rehearsal/screen.html", "mail": "studio/channels/rehearsal/mails.html"}
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/")
LATE_SECONDS, SLOW_SECONDS = 3.0, 4.0
REACTIONS = ("👍", "❤️", "😂")


@require_http_methods(["GET", "POST"])
@studio_page("manage_channels")
def begin(request: StudioRequest, kind: str) -> HttpResponse:
    """A channel of this kind that needs no account, and the first customer. Who comes by its address is led to the button."""
    if request.method == "GET":
        return redirect(f"{reverse('studio:channel_connect', args=[kind])}#rehearse")
    agent = agents.agent_by_uuid(request.POST.get("agent", ""))
    offer = kinds.offer_of(request.actor.workspace, kind)
    label = said(offer.item.label, get_language() or "")
    channel = actions.begin(request.actor, kind, agent.pk, name=_("%(name)s (rehearsal)") % {"name": label})
    actions.meet(request.actor, channel)
    messages.success(request, _("The curtain is up. Write as a customer would, and watch Conversations in another window."))
    return redirect("studio:rehearsal", channel.uuid)


@require_safe
@studio_page("manage_channels")
def room(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The whole page."""
    channel = channels.channel_by_uuid(uuid)
    context = _context(channel, request.GET.get("customer", ""))
    back = {"url": reverse("studio:channel", args=[uuid]), "title": channel.name}
    return render(request, "studio/channels/rehearsal/room.html", title=_("Rehearsal"), back=back, **context)


@require_safe
@studio_page("manage_channels")
def screen(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What stands on the phone, asked for every second; nothing when it is as it was."""
    context = _context(channels.channel_by_uuid(uuid), request.GET.get("customer", ""))
    if request.GET.get("seen") == context["phone"].version:
        return HttpResponse(status=204)
    return partial(request, context["screen"], live=True, **context)


@require_POST
@studio_page("manage_channels")
def act(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What the customer does, named by `do`; and who they are."""
    channel = channels.channel_by_uuid(uuid)
    customer = _told(request, "customer")
    if request.POST.get("do") == "meet":
        customer = actions.meet(request.actor, channel, request.POST.get("name", "")).id
        return redirect(f"{reverse('studio:rehearsal', args=[uuid])}?{urlencode({'customer': customer})}")
    done = _do(request, channel, customer)
    if not request.htmx:
        return redirect(f"{reverse('studio:rehearsal', args=[uuid])}?{urlencode({'customer': customer})}")
    context = _context(channel, customer)
    response = partial(request, context["screen"], live=True, acted=True, **context)
    return toast(response, done) if done else response


def _do(request: StudioRequest, channel: Channel, customer: str) -> str:
    """A sentence where the screen itself does not show it."""
    post, actor = request.POST, request.actor
    line, text = _told(request, "line"), _told(request, "text")
    match post.get("do"):
        case "write":
            subject = _told(request, "subject")
            actions.write(actor, channel, customer, text, files=_files(request), reply_to=line, subject=subject)
        case "press":
            actions.press(actor, channel, line, _told(request, "button"))
        case "edit":
            actions.edit(actor, channel, line, text)
        case "delete":
            actions.delete(actor, channel, line)
        case "react":
            actions.react(actor, channel, line, _told(request, "emoji"))
        case "read":
            actions.read(actor, channel, customer)
        case "switch":
            return _switch(request, channel, customer)
        case _unknown:
            raise Malformed
    return ""


def _told(request: StudioRequest, name: str) -> str:
    """No plugin is asked for what no database can hold."""
    return request.POST.get(name, "").replace("\x00", "")


def _files(request: StudioRequest) -> list[Attachment]:
    return [
        Attachment(_type(file), (file.name or "")[:200], data=file.read())
        for file in request.FILES.getlist("file")
        if isinstance(file, UploadedFile)
    ]


def _type(file: UploadedFile) -> str:
    return (file.content_type or "application/octet-stream").partition(";")[0].strip().lower()[:100]


def _switch(request: StudioRequest, channel: Channel, customer: str) -> str:
    """What goes wrong from now on, as the switches stand."""
    post = request.POST
    vendor = post.get("vendor", "")
    if vendor not in {"", "slow", "busy", "broken", "silent"}:
        raise Malformed
    actions.switch(
        request.actor,
        channel,
        twice="twice" in post,
        late=LATE_SECONDS if "late" in post else 0.0,
        shuffled="shuffled" in post,
        mood="" if vendor == "slow" else vendor,
        slow=SLOW_SECONDS if vendor == "slow" else 0.0,
        phone_off="phone_off" in post,
        window_closed="window_closed" in post,
        own=tuple(each.id for each in queries.double_kind(channel).switches if each.id in post.getlist("own")),
    )
    phone = queries.phone(channel, customer)
    if phone.customer is not None and phone.customer.blocked != ("blocked" in post) and "block" in phone.double.can:
        actions.block(request.actor, channel, phone.customer.id, blocked="blocked" in post)
    return _("From now on.")


def _context(channel: Channel, customer_id: str) -> dict[str, Any]:
    phone = queries.phone(channel, customer_id)
    bubbles = [_bubble(channel, line, phone.lines) for line in phone.lines]
    last = phone.lines[-1] if phone.lines else None
    return {
        "channel": channel,
        "phone": phone,
        "look": phone.double.look,
        "screen": SCREENS[phone.double.look.layout],
        "own": phone.double.switches,
        "can": phone.double.can,
        "window_hours": phone.double.window_hours,
        "people_may": kinds.capabilities_of(channel.kind).person_window_hours > phone.double.window_hours,
        "bubbles": bubbles,
        "reactions": REACTIONS,
        "news": last.text if last is not None and last.author == "business" and not last.deleted else "",
        "vendor": "slow" if phone.faults.slow else phone.faults.mood,
        "conversation": queries.conversation_of(channel, phone.customer.id) if phone.customer else None,
    }


def _bubble(channel: Channel, line: Line, every: Any) -> dict[str, Any]:
    replied = next((each for each in every if each.id == line.reply_to), None) if line.reply_to else None
    return {
        "line": line,
        "at": datetime.fromtimestamp(line.at, UTC),
        "key": line.id.encode().hex(),
        "marked": _marked(line.html) if line.html else "",
        "replied": replied,
        "files": [_shown(channel, file) for file in line.attachments],
        "waits": line.author == "business" and line.state == "sent",
    }


def _marked(html: str) -> SafeString:
    clean = nh3.clean(html, tags=MARKS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"})
    return mark_safe(clean)  # noqa: S308  (cleaned just now)


def _shown(channel: Channel, file: Attachment) -> dict[str, str]:
    ours = file.reference or file.url.startswith(f"{settings.BASE_URL}/")
    kind = file.media_type.partition("/")[0] if file.media_type.startswith(SHOWN) and ours else "other"
    here = reverse("studio:rehearsal_file", args=[channel.uuid, UUID(file.reference)]) if file.reference else file.url
    return {"kind": kind, "url": here, "name": file.name or file.media_type}


@require_safe
@studio_page("manage_channels")
def file(request: StudioRequest, uuid: UUID, reference: UUID) -> HttpResponse:
    """What somebody sent in a rehearsal. Only media that cannot do harm is shown, the rest is saved."""
    found = queries.file(channels.channel_by_uuid(uuid), reference.hex)
    shown = found.media_type.startswith(SHOWN)
    response = HttpResponse(found.data, content_type=found.media_type if shown else "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not shown, found.name or "file") or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
