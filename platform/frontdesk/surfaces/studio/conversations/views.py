"""Conversations: the list, a thread, answering as a person, and who answers."""

from __future__ import annotations

from hashlib import md5
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from frontdesk.conversations import actions, queries
from frontdesk.conversations.models import Conversation, Message

from ..channels.ledger import with_ledgers
from ..page import partial, render, studio_page, toast
from ..paging import page_of
from ..request import StudioRequest

FILTERS = (
    ("", gettext_lazy("All")),
    (Conversation.Status.ACTIVE, gettext_lazy("The AI answers")),
    (Conversation.Status.SUPPORT_ACTIVE, gettext_lazy("A person answers")),
    (Conversation.Status.CLOSED, gettext_lazy("Closed")),
)
LAST_MESSAGES = 200


@require_safe
@studio_page()
def listing(request: StudioRequest) -> HttpResponse:
    who, words = request.GET.get("who", ""), request.GET.get("words", "").strip()[:200]
    who = who if who in Conversation.Status.values else ""
    page = page_of(request, queries.conversations(status=who, search=words))
    seen = md5(repr([(row.pk, row.updated_at) for row in page.rows]).encode(), usedforsecurity=False).hexdigest()
    if request.headers.get("X-Seen") == seen:
        return HttpResponse(status=204)
    live = "?" + urlencode({"who": who, "words": words, "page": page.number})
    context = {"page": page, "who": who, "words": words, "filters": FILTERS, "live": live, "seen": seen}
    if request.htmx:
        return partial(request, "studio/conversations/found.html", **context)
    return render(request, "studio/conversations/list.html", title=_("Conversations"), **context)


@require_safe
@studio_page()
def thread(request: StudioRequest, uuid: UUID) -> HttpResponse:
    conversation = queries.conversation_by_uuid(uuid)
    back = {"url": reverse("studio:conversations"), "title": _("Conversations")}
    shown = _shown(conversation)
    context = {"conversation": conversation, "messages_shown": shown, "last": shown[-1].pk if shown else 0}
    return render(request, "studio/conversations/thread.html", title=str(conversation.contact), back=back, **context)


@require_safe
@studio_page()
def news(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """What an open thread does not show yet, `after` the last message on the screen. Empty when there is nothing.

    Asked for every few seconds while somebody looks: no connection is held, who may see it is checked each time, and
    nothing is missed after sleep or a restart.
    """
    conversation = queries.conversation_by_uuid(uuid)
    return _news(request, conversation, request.GET)


def _news(request: StudioRequest, conversation: Conversation, asked: QueryDict) -> HttpResponse:
    text = asked.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    came = with_ledgers(conversation, queries.messages(conversation).filter(pk__gt=after).order_by("id")[:LAST_MESSAGES])
    changed = asked.get("status", "") != conversation.status
    if request.method != "POST" and not came and not changed:
        return HttpResponse(status=204)
    context = {"conversation": conversation, "news": came, "last": came[-1].pk if came else after, "changed": changed}
    return partial(request, "studio/conversations/news.html", **context)


def _shown(conversation: Conversation) -> list[Message]:
    """The last messages, oldest first."""
    return with_ledgers(conversation, queries.messages(conversation).order_by("-id")[:LAST_MESSAGES])[::-1]


@require_POST
@studio_page("answer")
def reply(request: StudioRequest, uuid: UUID) -> HttpResponse:
    conversation = queries.conversation_by_uuid(uuid)
    actions.reply_as_person(request.actor, conversation, request.POST.get("text", ""))
    return _news(request, queries.conversation_by_uuid(uuid), request.POST)


@require_POST
@studio_page("answer")
def who_answers(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Take over, give back, close."""
    conversation = queries.conversation_by_uuid(uuid)
    changed = actions.set_status(request.actor, conversation, request.POST.get("status", ""))
    conversation.status, conversation.status_reason = changed.status, changed.status_reason
    response = partial(request, "studio/conversations/who.html", conversation=conversation, decided=True).render()
    return toast(response, conversation.get_status_display())
