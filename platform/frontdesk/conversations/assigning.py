"""Whose a conversation is, and how urgent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Membership, Role, User
from frontdesk.workspaces.permissions import Actor, require

from . import activities
from .models import Activity, Conversation


def assignable() -> QuerySet[User]:
    """The teammates of the workspace who may answer, by name."""
    members = Membership.objects.exclude(role=Role.VIEWER).values("user")
    return User.objects.filter(pk__in=members, is_active=True).order_by("first_name", "last_name", "email")


def teammate(uuid: UUID) -> User:
    """Raises Invalid for somebody who is not of the team or may not answer."""
    found = assignable().filter(uuid=uuid).first()
    if found is None:
        raise _nobody()
    return found


@transaction.atomic
def assign(actor: Actor, conversation: Conversation, user: User | None) -> Conversation:
    """Give it to a teammate; None: to nobody. Raises Invalid for somebody who may not answer."""
    require(actor, "answer")
    if user is not None and not assignable().filter(pk=user.pk).exists():
        raise _nobody()
    locked = _locked(conversation)
    if locked.assignee_id == (user.pk if user else None):
        return locked
    before, locked.assignee = locked.assignee, user
    locked.save(update_fields=["assignee", "updated_at"])
    names = {"to": user.get_full_name() if user else "", "from": before.get_full_name() if before else ""}
    activities.note(locked, Activity.Kind.ASSIGNED, actor, **names)
    audit.record(actor, "conversation.assigned", locked, to=names["to"])
    activities.changed(locked, "assignee")
    return locked


@transaction.atomic
def set_priority(actor: Actor, conversation: Conversation, priority: str) -> Conversation:
    """`priority` is low, normal, high or urgent."""
    require(actor, "answer")
    value = priority_of(priority)
    locked = _locked(conversation)
    if locked.priority == value:
        return locked
    locked.priority = value
    locked.save(update_fields=["priority", "updated_at"])
    activities.note(locked, Activity.Kind.PRIORITY, actor, priority=int(value))
    audit.record(actor, "conversation.priority", locked, priority=priority)
    activities.changed(locked, "priority")
    return locked


def priority_of(name: str) -> Conversation.Priority:
    """Raises Invalid."""
    try:
        return Conversation.Priority[name.upper()]
    except KeyError:
        raise Invalid.field("priority", _("Choose low, normal, high or urgent.")) from None


@receiver(post_delete, sender=Membership, dispatch_uid="give back what a former teammate had")
def give_back(sender: type[Membership], instance: Membership, **kwargs: Any) -> None:
    Conversation.objects.filter(workspace=instance.workspace_id, assignee=instance.user_id).update(assignee=None)


def _nobody() -> Invalid:
    return Invalid.field("assignee", _("Choose somebody of the team who may answer."))


def _locked(conversation: Conversation) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("assignee", "workspace")
    return rows.get(pk=conversation.pk)
