"""Who leaves a team, or may not edit pages any more, leaves Wagtail too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from frontdesk.workspaces.models import Membership, Workspace
from frontdesk.workspaces.permissions import PERMISSIONS, Permission

from .actions import group_name


@receiver(post_save, sender=Membership, dispatch_uid="page editor changed")
def role_changed(sender: type[Membership], instance: Membership, created: bool, **kwargs: Any) -> None:
    if not created and Permission.EDIT_PAGES not in PERMISSIONS[instance.role]:
        _remove(instance)


@receiver(post_delete, sender=Membership, dispatch_uid="page editor removed")
def member_removed(sender: type[Membership], instance: Membership, **kwargs: Any) -> None:
    _remove(instance)


def _remove(membership: Membership) -> None:
    workspaces = Workspace.objects.filter(pk=membership.workspace_id).values_list("uuid", flat=True)
    groups = Group.objects.filter(name__in=[group_name(uuid) for uuid in workspaces])
    membership.user.groups.remove(*groups)
