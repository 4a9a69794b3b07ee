"""The contract for channels, and what is particular to this one."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from frontdesk_webhook import plugin, signing
from frontdesk_webhook.channel import Webhook, WebhookConfig
from pydantic import SecretStr, ValidationError

from frontdesk.sdk.errors import DeliveryUnknown, PayloadInvalid, SignatureInvalid
from frontdesk.sdk.testing.channel_contract import ChannelContract
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.values import Attachment, Edited, Status, WebRequest

SECRET = "correct horse battery staple"
SETTINGS = WebhookConfig(callback_url="https://shop.example/frontdesk", secret=SecretStr(SECRET))
MESSAGE = {"type": "message", "id": "m-1", "sender": {"id": "42", "name": "Ana"}, "text": "Do you have oat milk?"}


def request(body: bytes, **headers: str) -> WebRequest:
    signed = {"content-type": "application/json", **signing.headers(SECRET, "req-1", body), **headers}
    return WebRequest("POST", "/hooks/x", signed, {}, body)


class TestContract(ChannelContract):
    module = "frontdesk_webhook.plugin"
    channel = Webhook
    settings = SETTINGS
    payload = json.dumps(MESSAGE).encode()
    ignored = (b"{}", b'{"type": "ping"}', b'{"type": "typing", "sender": {"id": "42"}}')

    def signed(self, body: bytes) -> WebRequest:
        return request(body)

    def accepts(self, request: httpx.Request) -> httpx.Response:
        signing.verify(SECRET, request.headers, request.content)
        return httpx.Response(200, json={"id": "their-7"})


def parsed(said: dict) -> list:
    return list(Webhook().parse(request(json.dumps(said).encode()), SETTINGS))


def test_the_signature_is_that_of_the_standard() -> None:
    """The example in the specification of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    given = signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert given == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_request_from_another_time_is_refused(seconds) -> None:
    headers = signing.headers(SECRET, "req-1", b"{}", now=1_800_000_000)
    signing.verify(SECRET, headers, b"{}", now=1_800_000_000 + seconds // 2)
    with pytest.raises(SignatureInvalid):
        signing.verify(SECRET, headers, b"{}", now=1_800_000_000 + seconds)


def test_one_of_several_signatures_is_enough() -> None:
    headers = signing.headers(SECRET, "req-1", b"{}")
    headers[signing.SIGNATURE] = f"v1,{base64.b64encode(b'other').decode()} {headers[signing.SIGNATURE]}"
    signing.verify(SECRET, headers, b"{}")


@pytest.mark.parametrize("timestamp", ["", "now", "-5", "٥", "9" * 40])
def test_a_signed_timestamp_that_is_none_is_refused(timestamp) -> None:
    signature = signing.signature(SECRET, "req-1", timestamp, b"{}")
    with pytest.raises(SignatureInvalid):
        signing.verify(SECRET, {signing.ID: "req-1", signing.TIMESTAMP: timestamp, signing.SIGNATURE: signature}, b"{}")


@pytest.mark.parametrize("secret", ["short", "whsec_not base64 at all, is it", "x" * 201])
def test_a_secret_that_is_none_is_said_to_be(secret) -> None:
    with pytest.raises(ValidationError):
        WebhookConfig(callback_url="https://shop.example/", secret=SecretStr(secret))


def test_files_edits_and_statuses_are_read() -> None:
    file = {"url": "https://shop.example/cake.jpg", "media_type": "image/jpeg", "name": "cake.jpg"}
    [message] = parsed({**MESSAGE, "text": "", "attachments": [file], "thread": "t-1"})
    assert message.attachments == (Attachment("image/jpeg", "cake.jpg", url="https://shop.example/cake.jpg"),)
    assert (message.sender_name, message.thread_id) == ("Ana", "t-1")
    assert parsed({**MESSAGE, "type": "edit"}) == [Edited("m-1", "42", "Do you have oat milk?")]
    assert parsed({"type": "status", "message_id": "a", "state": "read"}) == [Status("a", "read")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "},
        {"id": ""},
        {"id": 7},
        {"sender": "42"},
        {"sender": {"id": ""}},
        {"attachments": [{"url": "file:///etc/passwd"}]},
        {"type": "status", "message_id": "a", "state": "eaten"},
    ],
)
def test_what_cannot_be_used_is_said_in_words(wrong) -> None:
    with pytest.raises(PayloadInvalid, match=r"\w+ .+\."):
        parsed({**MESSAGE, **wrong})


def test_requests_of_one_customer_share_a_lane() -> None:
    envelope = Webhook().envelope(request(json.dumps(MESSAGE).encode()), SETTINGS)
    assert (envelope.id, envelope.lane) == ("req-1", "42")


async def test_the_receivers_own_id_is_kept_or_ours_stands_for_it() -> None:
    contract = TestContract()
    for body, wanted in (({"id": 7}, "7"), ({}, "key-1"), ([], "key-1")):
        context = context_for(plugin.manifest(), SETTINGS, web=lambda request, body=body: httpx.Response(200, json=body))
        assert (await Webhook().send(contract.outbound(), context)).external_id == wanted


async def test_a_gateway_that_gave_up_waiting_is_unknown() -> None:
    context = context_for(plugin.manifest(), SETTINGS, web=lambda request: httpx.Response(504))
    with pytest.raises(DeliveryUnknown):
        await Webhook().send(TestContract().outbound(), context)


async def test_the_connection_is_tried_with_a_ping() -> None:
    seen = []

    def web(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(204)

    assert await Webhook().check("https://desk.example/hooks/x", context_for(plugin.manifest(), SETTINGS, web=web))
    assert seen == [{"type": "ping"}]
