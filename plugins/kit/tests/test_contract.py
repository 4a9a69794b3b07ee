"""The bundled tools against the contract for tools."""

from __future__ import annotations

from pathlib import Path

import httpx

from frontdesk.sdk.testing.tool_contract import AgentToolContract

RECORDINGS = Path(__file__).parent / "recordings"


class TestContract(AgentToolContract):
    module = "frontdesk_kit.plugin"
    good = {
        "calculate": {"expression": "2 + 2"},
        "current_time": {},
        "search_wikipedia": {"query": "coffee"},
        "read_web_page": {"url": "https://qamar.example/"},
    }

    def web(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith("wikipedia.org"):
            return httpx.Response(200, content=(RECORDINGS / "wikipedia_search.json").read_bytes())
        return httpx.Response(200, html="<html><title>Qamar</title><body><p>We open at eight.</p></body></html>")
