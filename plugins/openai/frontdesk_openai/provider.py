"""OpenAI, or any server that speaks its protocol, as a provider."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import orjson
from pydantic import BaseModel, Field, SecretStr

from frontdesk.sdk.errors import ProviderUnavailable
from frontdesk.sdk.provider import HttpFactory, Provider
from frontdesk.sdk.values import ChatEvent, ChatRequest, ModelInfo, Usage, Vectors
from frontdesk.sdk.vectors import unit_rows

from .catalogue import CATALOGUE, SHORTENED, describe_all
from .messages import chat_parameters
from .stream import ChatStream
from .words import phrase

if TYPE_CHECKING:
    import httpx
    from openai import AsyncOpenAI, BadRequestError, UnprocessableEntityError

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TEXTS_A_CALL = 512
CHARACTERS_A_CALL = 200_000
"""The vendor takes 300,000 tokens a call, and in some scripts a character is more than one token."""
SECONDS_TO_DRAIN = 0.1


class OpenAIConfig(BaseModel):
    """One account."""

    api_key: SecretStr = Field(title=phrase("API key"), description=phrase("A server without keys takes any word."))
    base_url: str = Field(
        default=DEFAULT_BASE_URL,
        title=phrase("Address"),
        description=phrase("Change it for a compatible server. It usually ends with /v1."),
        pattern=r"^https?://\S+$",
    )
    organization: str = Field(
        default="", title=phrase("Organization"), description=phrase("Only for keys of several organizations.")
    )
    timeout: float = Field(
        default=60, gt=0, le=600, title=phrase("Patience"), description=phrase("Seconds to wait for the next word.")
    )


def _rename_limit(parameters: dict[str, Any]) -> None:
    parameters["max_tokens"] = parameters.pop("max_completion_tokens")


ADAPTATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "stream_options": lambda parameters: parameters.pop("stream_options"),
    "max_completion_tokens": _rename_limit,
    "temperature": lambda parameters: parameters.pop("temperature"),
    "user": lambda parameters: parameters.pop("user"),
    "encoding_format": lambda parameters: parameters.pop("encoding_format"),
    "dimensions": lambda parameters: parameters.pop("dimensions"),
}
"""Parameters that some models or servers refuse, and how to do without them."""


class OpenAIProvider(Provider):
    slug = "openai"
    label = "OpenAI"
    config_model = OpenAIConfig
    shared_config_env: ClassVar[dict[str, str]] = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL"}

    config: OpenAIConfig

    def __init__(self, config: OpenAIConfig, *, http: HttpFactory | None = None) -> None:
        super().__init__(config, http=http)
        self._connected: AsyncOpenAI | None = None
        self._connecting = asyncio.Lock()
        self._refused: dict[str, set[str]] = {}
        """Model → names of parameters that it does not take."""

    async def models(self) -> Sequence[ModelInfo]:
        client = await self._client()
        body = await self._read(lambda: client.models.with_raw_response.list())
        with suppress(KeyError, TypeError):
            if models := describe_all(str(entry["id"]) for entry in body["data"]):
                return models
        raise ProviderUnavailable(f"{self.label} did not list any model. Check the address.")

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        from .errors import VENDOR_ERRORS, translate

        client = await self._client()
        stream = ChatStream(self.label)
        try:
            response = await self._adapting(chat_parameters(request), lambda body: self._begin(client, body))
        except VENDOR_ERRORS as error:
            raise translate(error, self.label, self._secret) from error
        try:
            chunks = response.aiter_bytes()
            async for chunk in chunks:
                for event in stream.feed(chunk):
                    yield event
                if stream.finished:
                    break
        except VENDOR_ERRORS as error:
            if not stream.complete:
                raise translate(error, self.label, self._secret, answering=True) from error
        finally:
            if stream.finished:
                await _drain(chunks)
            await response.aclose()
        for event in stream.end():
            yield event

    async def embed(self, model: str, texts: Sequence[str], *, kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        usage, rows = Usage(requests=0), []
        for batch in batches(texts):
            vectors, used = await self._embed_batch(model, batch)
            rows.append(vectors)
            usage += used
        if not rows:
            return unit_rows(np.zeros((0, 0))), usage
        return np.concatenate(rows), usage

    async def close(self) -> None:
        if client := self._connected:
            self._connected = None
            await client.close()

    @property
    def _secret(self) -> str:
        return self.config.api_key.get_secret_value()

    async def _client(self) -> AsyncOpenAI:
        async with self._connecting:
            if self._connected is None:
                # Importing the SDK takes long enough for other customers to notice, so it does not happen on the loop.
                self._connected = await asyncio.to_thread(self._connect)
            return self._connected

    def _connect(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        client = AsyncOpenAI(
            api_key=self._secret,
            base_url=self.config.base_url,
            timeout=self.config.timeout,
            max_retries=0,
            http_client=self.http(timeout=self.config.timeout),  # type: ignore[arg-type]  # httpx and its fork are both taken
        )
        # The SDK takes what is left out from the environment, but an operator's organization is not the owner's.
        client.organization = self.config.organization or None
        client.project = None
        return client

    async def _begin(self, client: AsyncOpenAI, body: dict[str, Any]) -> httpx.Response:
        """Ask for an answer, of which nothing is read yet. The caller closes it."""
        # `extra_body` replaces the messages, which spares the SDK's walk through every one of them.
        raw = await client.chat.completions.with_raw_response.create(
            model=body["model"], messages=[], stream=True, extra_body=body
        )
        return raw.http_response  # type: ignore[return-value]  # of the client that `http` made

    async def _embed_batch(self, model: str, texts: Sequence[str]) -> tuple[Vectors, Usage]:
        body: dict[str, Any] = {"model": model, "input": list(texts), "encoding_format": "base64"}
        if model in SHORTENED:
            body["dimensions"] = CATALOGUE[model].dimensions
        client = await self._client()
        answer = await self._read(
            lambda: self._adapting(
                body,
                lambda body: client.embeddings.with_raw_response.create(model=model, input=body["input"], extra_body=body),
            )
        )
        try:
            entries = sorted(answer["data"], key=lambda entry: entry["index"])
            vectors = unit_rows([_numbers(entry["embedding"]) for entry in entries])
            used = int((answer.get("usage") or {}).get("prompt_tokens") or 0)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable(f"{self.label} sent something that is not an embedding.") from error
        if len(vectors) != len(texts):
            raise ProviderUnavailable(f"{self.label} sent {len(vectors)} embeddings for {len(texts)} texts.")
        return vectors, Usage(input_tokens=used)

    async def _read(self, call: Callable[[], Any]) -> Any:
        """Make a call that answers with one JSON object."""
        from .errors import VENDOR_ERRORS, translate

        try:
            response = await call()
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise ProviderUnavailable(f"{self.label} sent something that is not an answer. Check the address.") from error
        except VENDOR_ERRORS as error:
            raise translate(error, self.label, self._secret) from error

    async def _adapting(self, body: dict[str, Any], call: Callable[[dict[str, Any]], Any]) -> Any:
        """Make a call without the parameters that this model refused before, or refuses now."""
        from openai import BadRequestError, UnprocessableEntityError

        refused = self._refused.setdefault(body["model"], set())
        for name in refused & body.keys():
            ADAPTATIONS[name](body)
        while True:
            try:
                return await call(body)
            except (BadRequestError, UnprocessableEntityError) as error:
                unwanted = _refused_parameter(error, body)
                if unwanted is None:
                    raise
                refused.add(unwanted)
                ADAPTATIONS[unwanted](body)


def _refused_parameter(error: BadRequestError | UnprocessableEntityError, body: dict[str, Any]) -> str | None:
    """The parameter that a refusal is about, when one can do without it. Not every server says it in `param`."""
    optional = [name for name in ADAPTATIONS if name in body]
    if error.param:
        return error.param if error.param in optional else None
    text = str(error.body)
    # A name that is also a plain word counts only in quotes.
    return next((name for name in optional if re.search(name if "_" in name else f"[`'\"]{name}[`'\"]", text)), None)


def _numbers(embedding: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """One embedding, as base64 of little-endian floats or as a list of numbers."""
    if isinstance(embedding, str):
        return np.frombuffer(b64decode(embedding), dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts in portions that one call takes. An empty text, which the vendor refuses, becomes a space."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == TEXTS_A_CALL or size + len(text) > CHARACTERS_A_CALL):
            yield batch
            batch, size = [], 0
        batch.append(text or " ")
        size += len(text)
    if batch:
        yield batch


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read the few bytes after [DONE], so that the connection can be used again."""
    with suppress(Exception):
        async with asyncio.timeout(SECONDS_TO_DRAIN):
            async for _ in chunks:
                pass
