"""The double of a system of the owner's own: the contract, and what the protocol says."""

from __future__ import annotations

import httpx
import pytest
from frontdesk_webhook import plugin
from frontdesk_webhook.channel import Webhook

from frontdesk.sdk.errors import SignatureInvalid
from frontdesk.sdk.testing.double_contract import DoubleContract
from frontdesk.sdk.testing.doubles import Scene


class TestDouble(DoubleContract):
    module = "frontdesk_webhook.plugin"
    channel = Webhook
    files_by_address = True


@pytest.fixture
def scene() -> Scene:
    return Scene(Webhook, plugin.manifest())


async def test_the_same_message_posted_again_is_one(scene) -> None:
    ana = scene.double.meet("Ana")
    receipts = [await scene.send(ana.id, "Hello", "key-1") for _time in range(3)]
    assert len(set(receipts)) == 1
    assert scene.texts(ana.id) == ["Hello"]


def test_what_nobody_signed_is_not_taken(scene) -> None:
    refused = scene.double.web(httpx.Request("POST", "https://rehearsal.example/answers", json={"type": "message"}))
    assert refused.status_code == 401


def test_what_waited_too_long_is_signed_anew(scene, monkeypatch) -> None:
    ana = scene.double.meet("Ana")
    scene.double.write(ana.id, "Hello")
    [(posting, _after)] = scene.memory.posted
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    with pytest.raises(SignatureInvalid):
        scene.channel.verify(posting.request, scene.settings)
    scene.channel.verify(scene.double.again(posting.request), scene.settings)
