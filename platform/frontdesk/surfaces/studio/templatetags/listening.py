"""Whether answers can be listened to here."""

from __future__ import annotations

from django import template

from frontdesk.speech.queries import speaks

from ..request import StudioRequest

register = template.Library()


@register.filter
def can_listen(request: StudioRequest) -> bool:
    """Asked once a page, however many answers stand on it."""
    if not hasattr(request, "can_listen"):
        request.can_listen = request.actor.may("answer") and speaks(request.actor.workspace)
    return request.can_listen
