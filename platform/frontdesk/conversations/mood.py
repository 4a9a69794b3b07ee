"""Whether a customer sounds upset, by words, capitals and exclamation marks. No model is asked; a cautious guess."""

from __future__ import annotations

import re
from functools import lru_cache

from .asking import plain

# At this many points somebody is upset.
UPSET = 2
# So much of a message, in letters and in capitals, is shouting.
SHOUT_LETTERS = 12
SHOUT_SHARE = 0.8
READ = 2_000

# Two points each: nobody says this in a good mood. English, German, French, Spanish, Italian, Portuguese, Dutch, Turkish, Polish,
# Russian, Arabic, as `asking.plain` writes them.
STRONG = (
    r"(?:this|that|it)(?:'s| is) (?:outrageous|unacceptable|disgusting|a disgrace|a joke|a scam)|totally unacceptable|"
    r"worst \w+ ever|i(?:'m| am) (?:furious|fed up|so angry|very angry|sick of|livid)|"
    r"(?:waste|wasting) (?:of )?(?:my )?time|fuck\w*|bullshit|"
    r"(?:you are|you're|you) (?:useless|stupid|an idiot|idiots|liars|thieves|incompetent|scammers)|"
    r"piece of (?:shit|crap|junk)|i(?:'ll| will) sue|report you|rip(?:ped)? ?off|scammers?|"
    r"never (?:again|buying|coming back)|unverschamt\w*|frechheit|"
    r"(?:das|es) ist (?:eine )?(?:zumutung|katastrophe|lacherlich|inakzeptabel)|saftladen|scheiss\w*|"
    r"(?:bin|werde) (?:stink)?(?:sauer|wutend|stocksauer)|betrug|betruger|nie wieder|"
    r"(?:mir )?reicht(?:'s| es)|inadmissible|scandaleux|honteux|inacceptable|arnaque\w*|merde|j'en ai marre|"
    r"ras[- ]le[- ]bol|inaceptable|estoy (?:hart[oa]|furios[oa]|muy enfadad[oa]|indignad[oa])|"
    r"una (?:verguenza|estafa)|estafador\w*|mierda|inaccettabile|sono (?:furios[oa]|stuf[oa]|arrabbiat[oa])|vergogn\w+|"
    r"una truffa|che schifo|merda|inaceitavel|estou (?:furios[oa]|fart[oa]|indignad[oa])|uma vergonha|um absurdo|"
    r"onacceptabel|belachelijk|schandalig|ik ben (?:boos|woedend|het zat)|"
    r"oplichter\w*|oplichting|rezalet|kabul edilemez|dolandirici\w*|biktim|cok sinirliyim|skandal|"
    r"oszust\w*|oszukali\w*|mam (?:tego )?dosc|jestem wsciek\w+|безобразие|возмут\w+|мошенник\w*|обман\w*|"
    r"надоел\w*|ужасн\w+ (?:сервис|обслуживание)|в суд|غير مقبول\w*|نصاب\w*|نصب|احتيال|غاضب\w*|زعلان\w*|معصب\w*|"
    r"فضيحه|مهزله|اسوا (?:خدمه|تجربه)"
)
# One point each.
MILD = (
    r"terrible|horrible|awful|ridiculous|pathetic|disappoint\w*|annoy\w*|frustrat\w*|angry|useless|nonsense|shame|"
    r"seriously|still (?:not|no|waiting)|third time|how many times|complain\w*|complaint|wtf|schlecht\w*|furchtbar\w*|"
    r"schlimm\w*|enttausch\w*|argerlich|verarger\w*|nervt|immer noch|beschwer\w*|nul(?:le)?|terrible\w*|decu\w*|enerv\w*|"
    r"toujours (?:pas|rien)|plainte|horrible\w*|ridicule|pesim[oa]|decepcion\w*|todavia (?:no|nada)|queja\w*|ridicul[oa]|"
    r"fatal|pessim[oa]|delus[oa]\w*|ancora (?:niente|nulla)|reclamo|ridicol[oa]|decepcionad[oa]|ainda nao|reclam\w+|"
    r"slecht\w*|teleurgesteld|nog steeds|klacht\w*|berbat|hala|sikayet\w*|fatalna|fatalny|okropn\w+|nadal nie|ужасн\w*|"
    r"отвратительн\w*|плох\w*|жалоб\w*|до сих пор|سيء\w*|سيي\w*|شكوي|مخيب\w*|للان|حتي الان"
)
LOUD = re.compile(r"!{2,}|\?!|!\?|\?{3,}")


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(rf"\b(?:{STRONG})\b"), re.compile(rf"\b(?:{MILD})\b")


def is_upset(text: str) -> bool:
    """Whether whoever wrote this sounds angry."""
    return points(text[:READ]) >= UPSET


def points(text: str) -> int:
    """Two for each strong word, one for each mild one, one for shouting and one for marks."""
    said, (strong, mild) = plain(text), _patterns()
    loud = bool(LOUD.search(text)) + _shouts(text)
    return 2 * len(set(strong.findall(said))) + len(set(mild.findall(said))) + loud


def _shouts(text: str) -> bool:
    letters = [each for each in text if each.isalpha() and each.lower() != each.upper()]
    return len(letters) >= SHOUT_LETTERS and sum(each.isupper() for each in letters) / len(letters) >= SHOUT_SHARE
