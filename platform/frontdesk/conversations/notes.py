"""Notes that teammates leave each other in a conversation. No customer and no AI ever sees one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Membership, User
from frontdesk.workspaces.permissions import Actor, require

from .models import Conversation, Note

MAX_TEXT = 10_000


@transaction.atomic
def add_note(actor: Actor, conversation: Conversation, text: str, mentions: Iterable[User] = ()) -> Note:
    """`mentions` are teammates who are to look at it; others than teammates are left out."""
    require(actor, "answer")
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid.field("text", _("The note is empty. Write something first."))
    if len(text) > MAX_TEXT:
        raise Invalid.field("text", _("The note is longer than %(limit)s characters. Make it shorter.") % {"limit": MAX_TEXT})
    note = Note.objects.create(
        workspace=actor.workspace, conversation=conversation, text=text, user=actor.user, author_name=actor.name[:200]
    )
    mentioned = [user.pk for user in mentions]
    if mentioned:
        note.mentions.set(Membership.objects.filter(user__in=mentioned).values_list("user", flat=True))
    audit.record(actor, "conversation.noted", conversation)
    emit(actor.workspace.uuid, "note.created", conversation=str(conversation.uuid), note=str(note.uuid))
    return note
