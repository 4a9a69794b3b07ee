"""What an agent may do besides answering."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from .context import Context
from .errors import ToolError
from .manifest import NoConfig


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What the model is told. The host cuts and cleans `text`; `url` is where it comes from, when it can be opened."""

    text: str
    title: str = ""
    url: str = ""


class Tool(ABC):
    """One thing that an agent may do. An owner grants it to agents one by one.

    `name` is how the model calls it (a–z, 0–9, _), `label` and `description` say to owner and model what it is for.
    The host checks arguments against `parameters` before `call`, ends it after `seconds`, and tells the model what a
    raised ToolError says. `approval` asks a person before each call unless the owner decides otherwise.
    """

    name: str
    label: str
    description: str
    arguments: type[BaseModel] | None = None
    """The arguments as a model; `call` gets an instance. Without one, override `parameters` and get the mapping."""
    seconds: float = 20.0
    approval: bool = False

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON Schema (2020-12) of the arguments, of type object."""
        if self.arguments is None:
            raise NotImplementedError(f"{type(self).__name__} needs `arguments` or `parameters`.")
        return self.arguments.model_json_schema()

    @property
    def fingerprint(self) -> str:
        """Of what an owner sees when granting it, as 32 hexadecimal digits.

        A source may offer another tool under the same name later; what was granted is the one with this fingerprint.
        """
        seen = [self.name, str(self.label), str(self.description), self.parameters, self.approval]
        return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()[:32]

    @abstractmethod
    async def call(self, arguments: Any, context: Context) -> ToolAnswer | str:
        """Do it. Raises ToolError with a sentence for the model."""


class ToolSource(ABC):
    """Tools that are only known once an owner has set something up: a server to ask, an address to call.

    One object a workspace's connection; `context.settings` is the connection's `config_model`, secrets included.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig

    @abstractmethod
    async def tools(self, context: Context) -> Sequence[Tool]:
        """The tools of this connection. Also its test: raises ToolError with a sentence for the owner.

        Their names may be the other side's own: the host makes them fit for models, and apart from those of other sources.
        """

    async def call(self, name: str, arguments: Mapping[str, Any], context: Context) -> ToolAnswer | str:
        """Use one of its tools. Override it where asking for all of them first costs a journey."""
        for tool in await self.tools(context):
            if tool.name == name:
                return await tool.call(tool.arguments.model_validate(arguments) if tool.arguments else arguments, context)
        raise ToolError(f"{self.label} has no tool called {name} any more.")
