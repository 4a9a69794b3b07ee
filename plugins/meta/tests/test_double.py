"""The doubles of Messenger and Instagram: the contract, and what is their own."""

from __future__ import annotations

import pytest
from frontdesk_meta import plugin
from frontdesk_meta.channel import Instagram, Messenger

from frontdesk.sdk.rehearsal import Faults
from frontdesk.sdk.testing.double_contract import DoubleContract
from frontdesk.sdk.testing.doubles import Scene


class TestMessenger(DoubleContract):
    module = "frontdesk_meta.plugin"
    channel = Messenger


class TestInstagram(DoubleContract):
    module = "frontdesk_meta.plugin"
    channel = Instagram


@pytest.fixture(params=[Messenger, Instagram])
def scene(request: pytest.FixtureRequest) -> Scene:
    return Scene(request.param, plugin.manifest())


async def test_a_person_may_answer_for_a_week(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.write(ana.id, "Hello")
    scene.double.switch(Faults(window_closed=True))
    await scene.send(ana.id, "Sorry that it took so long", by_person=True)
    assert scene.texts(ana.id) == ["Sorry that it took so long"]


async def test_the_vendor_is_asked_for_a_name(scene) -> None:
    ana = scene.double.meet("Ana Lima")
    assert await scene.channel.name_of(ana.id, scene.context) == "Ana Lima"
