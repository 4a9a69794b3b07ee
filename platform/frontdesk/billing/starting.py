"""A new workspace starts with credits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils.translation import gettext as _

from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.signals import workspace_created

from .actions import grant


@receiver(workspace_created, dispatch_uid="starting credits")
def give_starting_credits(sender: type[Workspace], workspace: Workspace, **kwargs: Any) -> None:
    if settings.STARTING_CREDITS:
        grant(workspace, settings.STARTING_CREDITS, note=_("Starting credits"))
