"""Customers ask for a person and are upset in many languages; what only sounds like it is neither."""

from __future__ import annotations

import time

import pytest

from frontdesk.conversations.asking import asks_for_person
from frontdesk.conversations.mood import is_upset

ASKED = """
Can I talk to a human?
I want to speak with a real person
human please
agent
Representative!
please connect me to someone
I don't want to talk to a bot
I need a human
get me a real person now
why can't I talk to a person
Could you put me through? I'd like to speak to the manager
Kann ich mit einem Menschen sprechen?
Ich möchte mit einem Mitarbeiter sprechen
Ich moechte mit einem MITARBEITER sprechen
Ich will nicht mit einem Bot reden
MITARBEITER BITTE
Verbinden Sie mich bitte mit jemandem
Je voudrais parler à quelqu'un
je veux un humain
un conseiller svp
Puis-je parler à une vraie personne ?
Quiero hablar con una persona
necesito un agente humano
¿Puedo hablar con alguien?
Vorrei parlare con un operatore
operatore
Quero falar com um atendente
Ik wil graag iemand spreken
Bir temsilciyle görüşmek istiyorum
gerçek bir insanla konuşmak istiyorum
Chcę rozmawiać z człowiekiem
połącz mnie z konsultantem
Позовите оператора
хочу поговорить с человеком
Хочу поговорити з людиною
أريد التحدث مع شخص
ممكن أتكلم مع موظف؟
حولني إلى خدمة العملاء
موظف من فضلك
转人工
我要人工客服
オペレーターと話したいです
상담원 연결해 주세요
Saya mau bicara dengan manusia
मैं किसी इंसान से बात करना चाहता हूँ
"""
NOT_ASKED = """
When are you open?
How many people work there?
I want a cappuccino for one person
Can I book a table for 2 persons?
I don't want to talk to a person, just tell me the price
Without talking to anybody: how do I cancel?
I want to transfer my subscription to another person
I need support for my bike
Is the owner called Tom?
I would like to give my employee a gift card
Is there a human resources book?
I'm not sure I want this computer
What does AI cost?
The robot vacuum does not work
someone stole my bike
Hello
Kann ich für eine Person reservieren?
Ich möchte einen Tisch für vier Personen
Was kostet der Eintritt pro Person?
Ich brauche Hilfe mit meiner Maschine
une table pour une personne
je veux réserver pour deux personnes
Quiero una mesa para una persona
quero uma mesa para uma pessoa
vorrei un tavolo per una persona
Ik wil een tafel voor een persoon
bir kişi için masa
stolik dla jednej osoby
Сколько стоит на человека?
هل المقهى مفتوح اليوم؟
كم السعر للشخص الواحد؟
"""
UPSET = """
This is unacceptable!
I am still waiting, this is ridiculous
WHERE IS MY ORDER??? THIS IS TERRIBLE
worst service ever
you are useless
Das ist eine Frechheit
Ich warte immer noch, das nervt
je suis très déçu, c'est nul
estoy harta de esperar
Sono furiosa
это безобразие
غير مقبول أبدا
"""
CALM = """
Hello!
When are you open??
Are you still open?
THANK YOU SO MUCH
Great!!
OK!!! see you tomorrow
I was a bit disappointed by the tea
Is the weather terrible there?
I need an appointment with a lawyer
Meine Freundin war traurig
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("text", lines(ASKED))
def test_a_person_is_asked_for(text) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize("text", lines(NOT_ASKED))
def test_nobody_is_asked_for(text) -> None:
    assert not asks_for_person(text)


@pytest.mark.parametrize("text", lines(UPSET))
def test_somebody_is_upset(text) -> None:
    assert is_upset(text)


@pytest.mark.parametrize("text", lines(CALM))
def test_nobody_is_upset(text) -> None:
    assert not is_upset(text)


@pytest.mark.parametrize("text", ["talk " * 4_000, "to " * 6_000, "I want " * 2_000 + "human", "!" * 20_000, "a" * 20_000])
def test_a_long_text_takes_no_long_time(text) -> None:
    """A customer may write 20,000 characters; no pattern may look at them again and again."""
    began = time.process_time()
    asks_for_person(text)
    is_upset(text)
    asks_for_person(text[:400])
    assert time.process_time() - began < 1
