"""Questions that nobody is answering though the AI should: what was accepted is answered, or handed to a person.

It happens where rows were restored from a backup, or a job was deleted by hand.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import due, every
from frontdesk.workspaces.everywhere import in_each
from frontdesk.workspaces.models import Workspace

from .beginning import begin
from .models import Run

# Younger ones are perhaps just being taken, or wait for the rest of the question; who wrote long ago expects nothing any more.
YOUNGEST, OLDEST = timedelta(minutes=5), timedelta(days=2)
MOST = 500


@job("runs.catch_up", lease=60)
def catch_up(work: Work) -> dict[str, object]:
    return in_each(answer_forgotten).as_json()


def answer_forgotten(workspace: Workspace) -> int:
    """Take up those of the workspace in scope; gives how many."""
    now = timezone.now()
    rows = Conversation.objects.filter(status=Conversation.Status.ACTIVE, agent__isnull=False)
    rows = rows.filter(last_message_at__gt=now - OLDEST, last_message_at__lt=now - YOUNGEST)
    newest = Message.objects.filter(conversation=OuterRef("pk")).exclude(author=Message.Author.NOTICE).order_by("-id")
    rows = rows.annotate(newest=Subquery(newest.values("pk")[:1]), author=Subquery(newest.values("author")[:1]))
    taken_up = Run.objects.filter(Q(question=OuterRef("newest")) | Q(state__in=Run.OPEN), conversation=OuterRef("pk"))
    forgotten = rows.filter(~Exists(taken_up), author=Message.Author.CUSTOMER).values_list("newest", flat=True)
    found = list(forgotten[:MOST])
    for message_id in found:
        begin(message_id, "Frontdesk")
    return len(found)


due("runs.catch_up", every(minutes=30))
