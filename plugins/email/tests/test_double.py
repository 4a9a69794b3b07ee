"""The double of a mailbox: the contract, and what is its own, through the plugin's real IMAP, SMTP and reading of mails."""

from __future__ import annotations

import pytest
from frontdesk_email import plugin
from frontdesk_email.channel import Email
from frontdesk_email.double import MailDouble

from frontdesk.sdk.errors import DeliveryFailed, NotReachable
from frontdesk.sdk.rehearsal import Customer, Faults, Line
from frontdesk.sdk.testing.double_contract import HOOK, DoubleContract
from frontdesk.sdk.testing.doubles import Scene
from frontdesk.sdk.values import Attachment, Inbound, Status


class TestEmail(DoubleContract):
    module = "frontdesk_email.plugin"
    channel = Email


@pytest.fixture
async def scene() -> Scene:
    made = Scene(Email, plugin.manifest())
    await made.channel.connect(HOOK, made.context)
    made.came()
    return made


@pytest.fixture
def ana(scene: Scene) -> Customer:
    return scene.double.meet("Ana Lima")


def came(scene: Scene) -> list[Inbound]:
    return [each for each in scene.came() if isinstance(each, Inbound)]


async def answered(scene: Scene, question: Inbound, text: str, key: str = "key-1") -> Line:
    """By the business, in the thread."""
    receipt = await scene.send(question.sender_id, text, key, thread_id=question.thread_id, reply_to=question.external_id)
    line = scene.memory.line(receipt.external_id)
    assert line is not None
    return line


async def test_a_thread_goes_to_and_fro_with_quotes_that_nobody_sees(scene, ana) -> None:
    scene.double.write(ana.id, "Is there oat milk?", subject="Milk")
    [question] = came(scene)
    assert question.text == "Milk\n\nIs there oat milk?"
    answer = await answered(scene, question, "There is.")
    assert (answer.subject, answer.text, answer.state) == ("Re: Milk", "There is.", "delivered")
    assert answer.reply_to == question.external_id
    mine = scene.double.write(ana.id, "For four?", reply_to=answer.id)
    assert mine.subject == "Re: Milk"
    assert mine.quoted.startswith("-- \nAna Lima\n\nOn ")
    assert mine.quoted.endswith("wrote:\n\n> There is.")
    [more] = came(scene)
    assert (more.text, more.thread_id, more.reply_to) == ("For four?", question.thread_id, answer.id)
    then = await answered(scene, more, "Yes.", "key-2")
    assert then.about["references"][0] == question.external_id.partition("#")[0]
    last = scene.double.write(ana.id, "Thanks", reply_to=then.id)
    assert "\n> Yes." in last.quoted
    assert [each.text for each in came(scene)] == ["Thanks"]


def test_a_mail_without_an_answer_begins_another_thread(scene, ana) -> None:
    for subject in ("Milk", "Milk", "Hours"):
        scene.double.write(ana.id, "Hello", subject=subject)
    threads = [each.thread_id for each in came(scene)]
    assert len(set(threads)) == 3


def test_what_was_read_is_marked_once_it_was_fetched(scene, ana) -> None:
    line = scene.double.write(ana.id, "Hello")
    assert line.state == "sent"
    came(scene)
    assert scene.memory.line(line.id).state == "delivered"


async def test_an_automatic_answer_is_not_heard_and_makes_no_loop(scene, ana) -> None:
    scene.double.write(ana.id, "Hello")
    [question] = came(scene)
    scene.double.switch(Faults(own=("away",)))
    await answered(scene, question, "Hello!")
    away = scene.memory.lines(ana.id)[-1]
    assert (away.author, away.subject) == ("customer", "Automatic reply: Our answer")
    assert scene.came() == []
    assert scene.memory.line(away.id).state == "delivered", "it was fetched, and left alone"


async def test_a_full_mailbox_sends_back_what_it_took(scene, ana) -> None:
    scene.double.write(ana.id, "Hello", subject="Grüße")
    [question] = came(scene)
    scene.double.switch(Faults(own=("returned",)))
    receipt = await scene.send(ana.id, "Hello!", thread_id=question.thread_id, reply_to=question.external_id)
    assert scene.texts(ana.id) == []
    [told] = scene.came()
    assert isinstance(told, Status)
    assert (told.external_id, told.state) == (receipt.external_id, "failed")
    assert "mailbox of" in told.problem


async def test_the_same_mail_twice_stands_there_once(scene, ana) -> None:
    scene.double.write(ana.id, "Hello")
    [question] = came(scene)
    first = await answered(scene, question, "Hello!")
    assert await answered(scene, question, "Hello!") == first
    assert scene.texts(ana.id) == ["Hello!"]


@pytest.mark.parametrize(("text", "key"), [(".\n..\n.hidden\n", "key-1"), ("a " * 3000, "key-2"), ("שלום\nمرحبا 🥛", "key-3")])
async def test_a_text_goes_out_as_it_is(scene, ana, text, key) -> None:
    scene.double.write(ana.id, text, subject="Odd")
    [question] = came(scene)
    line = await answered(scene, question, text, key)
    assert line.text == text.removesuffix("\n")


async def test_a_large_file_goes_both_ways_through_slow_servers(scene: Scene, ana: Customer) -> None:
    film = Attachment("video/mp4", "film.mp4", data=bytes(range(256)) * 2**12)
    scene.double.write(ana.id, "Look", [film])
    [question] = came(scene)
    assert question.attachments[0].data == film.data
    scene.double.switch(Faults(slow=0.01))
    await scene.send(ana.id, "Look", thread_id=question.thread_id, attachments=(film,))
    [file] = scene.memory.lines(ana.id)[-1].attachments
    assert scene.memory.file(file.reference).data == film.data


@pytest.mark.parametrize("name", ["No Reply", "Mailer-Daemon", "مريم", "", "Ana\n<x@y.example>,", "ü" * 80])
def test_nobody_is_taken_for_a_robot_for_their_name(scene, name) -> None:
    who = scene.double.meet(name)
    scene.double.write(who.id, "Hello", subject=" A\r\nBcc: eve@example.org ")
    [message] = came(scene)
    assert message.sender_id == who.id
    assert message.text.endswith("Hello")


async def test_the_servers_know_their_owner_and_their_folders(scene) -> None:
    password = scene.settings.model_copy(update={"password": type(scene.settings.password)("another one")})
    double = MailDouble(password, scene.memory)
    scene.double = double
    with pytest.raises(DeliveryFailed, match="did not accept the user name or the password"):
        await scene.channel.check(HOOK, scene.context)
    with pytest.raises(NotReachable):
        await scene.context.sockets.connect("imap.elsewhere.example", 993, tls=True, timeout=1)
