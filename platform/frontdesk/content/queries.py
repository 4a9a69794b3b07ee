"""Reading public pages."""

from __future__ import annotations

from frontdesk.workspaces.models import Workspace

from .models import BusinessPage


def page_of(workspace: Workspace) -> BusinessPage | None:
    """The workspace's public page, if it has one."""
    return BusinessPage.objects.filter(workspace=workspace).first()
