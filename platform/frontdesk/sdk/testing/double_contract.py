"""What a double and the channel it stands for must agree on. A plugin's tests subclass it:

    class TestDouble(DoubleContract):
        module = "frontdesk_parrotgram.plugin"
        channel = Parrotgram

Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import ClassVar

import pytest

from ..channel import Channel
from ..errors import DeliveryFailed, DeliveryUnknown
from ..rehearsal import Act, Customer, Faults, Refused
from ..values import Attachment, Button, Deleted, Edited, Inbound, Reaction, Status, Watermark
from .doubles import Scene

HOOK = "https://desk.example/hooks/hook_x"
PICTURE = Attachment("image/png", "cake.png", data=b"\x89PNG\r\n\x1a\n and what follows")


class DoubleContract:
    """What a customer does comes in as the plugin reads it; what the plugin sends stands on the phone."""

    module: ClassVar[str]
    channel: ClassVar[type[Channel]]
    files_by_address: ClassVar[bool] = False
    """Whether the vendor is only told where our files are."""

    @pytest.fixture
    async def scene(self) -> Scene:
        """Connected, as after the owner saved."""
        made = Scene(self.channel, import_module(self.module).manifest())
        await made.channel.connect(HOOK, made.context)
        made.came()
        return made

    @pytest.fixture
    def ana(self, scene: Scene) -> Customer:
        """She has written before."""
        ana = scene.double.meet("Ana Lima")
        scene.double.write(ana.id, "Hello")
        scene.came()
        return ana

    def test_no_two_accounts_are_the_same(self) -> None:
        double = self.channel.double
        assert double is not None
        assert dict(double.account()) != dict(double.account())

    async def test_the_connection_is_in_order(self, scene: Scene) -> None:
        assert isinstance(await scene.channel.check(HOOK, scene.context), str)

    def test_what_is_written_comes_in(self, scene: Scene) -> None:
        ana = scene.double.meet("Ana Lima")
        line = scene.double.write(ana.id, "Is there oat milk? 🥛 مرحبا")
        [message] = scene.came()
        assert isinstance(message, Inbound)
        assert (message.text, message.sender_id, message.external_id) == (line.text, ana.id, line.id)

    def test_nobody_is_the_same_twice(self, scene: Scene) -> None:
        ana, ben = scene.double.meet("Ana"), scene.double.meet("Ben")
        lines = [scene.double.write(who.id, "Hello") for who in (ana, ben, ana)]
        came = [message for message in scene.came() if isinstance(message, Inbound)]
        assert [message.sender_id for message in came] == [ana.id, ben.id, ana.id]
        assert len({line.id for line in lines}) == len({message.external_id for message in came}) == 3

    def test_a_subject_comes_in_where_there_are_any(self, scene: Scene, ana: Customer) -> None:
        if not self.can("subject"):
            with pytest.raises(Refused):
                scene.double.write(ana.id, "Hello", subject="Milk")
            return
        scene.double.write(ana.id, "Is there oat milk?", subject="A question")
        [message] = [each for each in scene.came() if isinstance(each, Inbound)]
        assert "A question" in message.text

    async def test_an_answer_stands_on_the_phone(self, scene: Scene, ana: Customer) -> None:
        receipt = await scene.send(ana.id, "Yes & no: 1 < 2, *always*.")
        assert scene.texts(ana.id) == ["Yes & no: 1 < 2, *always*."]
        assert receipt.external_id
        for status in scene.came():
            assert isinstance(status, Watermark) or status.external_id in (receipt.external_id, "key-1")

    async def test_the_longest_text_fits_and_a_longer_one_does_not(self, scene: Scene, ana: Customer) -> None:
        longest = self.channel.capabilities.longest_text
        await scene.send(ana.id, "x" * longest)
        assert scene.texts(ana.id) == ["x" * longest]

    async def test_nobody_is_written_to_who_never_wrote(self, scene: Scene) -> None:
        stranger = scene.double.new_id()
        await self.is_refused(scene, stranger)
        assert scene.texts(stranger) == []

    async def test_a_vendor_that_is_busy_is_asked_later(self, scene: Scene, ana: Customer) -> None:
        scene.double.switch(Faults(mood="busy", times=1))
        with pytest.raises(DeliveryFailed) as failed:
            await scene.send(ana.id, "Hello")
        assert not failed.value.permanent
        await scene.send(ana.id, "Hello")
        assert scene.texts(ana.id) == ["Hello"]

    async def test_a_vendor_that_is_broken_takes_nothing(self, scene: Scene, ana: Customer) -> None:
        scene.double.switch(Faults(mood="broken"))
        with pytest.raises(DeliveryFailed) as failed:
            await scene.send(ana.id, "Hello")
        assert not failed.value.permanent
        assert scene.texts(ana.id) == []

    async def test_a_vendor_that_says_nothing_may_have_taken_it(self, scene: Scene, ana: Customer) -> None:
        scene.double.switch(Faults(mood="silent"))
        with pytest.raises(DeliveryUnknown):
            await scene.send(ana.id, "Hello")
        assert scene.texts(ana.id) == ["Hello"]

    def test_what_is_posted_twice_has_one_envelope(self, scene: Scene, ana: Customer) -> None:
        scene.double.switch(Faults(twice=True, late=5.0))
        scene.double.write(ana.id, "Hello again")
        (first, after), (second, _after) = scene.memory.posted
        assert after == 5.0
        envelopes = {scene.channel.envelope(posting.request, scene.settings).id for posting in (first, second)}
        assert len(envelopes) == 1

    def test_a_wrong_signature_is_not_the_doubles(self, scene: Scene, ana: Customer) -> None:
        other = Scene(self.channel, import_module(self.module).manifest())
        scene.double.write(ana.id, "Hello")
        [(posting, _after)] = scene.memory.posted
        with pytest.raises(Exception, match=r"."):
            other.channel.verify(posting.request, other.settings)

    async def test_files_come_in(self, scene: Scene, ana: Customer) -> None:
        if not self.can("file"):
            with pytest.raises(Refused):
                scene.double.write(ana.id, "Look", [PICTURE])
            return
        scene.double.write(ana.id, "Look", [PICTURE])
        [message] = [each for each in scene.came() if isinstance(each, Inbound)]
        [file] = message.attachments
        fetched = file if file.data else await scene.channel.fetch(file, scene.context)
        assert (fetched.data, fetched.media_type.partition("/")[0]) == (PICTURE.data, "image")

    async def test_files_go_out(self, scene: Scene, ana: Customer) -> None:
        if not self.channel.capabilities.media_out:
            return
        sent = replace(PICTURE, data=b"", url="https://desk.example/files/cake.png") if self.files_by_address else PICTURE
        await scene.send(ana.id, "Look", attachments=(sent,))
        files = [file for line in scene.memory.lines(ana.id) if line.author == "business" for file in line.attachments]
        if self.files_by_address:
            assert [file.url for file in files] == [sent.url]
            return
        [kept] = [scene.memory.file(file.reference) for file in files]
        assert kept is not None
        assert kept.data == PICTURE.data

    async def test_buttons_are_pressed(self, scene: Scene, ana: Customer) -> None:
        if not self.can("press"):
            with pytest.raises(Refused):
                scene.double.press("1", "1")
            return
        await scene.send(ana.id, "For how many?", buttons=(Button("two", "Two people"), Button("four", "Four people")))
        [line] = [line for line in scene.memory.lines(ana.id) if line.buttons]
        assert [button.label for button in line.buttons] == ["Two people", "Four people"]
        scene.came()
        scene.double.press(line.id, line.buttons[1].id)
        [pressed] = [each for each in scene.came() if isinstance(each, Inbound)]
        assert (pressed.button, pressed.sender_id) == ("four", ana.id)
        with pytest.raises(Refused):
            scene.double.press(line.id, "nonsense")

    async def test_replies_name_what_they_answer(self, scene: Scene, ana: Customer) -> None:
        receipt = await scene.send(ana.id, "Anything else?")
        [line] = [line for line in scene.memory.lines(ana.id) if line.author == "business"]
        scene.came()
        if not self.can("reply"):
            with pytest.raises(Refused):
                scene.double.write(ana.id, "Yes", reply_to=line.id)
            return
        scene.double.write(ana.id, "Yes", reply_to=line.id)
        [message] = [each for each in scene.came() if isinstance(each, Inbound)]
        assert message.reply_to == receipt.external_id

    def test_edits_name_the_message(self, scene: Scene, ana: Customer) -> None:
        line = scene.double.write(ana.id, "Fiev people")
        scene.came()
        if not self.can("edit"):
            with pytest.raises(Refused):
                scene.double.edit(line.id, "Five people")
            return
        scene.double.edit(line.id, "Five people")
        assert [(type(each), each.external_id, each.text) for each in scene.came()] == [(Edited, line.id, "Five people")]

    def test_deleted_messages_are_named(self, scene: Scene, ana: Customer) -> None:
        line = scene.double.write(ana.id, "Never mind")
        scene.came()
        if not self.can("delete"):
            with pytest.raises(Refused):
                scene.double.delete(line.id)
            return
        scene.double.delete(line.id)
        assert [(type(each), each.external_id) for each in scene.came()] == [(Deleted, line.id)]
        with pytest.raises(Refused):
            scene.double.edit(line.id, "Or do")

    def test_reactions_name_the_message(self, scene: Scene, ana: Customer) -> None:
        line = scene.double.write(ana.id, "Thanks")
        scene.came()
        if not self.can("react"):
            with pytest.raises(Refused):
                scene.double.react(line.id, "👍")
            return
        for emoji in ("👍", ""):
            scene.double.react(line.id, emoji)
            assert [(type(each), each.external_id, each.emoji) for each in scene.came()] == [(Reaction, line.id, emoji)]

    async def test_what_is_read_is_told(self, scene: Scene, ana: Customer) -> None:
        if not self.can("read"):
            return
        await scene.send(ana.id, "Hello")
        scene.came()
        scene.double.read(ana.id)
        assert [each.state for each in scene.came() if isinstance(each, Status | Watermark)][-1:] == ["read"]

    async def test_who_blocked_us_gets_nothing(self, scene: Scene, ana: Customer) -> None:
        if not self.can("block"):
            with pytest.raises(Refused):
                scene.double.block(ana.id, blocked=True)
            return
        scene.double.block(ana.id, blocked=True)
        with suppress(DeliveryFailed):  # not every vendor tells
            await scene.send(ana.id, "Hello")
        assert scene.texts(ana.id) == []
        with pytest.raises(Refused):
            scene.double.write(ana.id, "Hello")
        scene.double.block(ana.id, blocked=False)
        await scene.send(ana.id, "Hello")

    async def test_after_the_window_only_templates_go(self, scene: Scene, ana: Customer) -> None:
        if not scene.double.window_hours:
            return
        scene.double.switch(Faults(window_closed=True))
        await self.is_refused(scene, ana.id)
        scene.double.write(ana.id, "Still there?")
        await scene.send(ana.id, "Yes")
        assert scene.texts(ana.id) == ["Yes"]

    async def is_refused(self, scene: Scene, customer_id: str) -> None:
        """For good: at once, or with a status."""
        scene.came()
        try:
            await scene.send(customer_id, "Hello")
        except DeliveryFailed as error:
            assert error.permanent
        else:
            assert [each.state for each in scene.came() if isinstance(each, Status)] == ["failed"]

    def can(self, act: Act) -> bool:
        """Whether customers can do that there; where not, the double refuses."""
        assert self.channel.double is not None
        return act in self.channel.double.can
