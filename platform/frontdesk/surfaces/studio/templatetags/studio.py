"""Small things that Studio templates need."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import nh3
from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt

from frontdesk.agents.actions import latest_content
from frontdesk.agents.models import Agent
from frontdesk.sdk.words import said
from frontdesk.workspaces.permissions import PERMISSIONS, Actor

register = template.Library()

PROSE_TAGS = {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "code", "pre", "blockquote"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
LINKS = {"http", "https", "mailto", "tel"}
MARKS = re.compile(r"\*\*|__|`|\s*\[\d{1,3}\]")
HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    # What is put into the page hears nobody until it is settled, 20 ms by default: a press in that time would be lost.
    "defaultSettleDelay": 1,
    # Without "style": HTMX would write style attributes, which the policy refuses.
    "attributesToSettle": ["class", "width", "height"],
    # A form that is sent back with its mistakes is shown; other errors arrive as toasts.
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


@register.simple_tag
def htmx_config() -> str:
    """HTMX without eval, for its meta tag."""
    return json.dumps(HTMX)


@register.filter
def ago(moment: datetime | None) -> str:
    """ "5 minutes ago" today, else the day."""
    if moment is None:
        return ""
    return (
        naturaltime(moment)
        if timezone.now() - moment < timedelta(hours=20)
        else date_format(timezone.localtime(moment), "j M, H:i")
    )


@register.filter
def stamp(moment: datetime) -> str:
    """A moment that sorts as text: in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@register.filter
def shortly(moment: datetime | None) -> str:
    """The time today, the day this year, else the date."""
    if moment is None:
        return ""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == now.year else "SHORT_DATE_FORMAT")


@register.filter
def shown_name(agent: Agent) -> str:
    """An agent's name as customers see it; as it was edited last while it is not live."""
    return agent.name if agent.live else latest_content(agent).name


@register.filter
def permissions(actor: Actor) -> frozenset[str]:
    """What an actor may do: `{% if "edit_agents" in actor|permissions %}`."""
    return PERMISSIONS[actor.role]


@register.filter
def prose(text: str) -> SafeString:
    """An answer's Markdown as safe HTML: no images, no raw HTML, no other schemes than those of web and mail."""
    html = nh3.clean(_markdown().render(text), tags=PROSE_TAGS | TABLE_TAGS, attributes={"a": {"href"}}, url_schemes=LINKS)
    return mark_safe(html)  # noqa: S308  (cleaned just now)


@register.filter
def language_name(code: str) -> str:
    """ "pt-BR" → "Portuguese (Brazil)", in the reader's language; a code that nobody knows stays as it is."""
    from babel import Locale, UnknownLocaleError  # few pages need it

    try:
        named = Locale.parse(code.replace("_", "-"), sep="-").get_display_name((get_language() or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return code
    return named or code


@register.filter
def translated(text: str) -> str:
    """A plugin's own words in the reader's language, where it has them."""
    return said(text, get_language() or "")


@register.filter
def plainly(text: str) -> str:
    """A line of an answer without its Markdown and its [1]."""
    return MARKS.sub("", text)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
