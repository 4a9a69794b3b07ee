"""The base class of a model provider: one configured account at a vendor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel

from .errors import ProviderRejected
from .manifest import NoConfig
from .values import ChatEvent, ChatRequest, ModelInfo, Speech, Transcript, Usage, Vectors
from .vendor import HttpFactory, plain_http


class Provider(ABC):
    """One configured account at a vendor.

    The host does retries, fallback, time limits, usage and prices; a provider only speaks to its vendor and turns
    the vendor's errors into `frontdesk.sdk.errors`. Methods a provider does not support raise ProviderRejected.
    One object serves one event loop, for as long as the loop lives; it makes its client when it is first needed.
    """

    slug: ClassVar[str]
    """Stable name, stored in the database: "openai"."""
    label: ClassVar[str]
    """Name for the owner: "OpenAI"."""
    config_model: ClassVar[type[BaseModel]] = NoConfig
    """Drawn as a form in the Studio. Fields of type SecretStr are encrypted and never shown again."""
    needs_network: ClassVar[bool] = True
    shared_config_env: ClassVar[dict[str, str]] = {}
    """Field → environment variable: with all of the required ones set, the operator shares one account with every workspace."""

    def __init__(self, config: BaseModel, *, http: HttpFactory | None = None) -> None:
        self.config = config
        self.http = http or plain_http

    @abstractmethod
    async def models(self) -> Sequence[ModelInfo]:
        """What this account may use. Also serves as the connection test: raises ProviderError when it cannot be reached."""

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Stream one answer: PartDelta… PartDone… UsageReport once, and Finished once, last.

        Deltas arrive as the vendor sends them; a PartDone carries the whole part. Parts are numbered by `index`, of
        whatever kind. Usage without tokens still counts the request. Closing the iterator ends the vendor call.
        """
        raise ProviderRejected(f"{self.label} does not offer chat.")

    async def embed(self, model: str, texts: Sequence[str], *, kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        """Embed texts: one row of unit length a text, in the same order."""
        raise ProviderRejected(f"{self.label} does not offer embeddings.")

    async def rerank(self, model: str, query: str, texts: Sequence[str]) -> tuple[list[float], Usage]:
        """How well each text answers the query: one score a text, in the same order, higher is better."""
        raise ProviderRejected(f"{self.label} does not offer re-ranking.")

    def speak(self, model: str, text: str, *, voice: str) -> AsyncIterator[Speech]:
        """Speak a text, piece by piece."""
        raise ProviderRejected(f"{self.label} does not offer speech.")

    async def transcribe(self, model: str, audio: bytes, *, media_type: str) -> Transcript:
        """Write down what is said."""
        raise ProviderRejected(f"{self.label} does not offer transcription.")

    async def close(self) -> None:  # noqa: B027 - most providers have nothing to release
        """Release connections. Called once, when the host is done with this account."""
