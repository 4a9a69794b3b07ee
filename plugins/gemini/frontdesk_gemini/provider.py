"""Google's Gemini, through the Gemini API, as a provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, Field, SecretStr

from frontdesk.sdk.errors import ProviderError, ProviderStopped, ProviderUnavailable
from frontdesk.sdk.provider import HttpFactory, Provider
from frontdesk.sdk.values import ChatEvent, ChatRequest, ModelInfo, Usage, UsageReport, Vectors
from frontdesk.sdk.vectors import unit_rows

from .answer import ChatAnswer
from .catalogue import DIMENSIONS, describe_all, prompts_for
from .words import phrase

if TYPE_CHECKING:
    import httpx
    from google.genai import Client
    from google.genai.client import AsyncClient
    from google.genai.types import EmbedContentConfig, GenerateContentResponse, Model

DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com"
TEXTS_A_CALL = 100
"""The vendor's limit for batchEmbedContents."""
LONGEST_ANSWER_SECONDS = 600

T = TypeVar("T")

_opened: ContextVar[list[httpx.Response] | None] = ContextVar("opened", default=None)
"""Where the response of the call in hand is kept. The SDK hides it, and itself closes it no sooner than the garbage collector."""


async def _remember(response: httpx.Response) -> None:
    if (responses := _opened.get()) is not None:
        responses.append(response)


class GeminiConfig(BaseModel):
    """One account."""

    api_key: SecretStr = Field(title=phrase("API key"))
    base_url: str = Field(
        default=DEFAULT_BASE_URL,
        title=phrase("Address"),
        description=phrase("Change it only for a gateway of your own."),
        pattern=r"^https?://\S+$",
    )
    timeout: float = Field(
        default=60, gt=0, le=600, title=phrase("Patience"), description=phrase("Seconds to wait for the next word.")
    )


class GeminiProvider(Provider):
    slug = "gemini"
    label = "Google Gemini"
    config_model = GeminiConfig
    shared_config_env: ClassVar[dict[str, str]] = {"api_key": "GEMINI_API_KEY"}

    config: GeminiConfig

    def __init__(self, config: GeminiConfig, *, http: HttpFactory | None = None) -> None:
        super().__init__(config, http=http)
        self._connected: tuple[Client, httpx.AsyncClient] | None = None
        self._connecting = asyncio.Lock()

    async def models(self) -> Sequence[ModelInfo]:
        client = await self._client()
        if models := describe_all(await self._call(_list(client))):
            return models
        raise ProviderUnavailable(f"{self.label} did not list any model. Check the address.")

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        client = await self._client()
        from .contents import encode_config, encode_contents

        contents, config = encode_contents(request.messages), encode_config(request)
        answer = ChatAnswer(self.label)
        responses: list[httpx.Response] = []
        try:
            chunks = await self._call(
                client.models.generate_content_stream(model=request.model, contents=contents, config=config)
            )
            while (chunk := await self._next(chunks, responses)) is not None:
                for event in answer.feed(chunk):
                    yield event
        except ProviderError as error:
            if not (answer.complete and isinstance(error, ProviderStopped)):
                yield UsageReport(answer.usage)
                raise
        finally:
            for response in responses:
                await response.aclose()
        for event in answer.end():
            yield event

    async def embed(self, model: str, texts: Sequence[str], *, kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        usage, rows = Usage(requests=0), [np.zeros((0, DIMENSIONS), dtype=np.float32)]
        for batch in _batches(texts):
            vectors, used = await self._embed_batch(model, batch, kind)
            rows.append(vectors)
            usage += used
        return np.concatenate(rows), usage

    async def close(self) -> None:
        if self._connected:
            client, http = self._connected
            self._connected = None
            client.close()
            await http.aclose()

    @property
    def _secret(self) -> str:
        return self.config.api_key.get_secret_value()

    async def _client(self) -> AsyncClient:
        async with self._connecting:
            if self._connected is None:
                # Importing the SDK takes long enough for other customers to notice, so it does not happen on the loop.
                self._connected = await asyncio.to_thread(self._connect)
            return self._connected[0].aio

    def _connect(self) -> tuple[Client, httpx.AsyncClient]:
        from google.genai import Client
        from google.genai.types import HttpOptions

        http = self.http(timeout=self.config.timeout)
        http.event_hooks["response"].append(_remember)
        options = HttpOptions(
            base_url=self.config.base_url,
            api_version="v1beta",
            timeout=max(1, round(self.config.timeout * 1000)),
            # The SDK would tell the vendor to stop an answer after `timeout`, which is how long we wait for its next word.
            headers={"X-Server-Timeout": str(LONGEST_ANSWER_SECONDS)},
            httpx_async_client=http,
        )
        return Client(vertexai=False, api_key=self._secret, http_options=options), http

    async def _call(self, call: Awaitable[T], *, answering: bool = False) -> T:
        """Wait for the vendor; whatever goes wrong becomes a ProviderError."""
        from .errors import VENDOR_ERRORS, translate

        try:
            return await call
        except VENDOR_ERRORS as error:
            raise translate(error, self.label, self._secret, answering=answering) from error

    async def _next(
        self, chunks: AsyncIterator[GenerateContentResponse], responses: list[httpx.Response]
    ) -> GenerateContentResponse | None:
        """The next chunk, None at the end. The response it is read from is put into `responses`."""
        token = _opened.set(responses)
        try:
            return await self._call(anext(chunks, None), answering=bool(responses))
        finally:
            _opened.reset(token)

    async def _embed_batch(self, model: str, texts: Sequence[str], kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        client = await self._client()
        from google.genai.types import Content, Part

        prompts = prompts_for(model)
        template = getattr(prompts, kind) if prompts else "{text}"
        # A list of strings would be taken for the parts of one text.
        contents = [Content(parts=[Part(text=template.replace("{text}", text or " "))]) for text in texts]
        answer = await self._call(
            client.models.embed_content(model=model, contents=contents, config=_embedding_config(kind, told=prompts is None))
        )
        rows = [embedding.values or [] for embedding in answer.embeddings or []]
        if len(rows) != len(texts) or not all(len(row) == DIMENSIONS for row in rows):
            raise ProviderUnavailable(f"{self.label} did not send one embedding of {DIMENSIONS} numbers for each text.")
        used = answer.usage_metadata.prompt_token_count if answer.usage_metadata else None
        return unit_rows(rows), Usage(input_tokens=used or 0)


async def _list(client: AsyncClient) -> list[Model]:
    return [model async for model in await client.models.list(config={"page_size": 1000})]


def _embedding_config(kind: Literal["query", "document"], *, told: bool) -> EmbedContentConfig:
    from google.genai.types import EmbedContentConfig

    return EmbedContentConfig(output_dimensionality=DIMENSIONS, task_type=f"RETRIEVAL_{kind.upper()}" if told else None)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), TEXTS_A_CALL):
        yield texts[start : start + TEXTS_A_CALL]
