"""What every channel must do. A plugin's tests subclass it with recorded payloads of the vendor (`ReadingContract` for a channel
that polls and speaks another protocol than HTTP, which nobody posts to):

    class TestContract(ChannelContract):
        module = "frontdesk_parrotgram.plugin"
        channel = Parrotgram
        settings = ParrotgramConfig(secret="s3cret")

        def signed(self, body: bytes) -> WebRequest: …     a request as the vendor signs it
        payload = b'{"id": "1", …}'                         one message of a customer

Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel

from ..channel import Capabilities, Channel, Envelope
from ..errors import DeliveryFailed, DeliveryUnknown, PayloadInvalid, SignatureInvalid
from ..manifest import SLUG
from ..values import Button, Inbound, Outbound, Receipt, WebRequest, WebResponse
from .context import context_for


class ReadingContract:
    """What came is read the same each time, by what is kept of it, and nonsense is said to be."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_parrotgram.plugin"."""
    channel: ClassVar[type[Channel]]
    settings: ClassVar[BaseModel]
    payload: ClassVar[bytes]
    ignored: ClassVar[tuple[bytes, ...]] = ()
    """Honest payloads without a message for us: statuses, echoes, edits that are not supported."""

    def signed(self, body: bytes) -> WebRequest:
        """A request with this body as the vendor sends it, or as `poll` gives it."""
        raise NotImplementedError

    def parsed(self) -> list[Inbound]:
        came = self.channel().parse(self.signed(self.payload), self.settings)
        return [each for each in came if isinstance(each, Inbound)]

    def test_the_plugin_offers_it(self) -> None:
        assert self.channel in import_module(self.module).register_channels()

    def test_it_has_a_name_and_says_what_it_can(self) -> None:
        assert SLUG.fullmatch(self.channel.slug)
        assert self.channel.label
        assert isinstance(self.channel.capabilities, Capabilities)
        assert self.channel.capabilities.longest_text > 0

    def test_a_message_is_read_the_same_each_time(self) -> None:
        first, again = self.parsed(), self.parsed()
        assert first == again
        assert first
        for message in first:
            assert message.external_id and message.sender_id
            assert message.text or message.attachments

    def test_what_is_sent_again_has_the_same_envelope(self) -> None:
        first, again = (self.channel().envelope(self.signed(self.payload), self.settings) for _ in range(2))
        assert isinstance(first, Envelope)
        assert first == again
        assert first.id

    def test_it_is_read_by_what_is_kept_of_it(self) -> None:
        honest = self.signed(self.payload)
        kept = {name: value for name, value in honest.headers.items() if name in self.channel.kept_headers}
        assert list(self.channel().parse(replace(honest, headers=kept), self.settings)) == self.parsed()

    def test_what_comes_with_a_message_can_be_fetched(self) -> None:
        for message in self.parsed():
            for file in message.attachments:
                assert file.media_type
                assert file.data or file.reference or file.url
                assert file.size >= 0

    def test_a_request_is_split_into_events_that_are_read_alone(self) -> None:
        honest = self.signed(self.payload)
        events = self.channel().split(honest, self.settings)
        assert events
        envelopes = [self.channel().envelope(event, self.settings) for event in events]
        assert len({envelope.id for envelope in envelopes}) == len(events)
        read = [came for event in events for came in self.channel().parse(event, self.settings)]
        assert [each for each in read if isinstance(each, Inbound)] == self.parsed()

    def test_what_the_vendor_is_answered_is_an_answer(self) -> None:
        answer = self.channel().taken(self.signed(self.payload), self.settings)
        assert isinstance(answer, WebResponse)
        assert 200 <= answer.status < 300

    def test_what_is_not_a_message_is_none(self) -> None:
        for body in self.ignored:
            assert list(self.channel().parse(self.signed(body), self.settings)) == []

    def test_nonsense_is_said_to_be(self) -> None:
        for body in (b"", b"{", b"null", b"[]", b"42", b"\xff\xfe", b'{"x": {}}', self.payload[: len(self.payload) // 2]):
            try:
                assert list(self.channel().parse(self.signed(body), self.settings)) == []
            except PayloadInvalid as error:
                assert str(error).strip()


class ChannelContract(ReadingContract):
    """Also: forged requests are refused, and every send ends in a receipt or a reason."""

    signs_body: ClassVar[bool] = True
    """False for a vendor that sends along a shared secret instead of a signature."""

    def accepts(self, request: httpx.Request) -> httpx.Response:
        """The vendor's answer to a message that it takes."""
        raise NotImplementedError

    def outbound(self, text: str = "Hello", **more: Any) -> Outbound:
        return Outbound(recipient_id=self.parsed()[0].sender_id, text=text, idempotency_key="key-1", **more)

    def test_what_the_vendor_sends_is_accepted(self) -> None:
        self.channel().verify(self.signed(self.payload), self.settings)

    def test_what_somebody_else_sends_is_refused(self) -> None:
        honest = self.signed(self.payload)
        for forged in (
            *([replace(honest, body=honest.body + b" ")] if self.signs_body else []),
            replace(honest, headers={}),
            replace(honest, headers=dict.fromkeys(honest.headers, "")),
            replace(
                honest, headers={name: value[:-1] + ("0" if value[-1:] != "0" else "1") for name, value in honest.headers.items()}
            ),
        ):
            with pytest.raises(SignatureInvalid):
                self.channel().verify(forged, self.settings)

    async def test_a_message_that_is_taken_has_a_receipt(self) -> None:
        receipt = await self._send(self.accepts)
        assert isinstance(receipt, Receipt)

    async def test_marks_choices_and_an_answer_to_one_message_go_out(self) -> None:
        message = self.outbound("Yes, we do.", markdown="Yes, we **do**.", reply_to=self.parsed()[0].external_id)
        assert isinstance(await self._send(self.accepts, message), Receipt)
        if self.channel.capabilities.buttons:
            message = self.outbound("Which size?", buttons=(Button("s", "Small"), Button("l", "Large")))
            assert isinstance(await self._send(self.accepts, message), Receipt)

    def test_windows_have_a_way_out(self) -> None:
        can = self.channel.capabilities
        assert can.person_window_hours == 0 or can.person_window_hours >= can.window_hours > 0
        assert can.largest_media > 0
        assert all("/" in pattern for pattern in can.media_in | can.media_out)

    @pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, True), (429, False), (500, False), (503, False)])
    async def test_a_refusal_says_whether_trying_again_can_help(self, status: int, permanent: bool) -> None:
        with pytest.raises(DeliveryFailed) as failed:
            await self._send(lambda request: httpx.Response(status, headers={"retry-after": "7"}, json={}))
        assert failed.value.permanent is permanent
        assert str(failed.value).strip()
        if status == 429:
            assert failed.value.retry_after == 7

    async def test_a_line_that_breaks_after_sending_is_unknown_and_one_that_never_stood_is_not(self) -> None:
        def broke(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("silence", request=request)

        def never(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("nobody there", request=request)

        with pytest.raises(DeliveryUnknown):
            await self._send(broke)
        with pytest.raises(DeliveryFailed) as failed:
            await self._send(never)
        assert not failed.value.permanent

    async def _send(self, web: object, message: Outbound | None = None) -> Receipt:
        return await self.channel().send(
            message or self.outbound(), context_for(import_module(self.module).manifest(), self.settings, web=web)
        )  # type: ignore[arg-type]
