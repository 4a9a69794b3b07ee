"""Conversations: the list, a thread, answering as a person, and who answers."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from frontdesk.conversations import actions, queries
from frontdesk.conversations.models import Conversation, Message

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
    context = {
        "page": page_of(request, queries.conversations(status=who, search=words)),
        "who": who,
        "words": words,
        "filters": FILTERS,
    }
    if request.htmx:
        return partial(request, "studio/conversations/found.html", **context)
    return render(request, "studio/conversations/list.html", title=_("Conversations"), **context)


@require_safe
@studio_page()
def thread(request: StudioRequest, uuid: UUID) -> HttpResponse:
    conversation = queries.conversation_by_uuid(uuid)
    back = {"url": reverse("studio:conversations"), "title": _("Conversations")}
    context = {"conversation": conversation, "messages_shown": _shown(conversation)}
    return render(request, "studio/conversations/thread.html", title=str(conversation.contact), back=back, **context)


def _shown(conversation: Conversation) -> list[Message]:
    """The last messages, oldest first."""
    return list(reversed(queries.messages(conversation).order_by("-id")[:LAST_MESSAGES]))


@require_POST
@studio_page("answer")
def reply(request: StudioRequest, uuid: UUID) -> HttpResponse:
    conversation = queries.conversation_by_uuid(uuid)
    message = actions.reply_as_person(request.actor, conversation, request.POST.get("text", ""))
    return partial(request, "studio/conversations/replied.html", message=message, conversation=conversation)


@require_POST
@studio_page("answer")
def who_answers(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Take over, give back, close."""
    conversation = queries.conversation_by_uuid(uuid)
    changed = actions.set_status(request.actor, conversation, request.POST.get("status", ""))
    conversation.status, conversation.status_reason = changed.status, changed.status_reason
    response = partial(request, "studio/conversations/who.html", conversation=conversation).render()
    return toast(response, conversation.get_status_display())
