"""What a provider that reaches its vendor over HTTP owes, on top of its abilities.

class TestOpenAI(VendorContract, ToolContract, EmbeddingContract):
    module = "frontdesk_openai.plugin"

    def make_provider(self, base_url, timeout, http): …
    def reply(self, scenario): return Reply.file(RECORDINGS / f"{scenario}.sse")
    def refusal(self, status): return Reply.file(RECORDINGS / f"error_{status}.json", status=status)
"""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, ClassVar

import httpx
import pytest

from ..errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderStopped,
    ProviderUnavailable,
)
from ..provider import HttpFactory, Provider
from ..values import ChatEvent, ChatRequest, PartDelta
from .answers import read_answer
from .provider_contract import ChatContract, Scenario
from .vendor_server import Handler, Reply, VendorServer

CALLS: tuple[Scenario, ...] = ("models", "chat", "embed")
REFUSALS: dict[int, type[ProviderError]] = {
    400: ProviderRejected,
    401: ProviderAuthError,
    403: ProviderAuthError,
    404: ProviderRejected,
    429: ProviderRateLimited,
    500: ProviderUnavailable,
    503: ProviderUnavailable,
}
PATIENCE = 10.0
"""Seconds after which a test that waits for a vendor fails; nothing waits that long when all is well."""


class VendorContract(ChatContract):
    """Every failure a vendor can have, on a real socket."""

    secret: ClassVar[str] = "key-that-nobody-may-see"  # noqa: S105
    """The key that `make_provider` configures."""
    calls: ClassVar[tuple[Scenario, ...]] = CALLS
    """What of `models`, `chat` and `embed` the provider offers."""

    @abstractmethod
    def make_provider(self, base_url: str, *, timeout: float, http: HttpFactory | None) -> Provider:
        """An account at that address, with `secret` for its key."""

    @abstractmethod
    def reply(self, scenario: Scenario) -> Reply | Handler:
        """How the vendor answers when all is well; a function answers as many requests as one call needs."""

    @abstractmethod
    def refusal(self, status: int) -> Reply:
        """How the vendor words an error of that status; the one of 429 asks for 7 seconds of patience."""

    @pytest.fixture
    async def vendor(self) -> AsyncIterator[VendorServer]:
        async with VendorServer() as vendor:
            yield vendor

    @pytest.fixture
    def provider(self, vendor: VendorServer) -> Provider:
        return self.make_provider(vendor.url, timeout=PATIENCE, http=None)

    @pytest.fixture
    def arrange(self, vendor: VendorServer) -> Callable[[Scenario], None]:
        def prepare(scenario: Scenario) -> None:
            reply = self.reply(scenario)
            vendor.play(reply) if isinstance(reply, Reply) else vendor.serve(reply)

        return prepare

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "call" in metafunc.fixturenames:
            metafunc.parametrize("call", self.calls)

    async def make(self, call: Scenario, provider: Provider, request_for_chat: ChatRequest) -> Any:
        """Make one call to its end."""
        match call:
            case "models":
                return await provider.models()
            case "embed":
                return await provider.embed("some-model", ["We open at nine."], kind="query")
            case _:
                return await read_answer(provider.chat(request_for_chat))

    async def fail(
        self, kind: type[ProviderError], call: Scenario, provider: Provider, request_for_chat: ChatRequest
    ) -> ProviderError:
        """Make one call that must fail with exactly this kind of error and say why."""
        with pytest.raises(ProviderError) as caught:
            await asyncio.wait_for(self.make(call, provider, request_for_chat), PATIENCE)
        await provider.close()
        assert type(caught.value) is kind
        assert caught.value.cause.endswith("."), "The cause is a sentence."
        assert self.secret not in repr(caught.value)
        return caught.value

    @pytest.mark.parametrize("status", REFUSALS)
    async def test_a_refusal_becomes_an_error_with_a_cause(
        self, status: int, call: Scenario, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self.refusal(status))
        error = await self.fail(REFUSALS[status], call, provider, request_for_chat)
        assert len(vendor.requests) == 1, "The host retries, not the provider."
        assert str(status) in error.cause

    async def test_a_rate_limit_says_how_long_to_wait(
        self, call: Scenario, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self.refusal(429))
        error = await self.fail(ProviderRateLimited, call, provider, request_for_chat)
        assert error.retry_after == 7

    async def test_an_error_page_is_an_error(
        self, call: Scenario, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(Reply((b"<html><h1>Bad gateway</h1></html>",), 502, {"content-type": "text/html"}))
        await self.fail(ProviderUnavailable, call, provider, request_for_chat)

    async def test_a_silent_vendor_is_given_up(self, call: Scenario, vendor: VendorServer, request_for_chat: ChatRequest) -> None:
        vendor.play(Reply.silence())
        provider = self.make_provider(vendor.url, timeout=0.05, http=None)
        await self.fail(ProviderUnavailable, call, provider, request_for_chat)

    async def test_a_refused_connection_is_unavailable(self, call: Scenario, request_for_chat: ChatRequest) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
            provider = self.make_provider(f"http://127.0.0.1:{taken.getsockname()[1]}", timeout=PATIENCE, http=None)
            await self.fail(ProviderUnavailable, call, provider, request_for_chat)

    async def test_a_dropped_connection_is_unavailable(
        self, call: Scenario, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(Reply(status=0, ending="cut"))
        await self.fail(ProviderUnavailable, call, provider, request_for_chat)

    @pytest.mark.parametrize("ending", ["complete", "cut"])
    async def test_a_stream_that_ends_too_early_has_stopped(
        self, ending: Any, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self._stream().first(2, ending=ending))
        await self.fail(ProviderStopped, "chat", provider, request_for_chat)

    async def test_a_stream_that_falls_silent_is_unavailable(self, vendor: VendorServer, request_for_chat: ChatRequest) -> None:
        vendor.play(self._stream().first(2, ending="hang"))
        provider = self.make_provider(vendor.url, timeout=0.05, http=None)
        await self.fail(ProviderUnavailable, "chat", provider, request_for_chat)

    @pytest.mark.parametrize("garbage", [b'data: {"half a\n\n', b"data: [1, 2]\n\n", b'data: "words"\n\n', b"data: \xff\xfe\n\n"])
    async def test_garbage_in_a_stream_is_unavailable(
        self, garbage: bytes, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self._stream().first(2, ending="complete").then(garbage))
        await self.fail(ProviderUnavailable, "chat", provider, request_for_chat)

    @pytest.mark.parametrize("body", [b"<html>Welcome to the hotel</html>", b"[1, 2]", b'{"data": 5, "models": 5}', b""])
    async def test_garbage_instead_of_an_answer_is_unavailable(
        self, body: bytes, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        for call in set(self.calls) - {"chat"}:
            vendor.play(Reply((body,), 200, {"content-type": "application/json"}))
            again = self.make_provider(vendor.url, timeout=PATIENCE, http=None)
            await self.fail(ProviderUnavailable, call, again, request_for_chat)
        await provider.close()

    async def test_closing_the_iterator_ends_the_vendor_call(
        self, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self._stream().first(3, ending="hang"))
        events = provider.chat(request_for_chat)
        assert isinstance(await anext(events), PartDelta)
        await events.aclose()
        await asyncio.wait_for(vendor.client_left.wait(), PATIENCE)
        await provider.close()

    async def test_cancelling_the_reader_ends_the_vendor_call(
        self, vendor: VendorServer, provider: Provider, request_for_chat: ChatRequest
    ) -> None:
        vendor.play(self._stream().first(3, ending="hang"))
        heard = asyncio.Event()
        reader = asyncio.create_task(_listen(provider.chat(request_for_chat), heard))
        await asyncio.wait_for(heard.wait(), PATIENCE)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await asyncio.wait_for(vendor.client_left.wait(), PATIENCE)
        assert reader.cancelled(), "Cancelling is not an error of the vendor."
        await provider.close()

    async def test_everything_goes_through_the_client_of_the_host(
        self, call: Scenario, vendor: VendorServer, request_for_chat: ChatRequest
    ) -> None:
        refused: list[httpx.Request] = []
        clients: list[httpx.AsyncClient] = []

        def refuse(request: httpx.Request) -> httpx.Response:
            refused.append(request)
            raise httpx.ConnectError("This address is not allowed.", request=request)

        def factory(*, timeout: float) -> httpx.AsyncClient:
            clients.append(httpx.AsyncClient(transport=httpx.MockTransport(refuse), timeout=timeout))
            return clients[-1]

        provider = self.make_provider(vendor.url, timeout=PATIENCE, http=factory)
        error = await self.fail(ProviderUnavailable, call, provider, request_for_chat)
        assert "This address is not allowed." in error.cause
        assert len(refused) == 1
        assert vendor.requests == []
        assert all(client.is_closed for client in clients)

    def _stream(self) -> Reply:
        reply = self.reply("chat")
        assert isinstance(reply, Reply), "The chat is a recording."
        assert len(reply.pieces) > 3, "The recording is too short to be cut."
        return reply


async def _listen(events: AsyncGenerator[ChatEvent, None], heard: asyncio.Event) -> None:
    async for _ in events:
        heard.set()
