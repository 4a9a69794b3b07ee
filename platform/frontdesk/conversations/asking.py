"""Whether a customer asks for a person, in the languages that customers write. No model is asked: this must always work.

Two ways of asking are known in each language: a word of talking near any word for a person ("can I speak to somebody"), and a
word of wanting near one that means nothing but a person ("I need a human"). A word for a person may also be all that is said.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Who asks says so in few words; a long story holds all of these words by chance.
LONGEST = 400
NEAR = r"[^.!?;\n。！？]{0,40}?"
ALONE = 4
LETTERS = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ة": "ه", "ى": "ي", "ـ": "", "’": "'", "`": "'"})


def plain(text: str) -> str:
    """In small letters without accents, so that "Möchte", "mochte" and "MÖCHTE" are one."""
    taken_apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(each for each in taken_apart if unicodedata.category(each) != "Mn")
    return " ".join(kept.translate(LETTERS).split())


@dataclass(frozen=True, slots=True)
class Words:
    """Regular expressions. `people` may be anybody, `surely` is a person who works there; `machines` are what is not wanted."""

    talk: str
    people: str
    want: str
    surely: str
    machines: str
    refuse: str
    not_wanted: str


LANGUAGES = {
    "en": Words(
        talk=r"talk\w*|speak\w*|chat|connect\w*|transfer (?:me|this|us)|transferred|forward|put me|pass me|hand me|"
        r"reach|get hold of",
        people=r"human\w*|person|someone|somebody|agent|representative|rep|operator|adviser|advisor|staff|employee|"
        r"colleague|manager|"
        r"supervisor|owner|your boss|people|customer (?:service|support|care)|support team",
        want=r"want|need|get me|give me|would like|i'd like|let me have|is there|send me|can i have|call",
        surely=r"humans?(?! resources)|human being|real (?:person|human|people)|live (?:person|agent|chat|support)|"
        r"actual (?:person|human)|human agent|"
        r"customer (?:service|support) (?:agent|rep\w*)|someone real|real agent",
        machines=r"bots?|robots?|chatbots?|machine|computer|ai",
        refuse=r"don't|do not|stop|no more|hate|tired of",
        not_wanted=r"don't (?:want|need|have)|do not (?:want|need|have)|no need|without|never|rather not|instead of|"
        r"not necessary",
    ),
    "de": Words(
        talk=r"sprechen|sprich|reden|rede|schreiben|chatten|verbind\w*|weiterleiten|durchstellen|stell\w* mich durch|"
        r"kontakt\w*|erreiche\w*",
        people=r"mensch\w*|person\w*|mitarbeiter\w*|berater\w*|jemande?[mn]?|kolleg\w*|kundenservice|kundendienst|"
        r"support|chef\w*|"
        r"ansprechpartner\w*|inhaber\w*",
        want=r"will|mochte|moechte|brauche|gib\w*|gibt es|hatte gern|haette gern|bitte",
        surely=r"(?:echte?[nr]?|richtige?[nr]?|lebende?n?|wirkliche?[nr]?) (?:mensch\w*|person|mitarbeiter\w*)|einen menschen|"
        r"(?:einen|eine) mitarbeiter(?:in)?|kundenservice|kundendienst",
        machines=r"bots?|roboter|chatbot|maschine|computer|ki",
        refuse=r"nicht|keine?[nm]?|nie",
        not_wanted=r"nicht|keine?[nm]?|ohne|statt",
    ),
    "fr": Words(
        talk=r"parler|parle|discuter|echanger|joindre|contacter|mettre en (?:relation|contact)|transfer\w*|"
        r"passez[- ]moi|passe[- ]moi",
        people=r"humains?|personne|conseiller\w*|quelqu'un|agent|operateur|operatrice|responsable|service client\w*|"
        r"employe\w*|collegue|"
        r"gerant\w*|patron\w*",
        want=r"veux|voudrais|besoin|faut|donnez[- ]moi|puis-je avoir|aimerais",
        surely=r"(?:un|d'un|etre) humain|vraie personne|personne reelle|un conseiller|une conseillere|service client",
        machines=r"bots?|robots?|chatbot|machine|ordinateur|ia",
        refuse=r"pas|plus|arretez?",
        not_wanted=r"pas|sans|plutot que|inutile",
    ),
    "es": Words(
        talk=r"hablar|hablo|conversar|comunicar\w*|contactar|pas[ae]\w*|transf\w*|chatear|conecta\w*",
        people=r"persona|humano|agente|asesora?|alguien|operadora?|representante|encargad[oa]|gerente|"
        r"atencion al cliente|emplead[oa]|"
        r"jefe|dueno",
        want=r"quiero|necesito|dame|deme|quisiera|hay|me gustaria",
        surely=r"un humano|ser humano|persona (?:real|de verdad)|un asesor|una asesora|un operador|una operadora|agente humano",
        machines=r"bots?|robots?|chatbot|maquina|ordenador|computadora|ia",
        refuse=r"no|deja de",
        not_wanted=r"no (?:quiero|necesito|hace falta)|sin|en vez de",
    ),
    "it": Words(
        talk=r"parlare|parlo|comunicare|contattare|passar\w*|passami|mettermi in contatto|chattare|collega\w*",
        people=r"persona|umano|operator[ei]|operatrice|qualcuno|addett[oa]|responsabile|consulente|"
        r"assistenza(?: clienti)?|dipendente|titolare",
        want=r"voglio|vorrei|bisogno|mi serve|datemi|dammi|c'e",
        surely=r"un umano|essere umano|persona (?:reale|vera)|(?:un|una|di un|l')\s?operator[ei]\w*|operatrice",
        machines=r"bot|robot|chatbot|macchina|computer|ia",
        refuse=r"non|basta",
        not_wanted=r"non (?:voglio|serve|ho bisogno)|senza|invece di",
    ),
    "pt": Words(
        talk=r"falar|falo|conversar|contat\w*|contactar|transfer\w*|passar|passa|ligar",
        people=r"pessoa|humano|atendente|alguem|operadora?|representante|funcionari[oa]|gerente|colega|suporte|dono",
        want=r"quero|preciso|gostaria|queria|tem|me da",
        surely=r"um humano|ser humano|pessoa (?:real|de verdade)|um atendente|uma atendente|atendimento humano|"
        r"atendente humano",
        machines=r"bots?|robos?|chatbot|maquina|computador|ia",
        refuse=r"nao|chega de",
        not_wanted=r"nao (?:quero|preciso)|sem|em vez de",
    ),
    "nl": Words(
        talk=r"spreken|praten|praat|chatten|doorverbind\w*|verbind\w*|contact|bereiken",
        people=r"mens|persoon|medewerker\w*|iemand|collega|klantenservice|manager|eigenaar|baas",
        want=r"wil|graag|geef|nodig|is er|mag ik",
        surely=r"(?:echt|een|levend)e? mens|echte? (?:persoon|medewerker)|een medewerker",
        machines=r"bots?|robots?|chatbot|machine|computer|ai",
        refuse=r"niet|geen",
        not_wanted=r"niet|geen|zonder|in plaats van",
    ),
    "tr": Words(
        talk=r"konus\w*|gorus\w*|bagla\w*|yazis\w*|aktar\w*|ulas\w*",
        people=r"insan\w*|kisi\w*|yetkili\w*|temsilci\w*|operator\w*|biri\w*|calisan\w*|mudur\w*|musteri hizmet\w*",
        want=r"ist\w+|lazim|ihtiyac\w*|verin|var mi",
        surely=r"gercek (?:bir )?(?:insan|kisi)\w*|musteri (?:temsilci|hizmet)\w*|canli destek\w*|temsilci\w*",
        machines=r"bot\w*|robot\w*|makine\w*|yapay zeka\w*",
        refuse=r"istemiyorum|degil",
        not_wanted=r"konusmak istemiyorum|gerek yok|gorusmeden|konusmadan",
    ),
    "pl": Words(
        talk=r"\w*rozmawia\w*|polacz\w*|skontakt\w*|pogada\w*|przekier\w*|pisac",
        people=r"czlowiek\w*|osob\w*|konsultant\w*|pracownik\w*|kims|kogos|przedstawiciel\w*|obslug\w*|kierownik\w*|szef\w*",
        want=r"chc\w+|potrzebuje|prosze|dajcie|poprosze",
        surely=r"(?:zyw\w+|prawdziw\w+) (?:czlowiek\w*|osob\w*)|czlowiekiem|konsultant\w*",
        machines=r"bot\w*|robot\w*|maszyn\w*|komputer\w*",
        refuse=r"nie",
        not_wanted=r"nie (?:chce|potrzebuje|musze)|bez|zamiast",
    ),
    "ru": Words(
        talk=r"поговор\w*|говорить|соедин\w*|переключ\w*|связ\w*|позов\w*|перевед\w*|пообщ\w*",
        people=r"человек\w*|людьм\w*|оператор\w*|сотрудник\w*|менеджер\w*|консультант\w*|кем-нибудь|кем-то|"
        r"специалист\w*|начальник\w*",
        want=r"хочу|хотел\w*|нужен|нужна|даите|можно|есть",
        surely=r"жив\w+ (?:человек\w*|оператор\w*|сотрудник\w*)|оператор\w*|реальн\w+ человек\w*",
        machines=r"бот\w*|робот\w*|машин\w*|компьютер\w*",
        refuse=r"не",
        not_wanted=r"не (?:хочу|надо|нужно|нужен)|без|вместо",
    ),
    "uk": Words(
        talk=r"поговор\w*|розмовля\w*|з'єдн\w*|зв'яж\w*|зв'яз\w*|поклич\w*|переключ\w*",
        people=r"людин\w*|оператор\w*|менеджер\w*|працівник\w*|консультант\w*|кимось",
        want=r"хочу|хотів|хотіла|потріб\w*|можна|даите",
        surely=r"жив\w+ (?:людин\w*|оператор\w*)|оператор\w*|реальн\w+ людин\w*",
        machines=r"бот\w*|робот\w*|машин\w*",
        refuse=r"не",
        not_wanted=r"не (?:хочу|треба|потріб\w*)|без|замість",
    ),
    "ar": Words(
        talk=r"\w*تكلم\w*|\w*تحدث\w*|\w*الكلام|\w*احكي|\w*حول\w*ني|\w*تحويل\w*|\w*تواصل\w*|\w*كلم\w*|وصلني|\w*التكلم",
        people=r"\w{0,3}شخص\w{0,2}|\w{0,3}انسان\w{0,2}|\w{0,3}موظف\w{0,3}|\w{0,3}ممثل\w{0,2}|خدمه العملاء|\w{0,2}بشري|"
        r"احد\w{0,2}|"
        r"\w{0,3}مسءول\w{0,2}|\w{0,3}مسوول\w{0,2}|\w{0,3}مدير\w{0,2}|الدعم",
        want=r"اريد|ابغي|عايز\w*|عاوز\w*|ابي|بدي|محتاج\w*|احتاج|ممكن|اعطني|هل يوجد",
        surely=r"\w{0,3}موظف\w{0,3}|(?:شخص|انسان) حقيقي|خدمه العملاء|ممثل خدمه|\w{0,2}بشري",
        machines=r"\w{0,2}روبوت\w*|\w{0,2}بوت|\w{0,2}اله|ذكاء اصطناعي",
        refuse=r"لا|مش|مو|ليس",
        not_wanted=r"لا (?:اريد|احتاج|داعي)|بدون|بدلا من|مش (?:عايز|محتاج)\w*",
    ),
    "id": Words(
        talk=r"bicara|berbicara|ngobrol|hubung\w*|sambung\w*|ngomong",
        people=r"manusia|orang|petugas|cs|admin|operator|agen|customer service|staf|manajer|pemilik",
        want=r"mau|ingin|butuh|perlu|minta|ada",
        surely=r"manusia|orang (?:asli|beneran|sungguhan)|petugas|customer service",
        machines=r"bot|robot|mesin|komputer",
        refuse=r"tidak|nggak|gak|jangan",
        not_wanted=r"tidak (?:mau|perlu)|nggak (?:mau|perlu)|gak (?:mau|perlu)|tanpa",
    ),
}
# Where words are not set apart by spaces: what is said then, as it is.
WHOLE = (
    *(
        "人工客服",
        "转人工",
        "轉人工",
        "人工服务",
        "人工服務",
        "找人工",
        "要人工",
        "真人",
        "客服人员",
        "和人说话",
        "跟人说",
        "找客服",
    ),
    *("オペレーター", "担当者に", "担当者と", "人と話", "人間と話", "人間に", "スタッフと話", "スタッフに代", "有人対応"),
    *("상담원", "상담사", "사람과", "사람이랑", "직원과", "직원 연결", "사람 연결"),
    *("किसी इंसान से", "इंसान से बात", "व्यक्ति से बात", "एजेंट से बात", "किसी से बात"),
)
POLITE = (
    r"(?:a|an|the|please|pls|now|bitte|einen?|un|une|una|por favor|s'il vous plait|svp|per favore|alstublieft|lutfen|prosze|"
    r"пожалуиста|من فضلك|لو سمحت|tolong)"
)


@dataclass(frozen=True, slots=True)
class Patterns:
    asked: re.Pattern[str]
    alone: re.Pattern[str]
    tired_of_machines: re.Pattern[str]
    not_wanted: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> list[Patterns]:
    return [_compiled(words) for words in LANGUAGES.values()]


def _compiled(words: Words) -> Patterns:
    def either_way(one: str, other: str) -> str:
        return rf"\b(?:{one})\b{NEAR}\b(?:{other})\b|\b(?:{other})\b{NEAR}\b(?:{one})\b"

    asked = f"{either_way(words.talk, words.people)}|{either_way(words.want, words.surely)}"
    refused = (
        rf"\b(?:{words.refuse})\b{NEAR}\b(?:{words.talk}|{words.want})\b{NEAR}\b(?:{words.machines})\b|"
        rf"\b(?:{words.refuse})\b{NEAR}\b(?:{words.machines})\b{NEAR}\b(?:{words.talk})\b"
    )
    not_wanted = rf"\b(?:{words.not_wanted})\b[^.!?;]{{0,25}}$"
    alone = rf"(?:{POLITE} )*(?:{words.surely}|{words.people})(?: {POLITE})*[.!?\s]*"
    return Patterns(*map(re.compile, (asked, alone, refused, not_wanted)))


def asks_for_person(text: str) -> bool:
    """Whether these words ask for a person, in any of the languages known."""
    if len(text) > LONGEST:
        return False
    said = plain(text)
    if any(plain(each) in said for each in WHOLE):
        return True
    return any(_asks(said, patterns) for patterns in _patterns())


def _asks(said: str, patterns: Patterns) -> bool:
    if len(said.split()) <= ALONE and patterns.alone.fullmatch(said):
        return True
    if patterns.tired_of_machines.search(said):
        return True
    return any(not patterns.not_wanted.search(said[: found.start()] + _opening(found)) for found in patterns.asked.finditer(said))


def _opening(found: re.Match[str]) -> str:
    return found.group(0).split(" ")[0]
