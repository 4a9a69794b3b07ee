"""The look of a workspace's public pages."""

from __future__ import annotations

from django import template
from django.urls import reverse

from frontdesk.workspaces.models import Workspace

from .. import themes

register = template.Library()


@register.simple_tag
def look_of(workspace: Workspace) -> str:
    """The address of the style sheet with the workspace's colours and shapes."""
    return reverse("site:theme-stylesheet", args=[themes.get(workspace.theme, workspace).slug])
