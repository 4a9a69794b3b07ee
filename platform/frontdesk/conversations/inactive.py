"""Conversations in which nobody has written for a long time are closed. A customer who waits for a person keeps waiting."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import daily, due
from frontdesk.workspaces.everywhere import in_each
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor

from .actions import set_status
from .models import Conversation

# In one night; the next one goes on.
MOST = 2000


@job("conversations.close_inactive", lease=60)
def close_inactive(work: Work) -> dict[str, object]:
    return in_each(close).as_json()


def close(workspace: Workspace) -> int:
    """Close those of the workspace in scope; gives how many."""
    before = timezone.now() - timedelta(days=settings.CONVERSATION_INACTIVE_DAYS)
    quiet = Q(last_message_at__lt=before) | Q(last_message_at=None, created_at__lt=before)
    answered = Q(status=Conversation.Status.ACTIVE) | Q(status=Conversation.Status.SUPPORT_ACTIVE, waiting_since=None)
    rows = Conversation.objects.select_related("contact", "workspace").filter(quiet, answered, contact__blocked_at=None)
    actor = Actor.system(workspace)
    closed = 0
    with translation.override(workspace.language):
        reason = _("Nobody wrote for %(days)s days.") % {"days": settings.CONVERSATION_INACTIVE_DAYS}
        for conversation in rows.order_by("last_message_at")[:MOST]:
            set_status(actor, conversation, Conversation.Status.CLOSED, reason=reason)
            closed += 1
    return closed


due("conversations.close_inactive", daily(at=2))
