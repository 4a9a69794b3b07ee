"""What every tool must do. A plugin's tests subclass it, with arguments that work and the web they need:

    class TestContract(AgentToolContract):
        module = "frontdesk_dice.plugin"
        good = {"roll_dice": {"sides": 6}}

Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import httpx

from ..errors import ToolError
from ..tools import Tool, ToolAnswer
from .context import context_for, no_web

NAME = re.compile(r"^[a-z][a-z0-9_]{0,47}$")


class AgentToolContract:
    """A model knows from its words alone what a tool is for, and gets words back whatever happens."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_dice.plugin"."""
    good: ClassVar[Mapping[str, Mapping[str, Any]]]
    """Name of a tool → arguments that work."""

    def web(self, request: httpx.Request) -> httpx.Response:
        """The web that the good arguments need; override it where there is one."""
        return no_web(request)

    def ready(self) -> list[Tool]:
        """The tools that are known without a connection."""
        return [tool for tool in import_module(self.module).register_tools() if isinstance(tool, Tool)]

    def test_each_has_a_name_and_says_what_it_is_for(self) -> None:
        names = [tool.name for tool in self.ready()]
        assert len(set(names)) == len(names)
        for tool in self.ready():
            assert NAME.fullmatch(tool.name), tool.name
            assert tool.label
            assert len(tool.description) >= 20, f"{tool.name}: a model chooses by the description; say when to use it"

    def test_each_argument_is_described(self) -> None:
        for tool in self.ready():
            schema = tool.parameters
            assert schema["type"] == "object"
            for name, about in schema.get("properties", {}).items():
                assert about.get("description") or about.get("enum"), f"{tool.name}: describe {name}"

    def test_there_are_good_arguments_for_each(self) -> None:
        assert {tool.name for tool in self.ready()} == set(self.good)

    async def test_good_arguments_give_an_answer(self) -> None:
        for tool in self.ready():
            answer = await self._call(tool, self.good[tool.name], self.web)
            text = answer.text if isinstance(answer, ToolAnswer) else answer
            assert isinstance(text, str)
            assert text.strip()

    async def test_a_web_that_is_down_is_a_sentence(self) -> None:
        def down(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("down", request=request)

        await self._survives(down)

    async def test_a_web_that_answers_nonsense_is_a_sentence(self) -> None:
        for body in (b"", b"\x00\xff", b"{", b"<html>", b"[]", b"null", b'{"error": true}'):
            await self._survives(lambda request, body=body: httpx.Response(200, content=body))
        await self._survives(lambda request: httpx.Response(500))

    async def _survives(self, web: Any) -> None:
        for tool in self.ready():
            try:
                await self._call(tool, self.good[tool.name], web)
            except ToolError as error:
                assert str(error).strip()

    async def _call(self, tool: Tool, arguments: Mapping[str, Any], web: Any) -> ToolAnswer | str:
        async with asyncio.timeout(tool.seconds):
            given = tool.arguments.model_validate(dict(arguments)) if tool.arguments else arguments
            return await tool.call(given, context_for(import_module(self.module).manifest(), web=web))
