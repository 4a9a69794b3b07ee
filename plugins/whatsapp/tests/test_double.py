"""WhatsApp's double: the contract, and what is WhatsApp's own."""

from __future__ import annotations

import pytest
from frontdesk_whatsapp import plugin
from frontdesk_whatsapp.channel import WhatsApp

from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.rehearsal import Faults
from frontdesk.sdk.testing.double_contract import DoubleContract
from frontdesk.sdk.testing.doubles import Scene
from frontdesk.sdk.values import Button, Inbound, Status, Template


class TestDouble(DoubleContract):
    module = "frontdesk_whatsapp.plugin"
    channel = WhatsApp


@pytest.fixture
def scene() -> Scene:
    return Scene(WhatsApp, plugin.manifest())


def states(scene: Scene) -> list[tuple[str, str]]:
    return [(came.external_id, came.state) for came in scene.came() if isinstance(came, Status)]


async def test_ticks_come_one_after_the_other(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.write(ana.id, "Hello")
    scene.came()
    await scene.send(ana.id, "Hi", "key-7")
    assert states(scene) == [("key-7", "sent"), ("key-7", "delivered")]
    scene.double.read(ana.id)
    scene.double.read(ana.id)
    assert states(scene) == [("key-7", "read")]
    scene.double.switch(Faults(phone_off=True))
    await scene.send(ana.id, "Still there?", "key-8")
    assert states(scene) == [("key-8", "sent")]


async def test_after_a_day_only_a_template_arrives(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.write(ana.id, "Hello")
    scene.memory.clock += 25 * 3600
    scene.came()
    await scene.send(ana.id, "Too late", "key-1")
    assert states(scene) == [("key-1", "failed")]
    english = next(each for each in await scene.channel.templates(scene.context) if each.language == "en")
    filled = Template(english.name, english.language, english.text, ("Ana",))
    await scene.send(ana.id, "", "key-2", template=filled)
    assert scene.texts(ana.id) == ["Hello Ana, we have an answer to your question. May we send it to you?"]
    with pytest.raises(DeliveryFailed, match="blank"):
        await scene.send(ana.id, "", "key-3", template=Template(english.name, "en", english.text, ()))


async def test_many_choices_are_a_list(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.write(ana.id, "A table, please")
    await scene.send(ana.id, "For how many?", buttons=tuple(Button(f"n{n}", f"{n} people") for n in range(1, 8)))
    [line] = [line for line in scene.memory.lines(ana.id) if line.buttons]
    scene.came()
    scene.double.press(line.id, "n5")
    [pressed] = [came for came in scene.came() if isinstance(came, Inbound)]
    assert (pressed.button, pressed.text) == ("n5", "5 people")
