"""What mail programs of all kinds put around what somebody wrote, in the words of each."""

from __future__ import annotations

import time

import pytest
from frontdesk_email import pages
from frontdesk_email.quoting import own_words

WHO = "Café Qamar <desk@qamar.example>"
QUOTE = "> Dear Rana,\n> yes, we do.\n>\n> Café Qamar"

CUT = {
    "Gmail": f"Thanks!\n\nOn Sat, Nov 21, 2026 at 9:15 AM {WHO} wrote:\n\n{QUOTE}\n",
    "Gmail, broken line": f"Thanks!\n\nOn Sat, Nov 21, 2026 at 9:15 AM Café Qamar <\ndesk@qamar.example> wrote:\n\n{QUOTE}\n",
    "Gmail, with a comma": f"Thanks!\n\nOn Sat, 21 Nov 2026, 09:15 Café Qamar, <desk@qamar.example> wrote:\n{QUOTE}\n",
    "Gmail, German": f"Thanks!\n\nAm Sa., 21. Nov. 2026 um 09:15 Uhr schrieb Café Qamar <\ndesk@qamar.example>:\n\n{QUOTE}\n",
    "Gmail, French": f"Thanks!\n\nLe sam. 21 nov. 2026 à 09:15, {WHO} a écrit :\n\n{QUOTE}\n",
    "Gmail, Spanish": f"Thanks!\n\nEl sáb, 21 nov 2026 a las 9:15, Café Qamar (<desk@qamar.example>) escribió:\n\n{QUOTE}\n",
    "Gmail, Italian": f"Thanks!\n\nIl giorno sab 21 nov 2026 alle ore 09:15 Café Qamar <\na@b.example> ha scritto:\n{QUOTE}",
    "Gmail, Portuguese": f"Thanks!\n\nEm sáb., 21 de nov. de 2026 às 09:15, {WHO} escreveu:\n\n{QUOTE}",
    "Gmail, Dutch": f"Thanks!\n\nOp za 21 nov 2026 om 09:15 schreef {WHO}:\n\n{QUOTE}\n",
    "Gmail, Polish": f"Thanks!\n\nsob., 21 lis 2026 o 09:15 {WHO} napisał(a):\n\n{QUOTE}\n",
    "Gmail, Russian": f"Thanks!\n\nсб, 21 нояб. 2026 г. в 09:15, {WHO}:\n\n{QUOTE}\n",
    "Gmail, Arabic": f"Thanks!\n\nفي السبت، 21 نوفمبر 2026 في 9:15 ص تمت كتابة ما يلي بواسطة {WHO}:\n{QUOTE}",
    "Apple Mail": f"Thanks!\n\n> On 21. Nov 2026, at 09:15, {WHO} wrote:\n> \n{QUOTE}\n",
    "Apple Mail, German": f"Thanks!\n\n> Am 21.11.2026 um 09:15 schrieb {WHO}:\n> \n{QUOTE}\n",
    "Apple Mail, Arabic": f"Thanks!\n\nفي ٢١ نوفمبر ٢٠٢٦، الساعة ٩:١٥ ص، كتب {WHO}:\n\n{QUOTE}\n",
    "iPhone": f"Thanks!\n\nSent from my iPhone\n\n> On 21 Nov 2026, at 09:15, {WHO} wrote:\n> \n{QUOTE}\n",
    "iPhone, German": "Thanks!\n\nVon meinem iPhone gesendet\n",
    "iPhone, French": f"Thanks!\n\nEnvoyé de mon iPhone\n\n> Le 21 nov. 2026 à 09:15, {WHO} a écrit :\n{QUOTE}",
    "iPhone, Arabic": "Thanks!\n\nأُرسلت من الـ iPhone",
    "Android": "Thanks!\n\nGesendet von meinem Samsung Galaxy Smartphone.",
    "Outlook for iOS": "Thanks!\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n__________\nFrom: Café Qamar "
    "<desk@qamar.example>\nSent: Saturday, November 21, 2026 9:15:00 AM\nTo: Rana\nSubject: Re: Milk\n\nYes, we do.",
    "Outlook": f"Thanks!\n\nFrom: {WHO}\nSent: Saturday, November 21, 2026 9:15 AM\nTo: Rana Haddad "
    "<rana@post.example>\nSubject: Re: Milk\n\nDear Rana,\n\nyes, we do.",
    "Outlook, old": "Thanks!\n\n-----Original Message-----\nFrom: Café Qamar [mailto:a@b.example]\nSent: x\nTo: R\n\nYes.",
    "Outlook, German": f"Thanks!\n\nVon: {WHO}\nGesendet: Samstag, 21. November 2026 09:15\nAn: Rana\nBetreff: AW: Milch\n\nJa.",
    "Outlook, French": f"Thanks!\n\nDe : {WHO}\nEnvoyé : samedi 21 novembre 2026 09:15\nÀ : Rana\nObjet : RE: Lait\n\nOui.",
    "Outlook, Arabic": f"Thanks!\n\nمن: {WHO}\nتم الإرسال: السبت\nإلى: رنا\nالموضوع: رد: حليب\n\nنعم.",
    "Thunderbird": f"Thanks!\n\nOn 11/21/26 09:15, Café Qamar wrote:\n{QUOTE}\n",
    "Thunderbird, German": f"Thanks!\n\nAm 21.11.26 um 09:15 schrieb Café Qamar:\n{QUOTE}\n",
    "Thunderbird, Swedish": f"Thanks!\n\nDen 2026-11-21 kl. 09:15, skrev Café Qamar:\n{QUOTE}\n",
    "Yahoo": f"Thanks!\n\nOn Saturday, November 21, 2026 at 09:15:00 AM GMT+2, {WHO} wrote:  \n \n Yes, we do.",
    "Signature": "Thanks!\n\n-- \nRana Haddad\nHead of Tea\n+961 70 000 000",
    "Proton": f"Thanks!\n\nSent with Proton Mail secure email.\n\nOn Saturday, November 21st, C <a@b.example> wrote:\n\n{QUOTE}",
}


@pytest.mark.parametrize("text", CUT.values(), ids=CUT.keys())
def test_quotes_and_signatures_are_left_out(text) -> None:
    assert own_words(text) == "Thanks!"
    assert own_words(text.replace("\n", "\r\n")) == "Thanks!"


STAYS = [
    "On Monday I wrote:\nplease bring 3 cakes",
    "I have three questions:\n1. Is it open on 24 December?\n2. From: where do you deliver?\n3. Do you take cards?",
    "My table was booked on 21 November at 9:15.\nYour colleague wrote that it is free: is it?",
    "From: Beirut\nI would like to order to Tyre.",
    "Von meinem Konto wurde zweimal abgebucht.",
    "Sent from the shop was only one of two parcels.",
    "The code is\n\n---\n\nabc",
    "--\nonly a line above",
    "Preise:\n- Kaffee: 3\n- Tee: 2",
    "مرحبا،\nهل لديكم حليب الشوفان؟",
]


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_a_quote_stays(text) -> None:
    assert own_words(text) == text


def test_answers_between_the_quoted_lines_stay() -> None:
    text = (
        "See below.\n\nOn 11/21/26 09:15, Café Qamar wrote:\n> Do you want oat milk?\n\nYes please.\n\n"
        "> And for how many?\n\nFor four.\n"
    )
    assert own_words(text) == "See below.\n\nYes please.\n\nFor four."


def test_a_forwarded_mail_stays_whole() -> None:
    text = (
        "What do you say?\n\n---------- Forwarded message ---------\nFrom: Ali <ali@x.example>\nDate: Sat, Nov 21, 2026\n"
        "Subject: Offer\nTo: Rana\n\nTwo for one."
    )
    assert own_words(text) == text


def test_a_mail_that_is_nothing_but_a_quote_is_not_empty() -> None:
    assert own_words("> Do you have oat milk?\n> Rana") == "Do you have oat milk?\nRana"
    assert "Two for one" in own_words("From: Ali <a@x.example>\nSent: Saturday\nTo: Rana\nSubject: Offer\n\nTwo for one.")


HOSTILE = {
    "empty lines": "\n" * 60_000 + "x",
    "introductions": "On Monday 3 x wrote:\n" * 5_000,
    "words": "On 3 wrote " * 10_000,
    "dashes": "--\n" * 20_000,
    "one line": "-" * 60_000,
    "spaces": " " * 60_000 + ":",
    "headers": "From: a\n" * 8_000,
    "phones": "Sent from my iPhone\n" * 4_000,
    "marks": ">" * 60_000,
    "underscores": ("_ " * 300 + "\n") * 100,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_keeps_it_busy(text) -> None:
    """Libraries for this take minutes for some of these."""
    started = time.process_time()
    own_words(text)
    assert time.process_time() - started < 2


PAGES = {
    "Gmail": '<div dir="ltr">Thanks!</div><br><div class="gmail_quote"><div class="gmail_attr">On Sat, Café wrote:<br></div>'
    '<blockquote class="gmail_quote">Yes.</blockquote></div>',
    "Outlook": '<div>Thanks!</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Café<br></div>'
    "<div>Yes, we do.</div>",
    "Apple": '<body>Thanks!<br><blockquote type="cite"><div>On 21 Nov 2026, Café wrote:</div>Yes.</blockquote></body>',
    "Thunderbird": '<p>Thanks!</p><div class="moz-cite-prefix">On 11/21/26:</div><blockquote cite="mid:x">Y</blockquote>',
    "Yahoo": '<div>Thanks!</div><div class="yahoo_quoted">On Saturday, Café wrote: Yes.</div>',
    "hidden": '<div style="display:none; max-height:0">preheader that nobody sees</div><p>Thanks!</p><script>alert(1)</script>'
    "<style>p{color:red}</style>",
    "signature": '<div>Thanks!</div><div class="gmail_signature">Rana</div>',
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES.keys())
def test_pages_without_their_quotes(html) -> None:
    assert own_words(pages.said(html, forwarded=False)) == "Thanks!"


def test_pages_keep_paragraphs_links_and_what_is_forwarded() -> None:
    assert (
        pages.said("<p>One</p><p>Two &amp; <b>three</b></p><ul><li>four</li></ul>", forwarded=False) == "One\nTwo & three\n- four"
    )
    quoted = '<div class="gmail_quote">Two for one.</div>'
    assert pages.said(quoted, forwarded=False) == "Two for one."
    assert pages.said(f"<p>Look:</p>{quoted}", forwarded=True) == "Look:\nTwo for one."


@pytest.mark.parametrize("html", ["", "<", "<div>" * 50_000, "\x00", "<p>x" * 30_000, "&" * 100_000])
def test_pages_that_are_none(html) -> None:
    assert isinstance(pages.said(html, forwarded=False), str)
    assert pages.shown_inside(html) == set()
