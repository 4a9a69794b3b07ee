"""What the web gets without signing in: the widget's looks and an agent's own chat page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from frontdesk.agents.models import Agent
from frontdesk.channels.models import Channel
from frontdesk.channels.queries import open_widget
from frontdesk.conversations.who_answers import next_answer
from frontdesk.core.errors import FrontdeskError
from frontdesk.core.scoping import scope
from frontdesk.sdk.themes import Theme, css

from . import themes, words

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"}


@require_GET
def widget_config(request: HttpRequest) -> HttpResponse:
    """GET /widget/config: see docs/protocols/widget.md §2."""
    origin = request.headers.get("Origin", "") or _referring_origin(request)
    try:
        channel = open_widget(request.GET.get("key", ""), origin, own_origin=own_origin(request))
    except FrontdeskError as error:
        return JsonResponse(error.as_dict(), status=error.status, headers={"Access-Control-Allow-Origin": "*"})
    response = JsonResponse(_config(request, channel))
    response["Cache-Control"] = "no-store"
    if origin:
        response["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(response, ["Origin"])
    return response


def _config(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    content = channel.agent.read_content()
    language = spoken(request.GET.get("language", ""), content.language or channel.workspace.language)
    theme = theme_of(channel, request.GET.get("theme", ""))
    with translation.override(language), scope(workspace=channel.workspace):
        return {
            "name": content.name,
            "answers": next_answer(channel.workspace),
            "greeting": content.greeting or _("Hello! How can I help you?"),
            "avatar": None,
            "suggestions": content.suggestions,
            "language": language,
            "direction": "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            "theme": {"slug": theme.slug, **theme.tokens},
            "strings": words.strings(),
            "max_length": 2000,
            "max_files_mib": settings.ATTACHMENT_MAX_BYTES // 2**20,
        }


@require_GET
def chat_page(request: HttpRequest, public_key: str) -> HttpResponse:
    """GET /chat/<key>: a page that is nothing but the chat, to share as a link."""
    try:
        channel = open_widget(public_key, own_origin(request), own_origin=own_origin(request))
    except FrontdeskError as error:
        return render(request, "site/gone.html", status=error.status)
    with scope(workspace=channel.workspace):
        agent: Agent = channel.agent
        language = agent.read_content().language or channel.workspace.language
    context = {
        "name": agent.name,
        "public_key": public_key,
        "language": language,
        "direction": "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
        "theme": theme_of(channel),
    }
    return render(request, "site/chat.html", context)


@require_GET
def theme_stylesheet(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /themes/<slug>.css: a theme's tokens as custom properties, for public pages."""
    response = HttpResponse(css(themes.anywhere(slug)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=600"
    return response


@require_GET
def theme_preview(request: HttpRequest, slug: str) -> FileResponse:
    """GET /themes/<slug>.png: what a theme looks like."""
    response = FileResponse(themes.anywhere(slug).preview.open("rb"), content_type="image/png")
    response["Cache-Control"] = "public, max-age=600"
    return response


def theme_of(channel: Channel, wanted: str = "") -> Theme:
    """The look asked for, else the channel's, else the workspace's."""
    return themes.get(wanted or channel.settings.get("theme", "") or channel.workspace.theme, channel.workspace)


def spoken(wanted: str, fallback: str) -> str:
    """The language of the buttons: the page's if we have its words, else the agent's."""
    base = wanted.split("-")[0].lower()
    return base if base in words.TRANSLATED else fallback


def own_origin(request: HttpRequest) -> str:
    """The address of this server as the browser sees it."""
    return f"{request.scheme}://{request.get_host()}"


def _referring_origin(request: HttpRequest) -> str:
    """Browsers leave Origin out of same-origin GETs; the page's address then stands in Sec-Fetch-Site."""
    return own_origin(request) if request.headers.get("Sec-Fetch-Site") == "same-origin" else ""
