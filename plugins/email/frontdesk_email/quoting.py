"""What somebody wrote, without what they answer and without their signature.

Line by line, in one pass: libraries for this go by expressions over the whole text, and a few KB made for that keep one busy for
minutes. When in doubt a line stays: a quote too many is harmless, a lost sentence is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LONGEST = 50_000
LONGEST_LINE = 600
# The longest introduction of a quote that mail programs break over lines.
INTRODUCTION_LINES = 4
# How each language says "wrote", as mail programs put it above or below a quote. Compared in lower case.
WROTE = (
    "wrote", "writes", "schrieb", "a écrit", "écrit", "escribió", "escribio", "ha scritto", "scritto", "escreveu", "schreef",
    "skrev", "kirjoitti", "napisał", "napisał(a)", "napisal", "napsal", "napsal(a)", "napísal", "írta", "a scris", "написал",
    "написала", "пишет", "написав", "έγραψε", "yazdı", "şunları yazdı", "كتب", "كتبت", "כתב", "כתבה", "のメッセージ", "写道",
    "寫道", "님이 작성", "đã viết", "menulis",
)  # fmt: skip
BEFORE_DATES = (
    "am ",
    "op ",
    "den ",
    "på ",
    "le ",
    "el ",
    "il ",
    "em ",
    "on ",
    "dnia ",
    "w dniu ",
    "в ",
    "في ",
    "بتاريخ ",
    "pada ",
)
DATED = re.compile(r"\d{1,4}")
# "-----Original Message-----", a row of underscores above Outlook's block of headers, and what Gmail puts above a forwarded mail.
ORIGINAL = re.compile(
    r"[-_ ]{2,}\s*(original message|original appointment|ursprüngliche nachricht|originalnachricht|message d'origine"
    r"|message original|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|ursprungligt meddelande"
    r"|oprindelig meddelelse|opprinnelig melding|wiadomość oryginalna|původní zpráva|исходное сообщение|orijinal mesaj"
    r"|الرسالة الأصلية|رسالة أصلية|原始邮件|元のメッセージ)\s*[-_ ]{0,}",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"([-_ ]{2,}\s*)?(forwarded message|begin forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten nachricht"
    r"|message transféré|début du message transféré|mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato"
    r"|mensagem encaminhada|doorgestuurd bericht|vidarebefordrat meddelande|переадресованное сообщение"
    r"|رسالة مُعاد توجيهها|الرسالة المعاد توجيهها|转发的邮件)\s*:?\s*[-_ ]{0,}",
    re.IGNORECASE,
)
# The first and the following lines of Outlook's block: "From: … Sent: … To: … Subject: …".
FROM = re.compile(r"\*?(from|von|de|da|van|från|fra|od|от|kimden|من|发件人|寄件者|差出人)\*?\s*[:：]\*?\s*\S", re.IGNORECASE)  # noqa: RUF001
HEADER = re.compile(
    r"\*?(sent|date|gesendet|datum|envoyé|enviado( el)?|fecha|data|inviato|verzonden|skickat|sendt|dato|wysłano|отправлено|дата"
    r"|gönderilme|تاريخ الإرسال|تم الإرسال|التاريخ|发送时间|寄件日期|送信日時|to|an|à|para|a|aan|till|til|do|кому|kime|إلى|收件人"
    r"|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|temat|тема|konu|الموضوع|主题|件名|cc)\*?\s*[:：]\*?",  # noqa: RUF001
    re.IGNORECASE,
)
RULE = re.compile(r"[_—-]{10,}")
# What phones and some programs put under a mail: so it begins, and this it names. Compared in lower case.
SENT_FROM = (
    "sent from ", "sent via ", "sent with ", "get outlook ", "von meinem ", "gesendet von ", "gesendet mit ",
    "envoyé de ", "envoyé depuis ", "envoyé à partir ", "enviado desde ", "obtener outlook ", "inviato da ", "enviado do ",
    "enviado de ", "verzonden vanaf ", "verstuurd vanaf ", "skickat från ", "sendt fra ", "wysłane z ", "отправлено с ",
    "отправлено из ", "أرسلت من ", "أُرسلت من ", "مُرسل من ", "تم الإرسال من ", "iphoneから", "发自我的", "從我的",
)  # fmt: skip
DEVICES = re.compile(
    r"iphone|ipad|ipod|android|galaxy|samsung|huawei|xiaomi|pixel|blackberry|windows|outlook|yahoo|proton|gmx|web\.de|mail[ .]app"
    r"|smartphone|handy\b|mobil|móvil|cellul|téléphone|telefon|celular|mail für|mail for|آيفون|الآيفون|هاتف|جوال|手机|手機",
)
ENDING_LINES = 12


def own_words(text: str) -> str:
    """What was written, without quotes and signature; all of it when nothing else would be left, or when it is forwarded."""
    lines = [line.rstrip() for line in text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = _without_signature(_without_quotes(lines))
    return _tidy(kept) or _tidy(line.lstrip("> ") for line in lines)


def _without_quotes(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if FORWARDED.fullmatch(line[:LONGEST_LINE]):
            return [*kept, *(each.lstrip("> ") for each in lines[at:])]
        if ORIGINAL.fullmatch(line[:LONGEST_LINE]) or _is_header_block(lines, at):
            break
        if length := _introduction(lines, at):
            at += length
            if not _is_quoted(lines, at):
                break
            continue
        if not line.startswith(">"):
            kept.append(lines[at])
        at += 1
    if kept and RULE.fullmatch(next((line.strip() for line in reversed(kept) if line.strip()), "")):
        kept = kept[: max(at for at, line in enumerate(kept) if line.strip())]
    return kept


def _introduction(lines: Sequence[str], at: int) -> int:
    """How many lines introduce a quote here ("On Monday, … wrote:"); 0 when none does."""
    said = ""
    for length in range(1, INTRODUCTION_LINES + 1):
        if at + length > len(lines):
            return 0
        line = lines[at + length - 1].strip().lower()
        if not line or len(said) + len(line) > LONGEST_LINE or (line.startswith(">") and length == 1):
            return 0
        said = f"{said} {line.lstrip('> ')}".strip()
        if said.endswith((":", "：")):  # noqa: RUF001
            return length if _introduces(said.rstrip(":： ")) else 0  # noqa: RUF001
    return 0


def _introduces(said: str) -> bool:
    """Whether a line says who wrote when: a date or an address, and a word for "wrote" at its end or near its beginning."""
    dated = DATED.search(said) is not None or "@" in said
    if not dated:
        return False
    if said.endswith((*WROTE, ">")) and (said[-1] != ">" or "@" in said):  # "3 мая 2026 г., Anna <a@b.de>:", in any language
        return True
    # "Am 3.5. um 10:00 schrieb Anna Berg <a@b.de>:", "في 3 مايو كتب فلان:", "På tors 3 maj skrev Eva"
    return said.startswith(BEFORE_DATES) and any(f" {word} " in said for word in WROTE)


def _is_quoted(lines: Sequence[str], at: int) -> bool:
    """Whether the next line that says something is marked as a quote; then more of the writer's own may follow it."""
    return next((line.lstrip().startswith(">") for line in lines[at:] if line.strip()), False)


def _is_header_block(lines: Sequence[str], at: int) -> bool:
    """Outlook quotes without marks, below a copy of the mail's headers."""
    if not FROM.match(lines[at].strip()[:LONGEST_LINE]):
        return False
    following = [line.strip()[:LONGEST_LINE] for line in lines[at + 1 : at + 8] if line.strip()][:4]
    return sum(HEADER.match(line) is not None for line in following) >= 2


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at the "-- " of RFC 3676 and at what phones add near the end, when something stands before it."""
    first = next((at for at, line in enumerate(lines) if line.strip() and not _is_dashes(line)), len(lines))
    end = next((at for at in range(first, len(lines)) if _is_dashes(lines[at])), len(lines))
    for at in range(max(first, end - ENDING_LINES), end):
        bare = lines[at].strip().lower()
        if len(bare) < 80 and bare.startswith(SENT_FROM) and DEVICES.search(bare):
            return lines[:at]
    return lines[:end]


def _is_dashes(line: str) -> bool:
    return line.strip() in ("--", "—")


def _tidy(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
