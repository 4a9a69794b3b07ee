"""Replies that are written once and used often, found by their shortcut, with blanks for what differs."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from frontdesk.core.errors import Conflict, Invalid
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import bin
from .errors import CannedReplyNotFound
from .models import CannedReply, Conversation

LIMIT = 500
MAX_TEXT = 4000
SHORTCUT = re.compile(r"[\w-]{1,40}")
BLANK = re.compile(r"\{(name|first_name|email|phone|agent|me|business)\}")


def replies(actor: Actor) -> QuerySet[CannedReply]:
    """Everybody's and the actor's own, by shortcut."""
    require(actor, "view")
    return CannedReply.objects.filter(_visible(actor), deleted_at=None)


def deleted_replies(actor: Actor) -> QuerySet[CannedReply]:
    return CannedReply.objects.filter(_visible(actor), deleted_at__isnull=False).order_by("-deleted_at")


def find(actor: Actor, words: str, limit: int = 8) -> list[CannedReply]:
    """For what was typed after "/": shortcuts that begin so first, the often used before others; then those whose text has it."""
    typed = words.strip().lstrip("/")
    begins = replies(actor).filter(shortcut__istartswith=typed).order_by("-used_count", "shortcut")
    found = list(begins[:limit])
    if len(found) < limit and typed:
        others = replies(actor).filter(text__icontains=typed).exclude(shortcut__istartswith=typed)
        found += others.order_by("-used_count", "shortcut")[: limit - len(found)]
    return found


def reply_by_uuid(actor: Actor, uuid: UUID) -> CannedReply:
    """Raises CannedReplyNotFound, also for another's own."""
    found = replies(actor).filter(uuid=uuid).first()
    if found is None:
        raise CannedReplyNotFound()
    return found


def filled(reply: CannedReply, conversation: Conversation, actor: Actor) -> str:
    """The text for this customer. What is not known of them leaves no gap; braces of any other kind stay."""
    contact = conversation.contact
    known = {
        "name": contact.name,
        "first_name": contact.name.split()[0] if contact.name.split() else "",
        "email": contact.email,
        "phone": contact.phone,
        "agent": conversation.agent.name if conversation.agent else "",
        "me": actor.user.get_short_name() if actor.user else actor.name,
        "business": actor.workspace.name,
    }
    text = BLANK.sub(lambda blank: known[blank[1]] or "\x00", reply.text)
    return re.sub(r"[ \t]*\x00", "", text)


def note_used(reply: CannedReply) -> None:
    CannedReply.objects.filter(pk=reply.pk).update(used_count=F("used_count") + 1)


def create_reply(actor: Actor, shortcut: str, text: str, *, shared: bool = True) -> CannedReply:
    """Raises Conflict for a shortcut that there is already. What a program makes is everybody's."""
    require(actor, "answer")
    if replies(actor).count() >= LIMIT:
        raise Invalid.field("shortcut", _("There are %(limit)s canned replies already. Delete one first.") % {"limit": LIMIT})
    owner = None if shared else actor.user
    reply = CannedReply(workspace=actor.workspace, shortcut=_shortcut(shortcut), text=_text(text), user=owner)
    _save(reply)
    audit.record(actor, "canned_reply.created", reply)
    return reply


@transaction.atomic
def update_reply(
    actor: Actor, reply: CannedReply, *, shortcut: str | None = None, text: str | None = None, shared: bool | None = None
) -> CannedReply:
    require(actor, "answer")
    reply.shortcut = reply.shortcut if shortcut is None else _shortcut(shortcut)
    reply.text = reply.text if text is None else _text(text)
    if shared is not None:
        reply.user = None if shared else actor.user
    _save(reply)
    audit.record(actor, "canned_reply.changed", reply)
    return reply


@transaction.atomic
def delete_reply(actor: Actor, reply: CannedReply) -> None:
    require(actor, "answer")
    bin.mark(actor, reply)
    audit.record(actor, "canned_reply.deleted", reply)


@transaction.atomic
def bring_back_reply(actor: Actor, uuid: UUID) -> CannedReply:
    """Raises CannedReplyNotFound, and Conflict while another one has its shortcut."""
    require(actor, "answer")
    reply = deleted_replies(actor).filter(uuid=uuid).first()
    if reply is None:
        raise CannedReplyNotFound()
    bin.bring_back(actor, reply, "canned_reply.restored")
    return reply


def _visible(actor: Actor) -> Q:
    return Q(user=None) | Q(user=actor.user) if actor.user else Q(user=None)


def _shortcut(text: str) -> str:
    shortcut = text.strip().lstrip("/")
    if not SHORTCUT.fullmatch(shortcut):
        raise Invalid.field("shortcut", _("Use letters, digits, - and _ for the shortcut, 40 at most."))
    return shortcut


def _text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid.field("text", _("The reply is empty. Write something first."))
    if len(text) > MAX_TEXT:
        raise Invalid.field("text", _("The reply is longer than %(limit)s characters. Make it shorter.") % {"limit": MAX_TEXT})
    return text


def _save(reply: CannedReply) -> None:
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError:
        raise Conflict(_("There is a reply with this shortcut already.")) from None
