"""Telling the team that a customer waits for a person: open pages, observers, and by e-mail whoever has it, or the owners."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from frontdesk.core.events import emit
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.plugins import observing
from frontdesk.sdk import observers as values
from frontdesk.workspaces.models import Membership, Role

from .models import Conversation


def not_reminded() -> Q:
    """Nobody was told of this waiting yet."""
    return Q(reminded_at__isnull=True) | Q(reminded_at__lt=F("waiting_since"))


@transaction.atomic
def remind(pk: int, minutes: int) -> bool:
    """Tell once that this customer has been waiting for so long. False when somebody was quicker."""
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("workspace", "contact")
    conversation = rows.filter(
        not_reminded(), pk=pk, status=Conversation.Status.SUPPORT_ACTIVE, waiting_since__isnull=False
    ).first()
    if conversation is None:
        return False
    conversation.reminded_at = timezone.now()
    conversation.save(update_fields=["reminded_at", "updated_at"])
    workspace, uuid = conversation.workspace, conversation.uuid
    emit(workspace.uuid, "conversation.waiting", conversation=str(uuid), minutes=minutes)
    reason = _for_how_long(minutes)
    changed = values.ConversationChanged(uuid, "waiting", conversation.status, reason, conversation.test)
    observing.tell(workspace, "conversation_changed", changed)
    if not conversation.test:
        enqueue("conversations.remind", workspace=workspace, key=str(pk), conversation_id=pk, minutes=minutes)
    return True


def _for_how_long(minutes: int) -> str:
    said = ngettext("Nobody answered for %(minutes)s minute.", "Nobody answered for %(minutes)s minutes.", minutes)
    return said % {"minutes": minutes}


@job("conversations.remind")
def send_reminder(work: Work, *, conversation_id: int, minutes: int) -> None:
    """By e-mail, to whoever has the conversation, or else to the owners."""
    rows = Conversation.objects.select_related("workspace", "contact", "assignee").filter(waiting_since__isnull=False)
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        return
    owners = Membership.objects.select_related("user").filter(role=Role.OWNER)
    people = [conversation.assignee] if conversation.assignee else [each.user for each in owners]
    with override(conversation.workspace.language):
        subject = _("%(customer)s is waiting for an answer") % {"customer": conversation.contact}
        link = f"{settings.BASE_URL}/studio/conversations/{conversation.uuid}/"
        body = f"{_for_how_long(minutes)}\n\n{conversation.last_message_preview}\n\n{link}"
    send_mail(" ".join(subject.split()), body, None, [person.email for person in people if person.email and person.is_active])
