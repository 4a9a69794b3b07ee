"""What comes in: texts in all their packings, files, mails that nobody wrote, and mails made to do harm."""

from __future__ import annotations

import base64
import time
from email.header import Header

import pytest
from frontdesk_email import incoming, plugin, threads
from frontdesk_email.channel import SIZE, Email
from frontdesk_email.config import EmailConfig
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from frontdesk.sdk.errors import PayloadInvalid, SignatureInvalid
from frontdesk.sdk.testing.channel_contract import ReadingContract
from frontdesk.sdk.values import Inbound, Status, WebRequest
from tests.ground.mails import BASE64, FAILED, FAILED_PLAINLY, HEAD, LOGO, PAGE, PICTURE, PLAIN, READ, mail, multipart, parts

CONFIG = EmailConfig(address="desk@qamar.example", provider="gmail", password=SecretStr("abcd efgh ijkl mnop"))
OURS = threads.own_id("0b6f5bd3-1111-4000-8000-000000000000", threads.thread_of("<m0@post.example>"), "qamar.example")


def request(body: bytes) -> WebRequest:
    return WebRequest("MAIL", "", {"content-type": "message/rfc822"}, {}, body)


def read(raw: bytes) -> Inbound:
    [message] = incoming.came(raw, CONFIG)
    assert isinstance(message, Inbound)
    return message


class TestContract(ReadingContract):
    module = "frontdesk_email.plugin"
    channel = Email
    settings = CONFIG
    payload = mail(
        head="Message-ID: <m1@post.example>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0200\r\n", headers="From: rana@post.example"
    )
    ignored = (mail("Auto-Submitted: auto-replied"), (FAILED % {"action": "failed", "id": "<else@where>"}).encode())

    def signed(self, body: bytes) -> WebRequest:
        return request(body)


def test_nothing_that_is_posted_is_a_mail() -> None:
    with pytest.raises(SignatureInvalid):
        Email().verify(request(mail()), CONFIG)


def test_a_mail() -> None:
    message = read(mail())
    assert (message.sender_id, message.sender_name) == ("rana@post.example", "Rana Haddad")
    assert message.text == "Milk\n\nDo you have oat milk?"
    assert message.external_id.startswith("<m1@post.example>#")
    assert message.sent_at == 1795244400.0


LATIN = "Für Ümläute: ça va? €"
ENCODED = {
    "utf-8": ("text/plain; charset=utf-8", "8bit", LATIN.encode()),
    "quoted-printable": ("text/plain; charset=iso-8859-15", "quoted-printable", b"F=FCr =DCml=E4ute: =\n=E7a va? =A4"),
    "windows in latin-1's clothes": ("text/plain; charset=iso-8859-1", "8bit", LATIN.encode("cp1252")),
    "base64": ("text/plain; charset=utf-8", "base64", base64.b64encode(LATIN.encode())),
    "no charset, utf-8": ("text/plain", "8bit", LATIN.encode()),
    "no charset, windows": ("text/plain", "8bit", LATIN.encode("cp1252")),
    "a charset that is none": ("text/plain; charset=klingon", "8bit", LATIN.encode()),
    "utf-16": ("text/plain; charset=utf-16", "base64", base64.b64encode(LATIN.encode("utf-16"))),
    "html": ("text/html; charset=utf-8", "8bit", f"<html><body><p>{LATIN}</p></body></html>".encode()),
    "html with entities": ("text/html", "7bit", b"<p>F&uuml;r &Uuml;ml&auml;ute: &ccedil;a va? &euro;</p>"),
    "base64 that is cut": ("text/plain; charset=utf-8", "base64", base64.b64encode(LATIN.encode() + b"  ")[:-1]),
}


@pytest.mark.parametrize(("kind", "packing", "body"), ENCODED.values(), ids=ENCODED.keys())
def test_texts_in_all_packings(kind, packing, body) -> None:
    raw = mail(f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {packing}", "") + body
    assert read(raw).text == f"Milk\n\n{LATIN}"


@pytest.mark.parametrize(
    ("charset", "text"),
    [("iso-2022-jp", "こんにちは"), ("shift_jis", "注文①"), ("gb2312", "您好镕"), ("big5", "您好"), ("euc-kr", "안녕"),
     ("koi8-r", "Привет"), ("windows-1256", "مرحبا"), ("iso-8859-6", "مرحبا"), ("ks_c_5601-1987", "안녕")],
)  # fmt: skip
def test_texts_from_all_over_the_world(charset, text) -> None:
    wide = {"gb2312": "gb18030", "shift_jis": "cp932"}.get(charset, charset)
    raw = mail(f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit", "") + text.encode(wide)
    assert read(raw).text == f"Milk\n\n{text}"


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (Header("هل لديكم حليب؟", "utf-8").encode(), "هل لديكم حليب؟"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?4oKs?=", "Grüße€"),
        ("=?nonsense?Q?a?=", "a"),
        ("=?utf-8?B?not base64", "=?utf-8?B?not base64"),
        ("Grüße ohne alles", "Grüße ohne alles"),
        ("a\x07b \x1b[31m", "a b [31m"),
    ],
)
def test_subjects(subject, said) -> None:
    assert read(mail(subject=subject, body="")).text == said


def test_a_subject_is_said_where_a_mail_begins_and_not_again() -> None:
    assert read(mail(subject="Re: Milk", headers=f"In-Reply-To: {OURS}")).text == "Do you have oat milk?"
    assert read(mail(subject="Do you have", body="Do you have oat milk?")).text == "Do you have oat milk?"
    assert read(mail(subject="Open on Sunday?", body="")).text == "Open on Sunday?"


STRUCTURES = {
    "alternative": multipart("alternative", PLAIN, PAGE),
    "only a page": multipart("alternative", PAGE),
    "an empty text": multipart("alternative", "Content-Type: text/plain\n\n \n", PAGE),
    "two texts": multipart("mixed", "Content-Type: text/plain\n\nDo you have", "Content-Type: text/plain\n\noat milk?"),
    "calendar": multipart("alternative", PLAIN, PAGE, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"),
    "no end": multipart("mixed", PLAIN)[:-9],
    "signed": multipart("signed", PLAIN, "Content-Type: application/pgp-signature; name=s.asc\n\n-----BEGIN PGP"),
    "flowed": mail("Content-Type: text/plain; format=flowed", "Do you have \noat milk?\n"),
    "flowed, delsp": mail("Content-Type: text/plain; format=flowed; delsp=yes", "Do you have  \noat milk?\n"),
}


@pytest.mark.parametrize("raw", STRUCTURES.values(), ids=STRUCTURES.keys())
def test_the_text_is_found_in_every_structure(raw) -> None:
    assert " ".join(read(raw).text.split()) == "Milk Do you have oat milk?"


FILE = f'Content-Type: application/pdf; name="=?utf-8?Q?Men=C3=BC.pdf?="\nContent-Disposition: attachment\n{BASE64}\n\nJVBERg=='
RFC2231 = "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''..%2F..%2FMen%C3%BC.pdf\n\n%PDF"
INLINE = f"Content-Type: image/png\nContent-ID: <{{id}}>\nContent-Disposition: inline\n{BASE64}\n\n{PICTURE}"
SMALL = f"Content-Type: image/png\nContent-ID: <logo>\n{BASE64}\n\n{LOGO}"
WITH_PICTURES = 'Content-Type: text/html\n\n<p>Is this vegan? <img src="cid:cake"><img src="cid:logo"></p>'
WITH_PICTURES += '<blockquote type="cite"><img src="cid:old"></blockquote>'


def test_files_come_along() -> None:
    message = read(multipart("mixed", PLAIN, FILE))
    [file] = message.attachments
    assert (file.media_type, file.name, file.data) == ("application/pdf", "Menü.pdf", b"%PDF")
    assert read(multipart("mixed", PLAIN, RFC2231)).attachments[0].name == "Menü.pdf"


def test_pictures_in_the_text_are_files_and_logos_are_not() -> None:
    pictures = [INLINE.format(id="cake"), SMALL, INLINE.format(id="old")]
    message = read(multipart("related", WITH_PICTURES, *pictures))
    assert message.text == "Milk\n\nIs this vegan?"
    assert [(file.media_type, len(file.data)) for file in message.attachments] == [("image/png", 20_004)]
    related = f'Content-Type: multipart/related; boundary="=_b2"\n\n{parts("2", WITH_PICTURES, *pictures)}'
    both = read(multipart("alternative", "Content-Type: text/plain\n\nIs this vegan?", related))
    assert (both.text, len(both.attachments)) == ("Milk\n\nIs this vegan?", 1)


def test_a_photo_of_a_phone_is_a_file() -> None:
    photo = f"Content-Type: image/jpeg\nContent-Disposition: inline; filename=IMG_1.jpeg\n{BASE64}\n\n{LOGO}"
    assert [file.name for file in read(multipart("mixed", PLAIN, photo)).attachments] == ["IMG_1.jpeg"]


def test_a_mail_in_a_mail_is_a_file() -> None:
    long = "\n".join([base64.b64encode(bytes(54)).decode()] * 2_000)
    inner = f"Content-Type: message/rfc822\n\nSubject: Old offer\nFrom: a@b.example\nContent-Transfer-Encoding: base64\n\n{long}"
    [file] = read(multipart("mixed", PLAIN, inner)).attachments
    assert (file.media_type, file.name) == ("message/rfc822", "Old offer.eml")
    assert file.data.count(long.splitlines()[0].encode()) == 2_000


def test_only_the_beginning_of_what_is_too_large() -> None:
    raw = multipart("mixed", PLAIN, FILE.replace("JVBERg==", "JVBERi0xLjQ\n" * 50))[:-300]
    [message] = Email().parse(WebRequest("MAIL", "", {SIZE: "31000000"}, {}, raw), CONFIG)
    [file] = message.attachments
    assert (message.text, file.name, file.data, file.size) == ("Milk\n\nDo you have oat milk?", "Menü.pdf", b"", 31_000_000)


NOBODY = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated; type=x",
    "Precedence: bulk",
    "Precedence: list",
    "X-Auto-Response-Suppress: All",
    "List-Id: <news.shop.example>",
    "List-Unsubscribe: <mailto:x@shop.example>",
    "X-Autoreply: yes",
    "Return-Path: <>",
]


@pytest.mark.parametrize("header", NOBODY)
def test_what_no_person_wrote_is_not_answered(header) -> None:
    assert incoming.came(mail(header), CONFIG) == []


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: Milk", "Out of Office: Milk", "Abwesenheitsnotiz", "Réponse automatique : Lait", "رد تلقائي: حليب"],
)
def test_people_who_are_away_are_not_answered(subject) -> None:
    assert incoming.came(mail(subject=subject), CONFIG) == []
    assert read(mail(subject=f"Re: what is an {subject}?"))


@pytest.mark.parametrize(
    "sender",
    ["MAILER-DAEMON@mx.example", "postmaster@mx.example", "noreply@shop.example", "no-reply@shop.example",
     "do.not.reply@x.example",
     "bounces+42@lists.example", "desk@qamar.example", "notifications-noreply@x.example", "nobody", "", "<>", "a@b@c"],
)  # fmt: skip
def test_programs_nobody_and_ourselves_are_not_answered(sender) -> None:
    assert incoming.came(mail(head=f"From: {sender}\r\nMessage-ID: <x@y.example>\r\n"), CONFIG) == []


def test_what_we_sent_is_not_answered_when_it_comes_back() -> None:
    assert incoming.came(mail(head=f"From: list@club.example\r\nMessage-ID: {OURS}\r\n"), CONFIG) == []


def test_people_whose_names_look_like_programs_are_answered() -> None:
    for name in ("norbert.reply", "bounce.fan", "postmaster.jones", "info", "notifications"):
        assert read(mail(head=f"From: {name}@post.example\r\nMessage-ID: <x@y>\r\n")).sender_id == f"{name}@post.example"
    assert read(mail("Auto-Submitted: no"))


def test_a_form_on_a_page_names_the_customer_in_reply_to() -> None:
    head = "From: Café website <noreply@qamar.example>\r\nReply-To: Rana <rana@post.example>\r\nMessage-ID: <f1@web>\r\n"
    message = read(mail(head=head))
    assert (message.sender_id, message.sender_name) == ("rana@post.example", "Rana")


def test_threads_are_kept_by_whatever_a_program_remembers() -> None:
    begun = read(mail(head=HEAD.replace("<m1@", "<m0@"))).thread_id
    answered = read(mail(f"References: <m0@post.example> {OURS}\nIn-Reply-To: {OURS}"))
    assert (answered.thread_id, answered.reply_to) == (begun, OURS)
    assert read(mail(f"In-Reply-To: {OURS}")).thread_id == begun
    assert read(mail("References: <m0@post.example>\n <m7@post.example>")).thread_id == begun
    assert read(mail(f"References: <x@y> {OURS} <z@z>")).thread_id == begun
    assert read(mail()).thread_id != begun
    assert read(mail(f"In-Reply-To: {OURS.replace('qamar', 'other')}")).thread_id != begun


def test_the_same_mail_by_another_way_is_the_same_and_another_with_its_id_is_not() -> None:
    first = incoming.envelope(mail("Received: from a"), CONFIG)
    assert incoming.envelope(mail("Received: from b\nX-Spam: no"), CONFIG) == first
    assert incoming.envelope(mail(subject="Other"), CONFIG) != first
    assert (
        incoming.envelope(mail(head="From: a@b.example\r\n"), CONFIG).id
        != incoming.envelope(mail(head="From: c@b.example\r\n"), CONFIG).id
    )
    assert first.lane == "rana@post.example"


@pytest.mark.parametrize(
    ("raw", "state", "words"),
    [
        (
            FAILED % {"action": "failed", "id": OURS},
            "failed",
            "550 5.1.1 <rana@post.example>: Recipient address rejected: User unknown",
        ),
        (FAILED % {"action": "delivered", "id": OURS}, "delivered", ""),
        (FAILED_PLAINLY % {"id": OURS}, "failed", "This message was created automatically"),
        (READ % {"id": OURS}, "read", ""),
    ],
)
def test_reports_are_about_the_mail_they_name(raw, state, words) -> None:
    [status] = incoming.came(raw.encode(), CONFIG)
    assert isinstance(status, Status)
    assert (status.external_id, status.state) == (OURS, state)
    assert words in status.problem


def test_reports_about_others_and_about_delays_say_nothing() -> None:
    for raw in (
        FAILED % {"action": "delayed", "id": OURS},
        FAILED % {"action": "failed", "id": "<a@b>"},
        FAILED_PLAINLY % {"id": ""},
    ):
        assert incoming.came(raw.encode(), CONFIG) == []


DEEP = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
HOSTILE = {
    "deep": mail("MIME-Version: 1.0", "").replace(b"\r\n\r\n", b"\r\n") + "".join(DEEP.format(n) for n in range(5_000)).encode(),
    "many parts": multipart("mixed", *["Content-Type: text/plain\n\nx"] * 50_000),
    "mails in mails": mail("Content-Type: message/rfc822", "Content-Type: message/rfc822\n\n" * 3_000),
    "a header of megabytes": mail("Content-Type: text/plain; a=" + '";' * 1_000_000),
    "many headers": mail("\n".join(["X-A: b"] * 200_000)),
    "a million recipients": mail(f"Cc: {'a@b.example, ' * 300_000}"),
    "nested comments": mail(head=f"From: {'(' * 500_000}\r\n"),
    "encoded words": mail(subject="=?utf-8?q?" * 100_000),
    "references": mail(f"References: {'<a' * 200_000}"),
    "short lines": multipart("mixed", "Content-Type: text/plain\n\n" + "\n" * 3_000_000),
    "boundaries in boundaries": multipart("mixed", *[DEEP.format("") + "--=_b" for _ in range(3_000)]),
    "page": mail("Content-Type: text/html", "<div>" * 200_000),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_mails_made_to_do_harm_end_soon(raw) -> None:
    started = time.process_time()
    for look in (incoming.envelope, incoming.came):
        try:
            look(raw, CONFIG)
        except PayloadInvalid as error:
            assert str(error).startswith("This e-mail")  # noqa: PT017  (either is right)
    assert time.process_time() - started < 6


@given(
    st.binary(max_size=400), st.sampled_from(["mixed", "alternative", "report; report-type=delivery-status", "related", "signed"])
)
def test_no_bytes_break_it(noise, kind) -> None:
    """Either a message, nothing, or a sentence."""
    for raw in (
        noise,
        mail() + noise,
        mail(f"Content-Type: multipart/{kind}; boundary==_b", "--=_b\n") + noise,
        multipart(kind, PLAIN) + noise,
    ):
        try:
            incoming.envelope(raw, CONFIG)
            for came in incoming.came(raw, CONFIG):
                assert isinstance(came, Inbound | Status)
        except PayloadInvalid:
            pass


def test_settings_that_cannot_work_are_refused_where_they_are() -> None:
    for values, field in (
        ({"provider": "other"}, "incoming"),
        ({"provider": "other", "incoming": "a.example:993"}, "outgoing"),
        ({"provider": "other", "incoming": "a.example", "outgoing": "b.example:1"}, "incoming"),
        ({"address": "nobody"}, "address"),
    ):
        with pytest.raises(ValidationError) as refused:
            EmailConfig.model_validate({"address": "a@b.example", "provider": "gmail", "password": "x", **values})
        assert refused.value.errors()[0]["loc"] == (field,)
    assert CONFIG.login == ("desk@qamar.example", "abcdefghijklmnop")
    assert [server.where for server in CONFIG.servers] == ["imap.gmail.com:993", "smtp.gmail.com:465"]


def test_it_asks_for_the_servers_that_it_knows() -> None:
    asks = plugin.manifest().permissions
    assert "imap.gmail.com:993" in asks.hosts and asks.servers
