"""What is read from each kind of file, and what an owner reads when one cannot be."""

from __future__ import annotations

import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from frontdesk_more_files import books
from frontdesk_more_files.books import Epub
from frontdesk_more_files.mail import Mail
from frontdesk_more_files.subtitles import Subtitles

from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.testing.loader_contract import FileLoaderContract

MAIL = b"""From: Nour <nour@qamar.example>
To: team@qamar.example
Subject: =?utf-8?B?2YXZiNin2LnZitiv?=
Date: Tue, 03 Feb 2026 10:00:00 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

We close at six on Fridays.

> old words
Yours, Nour
"""
SRT = b"""1
00:00:01,000 --> 00:00:03,000
Welcome to <i>Qamar</i>.

2
00:02:10,500 --> 00:02:12,000
We roast on Mondays.
"""
VTT = b"WEBVTT\n\nNOTE a comment\n\n00:05.000 --> 00:07.000 align:start\nHello there.\n\n00:07.000 --> 00:09.000\nHello there.\n"
CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>House book</dc:title></metadata>
<manifest><item id="b" href="two.xhtml"/><item id="a" href="one%20page.xhtml"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
PAGES = {
    "OPS/one page.xhtml": "<html><head><title>x</title></head>"
    "<body><h1>Beans</h1><p>From <b>Sidamo</b>.</p><script>bad()</script></body></html>",
    "OPS/two.xhtml": "<html><body><h1>Milk</h1><ul><li>Oat</li><li>Whole</li></ul></body></html>",
}


def epub(**changed: str) -> bytes:
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": PACKAGE,
        **PAGES,
        **changed,
    }
    data = io.BytesIO()
    with ZipFile(data, "w") as book:
        for name, text in members.items():
            book.writestr(name, text)
    return data.getvalue()


@pytest.fixture
def read(tmp_path) -> Callable[..., list[tuple[str, str, str]]]:
    def blocks(loader, data) -> list[tuple[str, str, str]]:
        path = tmp_path / "file"
        path.write_bytes(data)
        return [(block.kind, block.text, block.place) for block in loader().read(path)]

    return blocks


def test_a_mail_has_its_subject_its_people_and_no_quoted_words(read) -> None:
    assert [text for _kind, text, _place in read(Mail, MAIL)] == [
        "مواعيد",
        "From: Nour <nour@qamar.example>\nTo: team@qamar.example\nDate: Tue, 03 Feb 2026 10:00:00 +0200",
        "We close at six on Fridays.",
        "Yours, Nour",
    ]


def test_a_mail_in_html_is_read_as_paragraphs(read) -> None:
    data = MAIL.replace(b"text/plain", b"text/html").split(b"\n\n")[0] + b"\n\n<p>One</p><p>Two &amp; more</p>"
    assert [text for _kind, text, _place in read(Mail, data)][2:] == ["One", "Two & more"]


def test_a_mail_of_attachments_only_says_what_to_do(read) -> None:
    data = b"From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: application/pdf\n\n%PDF"
    with pytest.raises(LoaderError, match="save them and upload those"):
        read(Mail, data)


def test_subtitles_say_the_minute(read) -> None:
    assert read(Subtitles, SRT) == [("paragraph", "Welcome to Qamar. We roast on Mondays.", "minute 1")]
    long = SRT.replace(b"Welcome", b"Welcome " + b"and welcome " * 50)
    assert [place for _kind, _text, place in read(Subtitles, long)] == ["minute 1", "minute 3"]


def test_subtitles_of_the_web_without_their_notes_and_repeated_lines(read) -> None:
    assert read(Subtitles, VTT) == [("paragraph", "Hello there.", "minute 1")]


def test_a_book_in_the_order_of_its_spine(read) -> None:
    assert [(kind, text) for kind, text, _place in read(Epub, epub())] == [
        ("heading", "House book"),
        ("heading", "Beans"),
        ("paragraph", "From Sidamo."),
        ("heading", "Milk"),
        ("item", "Oat"),
        ("item", "Whole"),
    ]


def test_a_protected_book_is_said_to_be(read) -> None:
    with pytest.raises(LoaderError, match="protected"):
        read(Epub, epub(**{"META-INF/encryption.xml": "<x/>"}))


def test_a_book_that_swells_is_stopped(read, monkeypatch) -> None:
    monkeypatch.setattr(books, "MOST_BYTES", 100_000)
    with pytest.raises(LoaderError, match="too large"):
        read(Epub, epub(**{"OPS/two.xhtml": "<p>" + "x" * 200_000 + "</p>"}))


def test_entities_of_a_book_reach_no_file(read) -> None:
    evil = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PACKAGE.replace("House book", "&x;House")
    assert "root:" not in str(read(Epub, epub(**{"OPS/book.opf": evil})))


class TestContract(FileLoaderContract):
    good = {Mail: ("offer.eml", MAIL), Subtitles: ("film.srt", SRT), Epub: ("book.epub", epub())}
