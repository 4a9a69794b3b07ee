"""How many findings are open, where a page shows a base."""

from __future__ import annotations

from django import template

from frontdesk.insights.unanswered import queries as unanswered
from frontdesk.knowledge.health import queries
from frontdesk.knowledge.models import KnowledgeBase

register = template.Library()


@register.simple_tag
def open_findings(base: KnowledgeBase | None = None) -> int:
    """Of a base, or of all. One query."""
    return queries.findings(base).select_related(None).order_by().count()


@register.simple_tag
def open_questions() -> int:
    """Questions that wait for an answer, each with all who asked it. One query."""
    return unanswered.number_open()
