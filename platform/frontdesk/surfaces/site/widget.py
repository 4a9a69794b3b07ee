"""`/widget.js`: the modules of `static/site/widget/` as the one script that an owner's page loads."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

FOLDER = Path(__file__).parent / "static" / "site" / "widget"
# In the order in which they need one another.
MODULES = ("words", "storage", "dom", "markdown", "looks", "item", "events", "upload", "conversation")
MODULES += ("line", "panel", "chat", "main")
_MODULE_SYNTAX = re.compile(r"^import .*\n|^export (?=const|class|function)", re.MULTILINE)
_CSS_SPACES = re.compile(r"\s*\n\s*|(?<=[{};:,>]) +| +(?=[{>])|;\s*(?=\})")
# What is between quotes or is a pattern stays as it is; around these signs, no other code needs a space.
_LITERAL = re.compile(r'("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|/(?![*/ ])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)')
_SPACES = re.compile(r" +//.*| *(?=[=(){},;:?&|<>])|(?<=[=(){},;:?&|<>]) +|(?<=[{,;(])\n+|\n+(?=[})])")
_LAST = re.compile(r";(?=\})| (?=!=)|\n(?=\n)|(?<=\]) | (?=\[)| (?=[+-] )|(?<= [+-]) (?![+-])")
_INDENT_AND_NOTES = re.compile(r"^[ \t]*(?://.*\n|/\*(?:[^*]|\*(?!/))*\*/\n)?[ \t]*", re.MULTILINE)


@cache
def script() -> str:
    """The whole script: no module may use a top-level name of another without importing it, or a name twice."""
    looks = _CSS_SPACES.sub("", _INDENT_AND_NOTES.sub("", _source("widget.css")))
    modules = "".join(_MODULE_SYNTAX.sub("", _source(f"{name}.js")) for name in MODULES)
    body = _INDENT_AND_NOTES.sub("", f"const LOOKS = {json.dumps(looks)};\n{modules}")
    parts = _LITERAL.split(body)  # every second one is a literal
    parts[::2] = [_LAST.sub("", _SPACES.sub("", part)) for part in parts[::2]]
    return f'/* Frontdesk chat, Apache-2.0 */\n(() => {{\n"use strict";\n{"".join(parts)}}})();\n'


@cache
def version() -> str:
    """An ETag."""
    return f'"{hashlib.sha256(script().encode()).hexdigest()[:20]}"'


@require_safe
@condition(etag_func=lambda request: version())
def widget_script(request: HttpRequest) -> HttpResponse:
    """GET /widget.js: readable from every origin, asked for again after ten minutes."""
    headers = {"Cache-Control": "public, max-age=600", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(script(), content_type="text/javascript; charset=utf-8", headers=headers)


def _source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
