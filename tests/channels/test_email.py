"""E-mail from end to end: a mailbox on a real IMAP server, answers at a real SMTP server, both with TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from frontdesk_email.channel import Email

from frontdesk.channels import actions, intake, polling, queries
from frontdesk.channels.errors import ChannelNotFound, ConnectionFailed
from frontdesk.channels.models import Arrival, Channel, Delivery, Thread
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.models import Attachment, Contact, Conversation, Message
from frontdesk.core import tcp
from frontdesk.core.errors import Invalid
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import WebRequest
from tests.ground.certificates import authority
from tests.ground.mail_server import PASSWORD, USER, MailServer
from tests.ground.mails import BASE64, FAILED, HEAD, PLAIN, mail, multipart

pytestmark = pytest.mark.django_db(transaction=True)
Work = Callable[..., int]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with MailServer(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture
def server(running: MailServer, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[MailServer]:
    """The operator runs it, trusts its authority, and lets owners connect to it."""
    running.reset()
    settings.PROVIDER_ALLOWED_HOSTS = running.hosts
    monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
    tcp.trust.cache_clear()
    yield running
    tcp.trust.cache_clear()


def values(server: MailServer, **more: Any) -> dict[str, Any]:
    return {
        "address": USER,
        "name": "Café Qamar",
        "provider": "other",
        "incoming": server.imap,
        "incoming_encryption": "tls",
        "outgoing": server.smtp_starttls,
        "outgoing_encryption": "starttls",
        "password": PASSWORD,
        **more,
    }


@pytest.fixture
def connected(server: MailServer, owner: Any, agent: Any, in_workspace: Any) -> Channel:
    """What lay there before is not ours."""
    server.deliver(mail(head=HEAD.replace("m1", "before")), minutes_ago=20)
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    return actions.connect(owner, "email", agent.pk, values(server), name="Our mailbox")


@pytest.fixture
def mailbox(connected: Channel) -> Channel:
    """Connected, and asked once."""
    ask()
    return connected


def ask() -> None:
    """The time to look into the mailbox has come."""
    Channel.objects.update(poll_at=None)
    for channel in Channel.objects.filter(kind="email"):
        polling.poll(channel.pk)


def sent(server: MailServer) -> list[Mail]:
    return [message_from_bytes(each["raw"].replace(b"\r\n", b"\n"), policy=default) for each in server.sent()]


def letter(number: int, body: str = "Do you have oat milk?", headers: str = "", subject: str = "Milk") -> bytes:
    return mail(headers, body, head=HEAD.replace("<m1@", f"<m{number}@"), subject=subject)


def test_a_customer_is_answered_in_the_thread(server, mailbox, work, scripted) -> None:
    scripted.play(Say("Yes, we **do**. See [the menu](https://qamar.example/menu) [1]."))
    server.deliver(letter(1))
    ask()
    work()
    [answer] = sent(server)
    assert (answer["To"], answer["From"], answer["Subject"]) == (
        "rana@post.example",
        "Café Qamar <desk@qamar.example>",
        "Re: Milk",
    )
    assert answer["In-Reply-To"] == answer["References"] == "<m1@post.example>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer.get_body(("plain",)).get_content() == "Yes, we do. See the menu (https://qamar.example/menu).\n"
    page = answer.get_body(("html",)).get_content()
    assert "<strong>do</strong>" in page and '<a href="https://qamar.example/menu">' in page
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.external_id) == ("sent", answer["Message-ID"])
    assert str(delivery.uuid) in answer["Message-ID"]
    assert (str(Contact.objects.get()), Message.objects.order_by("id")[0].text) == (
        "Rana Haddad",
        "Milk\n\nDo you have oat milk?",
    )
    assert server.flags() == [[], []]  # nothing in the mailbox was touched


def test_what_comes_between_connecting_and_the_first_look_is_answered(server, connected, work, scripted) -> None:
    scripted.play(Say("Yes."))
    server.deliver(letter(1))
    ask()
    work()
    assert [each["To"] for each in sent(server)] == ["rana@post.example"]


def test_a_thread_goes_on_and_a_new_mail_begins_another(server, mailbox, work, scripted, owner) -> None:
    scripted.play(Say("Yes."), Say("For four, yes."), Say("At nine."))
    server.deliver(letter(1))
    ask()
    work()
    ours = sent(server)[0]["Message-ID"]
    quoted = f"For four?\n\nOn Sat, Nov 21, 2026 at 9:15 AM Café Qamar <{USER}> wrote:\n> Yes.\n"
    server.deliver(letter(2, quoted, f"In-Reply-To: {ours}\nReferences: <m1@post.example> {ours}", "Re: Milk"))
    server.deliver(letter(3, "When do you open?", subject="Hours"))
    ask()
    work()
    assert sorted(Message.objects.filter(author="customer").values_list("text", flat=True)) == [
        "For four?",
        "Hours\n\nWhen do you open?",
        "Milk\n\nDo you have oat milk?",
    ]
    assert (Conversation.objects.count(), Contact.objects.count(), Thread.objects.count()) == (2, 1, 2)
    second = next(each for each in sent(server) if each["In-Reply-To"] == "<m2@post.example>")
    assert second["Subject"] == "Re: Milk"
    assert str(second["References"]).split() == ["<m1@post.example>", ours, "<m2@post.example>"]
    said = conversations.reply_as_person(owner, Conversation.objects.select_related("workspace").order_by("id")[0], "Mila here.")
    work()
    person = sent(server)[-1]
    assert person.get_content().strip() == "Mila here."
    assert person["Auto-Submitted"] is None
    assert said.deliveries.get().state == "sent"


def test_files_go_both_ways(server, mailbox, work, scripted, owner) -> None:
    scripted.play(Say("Thank you."))
    menu = f"Content-Type: application/pdf; name=menu.pdf\nContent-Disposition: attachment\n{BASE64}\n\nJVBERi0xLjQK"
    server.deliver(multipart("mixed", PLAIN, menu))
    ask()
    work()
    file = Attachment.objects.get()
    assert (file.name, file.media_type, file.state) == ("menu.pdf", "application/pdf", "ready")
    conversation = Conversation.objects.select_related("workspace").get()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(40)
    upload = Upload("قائمة.png", picture, "image/png")
    conversations.reply_as_person(owner, conversation, "Here it is.", files=[upload])
    work()
    answer = sent(server)[-1]
    [attached] = answer.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type(), attached.get_content()) == ("قائمة.png", "image/png", picture)
    assert answer.get_body(("plain",)).get_content() == "Here it is.\n"


def test_a_mail_is_taken_once_however_often_it_is_seen(server, mailbox, work, scripted) -> None:
    scripted.play(Say("Yes."), Say("Yes again."))
    server.deliver(letter(1))
    ask()
    Channel.objects.update(
        poll_state=Channel.objects.get().poll_state.replace('"uid": 2', '"uid": 1')
    )  # killed before it was kept
    ask()
    work()
    server.renumber()
    server.deliver(letter(2))
    ask()
    ask()
    work()
    assert len(sent(server)) == 2
    assert Arrival.objects.filter(state="done").count() == 2


def test_numbers_that_begin_again_lose_nothing_and_bring_nothing_old(server, mailbox, work, scripted) -> None:
    """A restored mailbox has new numbers, mails of years, and one that came while nobody looked."""
    server.deliver(letter(8), minutes_ago=60 * 24 * 400)
    server.deliver(letter(9))
    server.renumber()
    scripted.play(Say("Yes."))
    ask()
    work()
    assert [each.partition("#")[0] for each in Arrival.objects.values_list("external_id", flat=True)] == ["<m9@post.example>"]


def test_many_mails_come_in_portions_and_in_order(server, mailbox, workspace) -> None:
    for number in range(1, 56):
        server.deliver(letter(number))
    ask()
    assert Arrival.objects.count() == 50
    ask()
    ask()
    numbers = [int(each[2:].partition("@")[0]) for each in Arrival.objects.order_by("id").values_list("external_id", flat=True)]
    assert numbers == list(range(1, 56))


def test_a_huge_mail_is_read_up_to_where_it_is_sensible(server, mailbox, work, scripted) -> None:
    scripted.play(Say("Send a smaller one."))
    film = f"Content-Type: video/mp4; name=film.mp4\n{BASE64}\n\n" + ("QUFB" * 19 + "\n") * 400_000
    server.deliver(multipart("mixed", PLAIN, film))
    ask()
    assert len(bytes(Arrival.objects.get().body)) == 2**20
    work()
    file = Attachment.objects.get()
    assert (file.name, file.state) == ("film.mp4", "refused")
    assert "MiB" in " ".join(each.get_body(("plain",)).get_content() for each in sent(server))


def test_what_nobody_wrote_is_kept_and_not_answered(server, mailbox, work) -> None:
    for number, header in enumerate(("Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <x.example>")):
        server.deliver(letter(number, headers=header))
    server.deliver(letter(7).replace(b"Rana@Post.example", USER.encode()))
    ask()
    work()
    assert (Arrival.objects.filter(state="done").count(), Message.objects.count(), sent(server)) == (4, 0, [])


def test_a_mail_that_comes_back_is_shown_at_the_answer(server, mailbox, work, scripted) -> None:
    scripted.play(Say("Yes."))
    server.deliver(letter(1))
    ask()
    work()
    server.deliver((FAILED % {"action": "failed", "id": sent(server)[0]["Message-ID"]}).encode())
    ask()
    work()
    delivery = Delivery.objects.get()
    assert delivery.state == "failed" and "User unknown" in delivery.problem
    assert Message.objects.filter(author="customer").count() == 1


@pytest.mark.parametrize(
    ("at", "answer", "state", "words", "arrived"),
    [
        ("RCPT", [550, "5.1.1 no such user"], "failed", "no such user", 0),
        ("RCPT", [450, "4.2.0 greylisted, come again in 5 minutes"], "queued", "greylisted", 0),
        ("DATA", [451, "4.3.0 queue is full"], "queued", "queue is full", 0),
        ("DATA", [554, "5.7.1 looks like spam"], "failed", "looks like spam", 0),
        ("DATA", "cut", "queued", "broke off", 0),
        ("DOT", [552, "5.3.4 too large"], "failed", "too large", 0),
        ("DOT", [452, "4.3.1 no room"], "queued", "no room", 0),
        ("DOT", "cut", "unknown", "before the outgoing server said", 0),
        ("DOT", "take", "unknown", "before the outgoing server said", 1),
    ],
)
def test_what_the_outgoing_server_says_and_where_the_line_breaks(
    server, mailbox, work, scripted, at, answer, state, words, arrived
) -> None:
    scripted.play(Say("Yes."))
    server.deliver(letter(1))
    ask()
    server.say(at=at, answers=[answer])
    work()
    delivery = Delivery.objects.get()
    assert delivery.state == state and words in delivery.problem
    assert len(server.sent()) == arrived
    work(later=True)
    delivery.refresh_from_db()
    assert delivery.state == ("sent" if state == "queued" else state)
    assert len(server.sent()) == arrived + (state == "queued")


def test_an_incoming_server_that_breaks_off_is_asked_again(server, mailbox, work, scripted) -> None:
    scripted.play(Say("Yes."))
    server.deliver(letter(1))
    for command in ("EXAMINE", "UID"):
        server.say(at=command, answers=["cut"])
        ask()
        row = Channel.objects.get()
        assert "incoming server" in row.poll_problem and not Arrival.objects.exists()
    ask()
    work()
    assert Channel.objects.get().poll_problem == ""
    assert len(sent(server)) == 1


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_both_kinds_of_encryption(server, owner, mailbox, encryption) -> None:
    ends = (server.imap, server.smtp) if encryption == "tls" else (server.imap_starttls, server.smtp_starttls)
    given = values(server, incoming=ends[0], outgoing=ends[1], incoming_encryption=encryption, outgoing_encryption=encryption)
    actions.connect(owner, "email", mailbox.agent_id, given, name="Again", channel=mailbox)
    assert "accept the password" in actions.check(owner, mailbox)


REFUSED = [
    ({"password": "wrong"}, {}, "did not accept the user name or the password"),
    (
        {"password": "wrong"},
        {"NO": ["[ALERT] Application-specific password required: https://support.google.com/x"]},
        "app password",
    ),
    ({"password": "wrong"}, {"NO": ["[ALERT] Your account is not enabled for IMAP use."]}, "IMAP is turned off"),
    ({"password": "wrong"}, {"NO": ["AUTHENTICATE failed. BasicAuthBlocked"]}, "takes no passwords from other programs"),
    ({"password": "wröng"}, {}, "did not accept the user name or the password"),
    ({"folder": "Nowhere"}, {}, "no folder “Nowhere”"),
    ({"incoming_encryption": "starttls"}, {}, "incoming server"),
    ({"outgoing_encryption": "tls"}, {}, "does not speak TLS"),
    ({"incoming": "127.0.0.1:1"}, {}, "is inside a private network"),
    ({"incoming": "169.254.169.254:993"}, {}, "is inside a private network"),
    ({"incoming": "mail.nowhere.invalid:993"}, {}, "does not exist"),
]


@pytest.mark.parametrize(("given", "says", "words"), REFUSED)
def test_what_an_owner_reads_before_anything_is_kept(server, owner, agent, given, says, words, monkeypatch) -> None:
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    monkeypatch.setattr("frontdesk_email.line.PATIENCE", 1.5)
    for at, answers in says.items():
        server.say(at=at, answers=answers)
    with pytest.raises(ConnectionFailed, match=words):
        actions.connect(owner, "email", agent.pk, values(server, **given), name="x")
    assert not Channel.objects.exists()


def test_only_the_outgoing_side_is_wrong(server, owner, agent) -> None:
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    server.say(at="AUTH", answers=[[534, "5.7.9 Application-specific password required"]])
    with pytest.raises(Invalid):
        actions.connect(owner, "email", agent.pk, values(server, outgoing=""), name="x")


def test_a_certificate_that_nobody_vouches_for_is_refused(server, owner, agent, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path / "other").certificate))
    tcp.trust.cache_clear()
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    with pytest.raises(ConnectionFailed, match="certificate is not valid"):
        actions.connect(owner, "email", agent.pk, values(server), name="x")
    ends = {"incoming": server.imap_starttls, "incoming_encryption": "starttls"}
    with pytest.raises(ConnectionFailed, match="certificate"):
        actions.connect(owner, "email", agent.pk, values(server, **ends), name="x")
    assert server.logins() == 0


def test_a_password_is_not_taken_to_another_server(server, owner, mailbox) -> None:
    """Or whoever may change the server could have it sent to one of their own."""
    there = values(server, incoming=server.imap_starttls, incoming_encryption="starttls", password="")
    with pytest.raises(Invalid) as refused:
        actions.connect(owner, "email", mailbox.agent_id, there, name="x", channel=mailbox)
    assert refused.value.errors[0]["field"] == "password"
    actions.connect(owner, "email", mailbox.agent_id, values(server, name="New", password=""), name="x", channel=mailbox)


def test_another_mailbox_begins_anew(server, mailbox, work, owner) -> None:
    """What lies in the one that was connected just now is not answered, whatever its numbers are."""
    server.deliver(letter(1))
    actions.connect(owner, "email", mailbox.agent_id, values(server, folder="Support & more/Über"), name="x", channel=mailbox)
    ask()
    assert not Arrival.objects.exists()


def test_nobody_can_post_a_mail(mailbox) -> None:
    with pytest.raises(ChannelNotFound):
        intake.take_in(str(mailbox.webhook_token), WebRequest("POST", "", {}, {}, mail()))


def test_mails_that_cannot_be_read_are_shown(server, mailbox, work) -> None:
    server.deliver(multipart("mixed", *["Content-Type: text/plain\n\nx"] * 300))
    ask()
    work()
    assert "parts" in queries.dead_letters().get().problem


def test_the_class_says_what_it_can() -> None:
    assert Email.capabilities.together and Email.polls
