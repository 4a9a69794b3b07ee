"""One class a check. Each says None for `passed` where it has nothing to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex
from pydantic import BaseModel, Field

from frontdesk.sdk.context import Context
from frontdesk.sdk.evaluators import Evaluator, Exchange, Verdict

from .words import phrase

MARK = regex.compile(r"\[\d{1,3}\]")
FIGURE = regex.compile(r"\p{N}+(?:[.,:٫٬’'\u00a0\u202f]\p{N}+)*")
SEPARATORS = regex.compile(r"[.,٫٬’'\u00a0\u202f]")
ADDRESS = regex.compile(r"(?:https?://|www\.)[^\s<>()\"']+|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
TRAILING = ".,;:!?)]}»”"
SCRIPTS = ("Latin", "Arabic", "Hebrew", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Thai", "Devanagari")
IN_SCRIPT = {script: regex.compile(rf"\p{{Script={script}}}") for script in SCRIPTS}
EAST = {"Hiragana": "Han", "Katakana": "Han"}


def figures(text: str) -> list[str]:
    """The numbers of a text, written in one way: western digits, without separators of thousands or decimals."""
    return [plain(found) for found in FIGURE.findall(MARK.sub(" ", text))]


def plain(figure: str) -> str:
    digits = "".join(str(int(sign)) if sign.isdigit() else sign for sign in figure)
    digits = SEPARATORS.sub("", digits)
    return digits.lstrip("0") or "0"


def addresses(text: str) -> list[str]:
    """Web and e-mail addresses, without what follows them in a sentence."""
    return [found.rstrip(TRAILING).lower() for found in ADDRESS.findall(text)]


def script_of(text: str) -> str:
    """The script of most letters outside addresses; "" for a text without letters."""
    text = ADDRESS.sub(" ", text)
    counts = {name: len(pattern.findall(text)) for name, pattern in IN_SCRIPT.items()}
    best = max(counts, key=lambda name: counts[name])
    return EAST.get(best, best) if counts[best] else ""


def _known(exchange: Exchange) -> str:
    """All that an answer may take figures from."""
    return "\n".join(
        [exchange.question, exchange.expected, *(f"{passage.title} {passage.text}" for passage in exchange.passages)]
    )


def _stands(wanted: Iterable[str], known: Sequence[str], *, noun: str) -> Verdict:
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        return Verdict(1.0, None, f"There are no {noun} in the answer.")
    missing = [item for item in wanted if item not in set(known)]
    score = 1 - len(missing) / len(wanted)
    if missing:
        return Verdict(score, False, f"Not in your knowledge: {', '.join(missing[:5])}.")
    return Verdict(1.0, True, f"All {noun} stand in your knowledge.")


class FiguresStand(Evaluator):
    """Prices, dates and times that stand nowhere are made up, or worked out; either way somebody should look."""

    slug, label = "figures_stand", phrase("Figures stand in the knowledge")
    description = phrase("Every number in the answer also stands in a passage or in the question.")

    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        return _stands(figures(exchange.answer), figures(_known(exchange)), noun="figures")


class AddressesStand(Evaluator):
    """A made-up link is the mistake that costs an owner most."""

    slug, label = "addresses_stand", phrase("Addresses stand in the knowledge")
    description = phrase("Every web and e-mail address in the answer also stands in a passage or in the question.")

    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        known = addresses(_known(exchange)) + [passage.url.lower() for passage in exchange.passages if passage.url]
        return _stands(addresses(exchange.answer), known, noun="addresses")


class NamesItsSource(Evaluator):
    slug, label = "names_its_source", phrase("Names its source")
    description = phrase("An answer from your knowledge says which passage it comes from.")

    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        if not exchange.passages:
            return Verdict(1.0, None, "There were no passages to name.")
        if MARK.search(exchange.answer):
            return Verdict(1.0, True, "It names its source.")
        return Verdict(0.0, False, "It names no source.")


class SameScript(Evaluator):
    slug, label = "same_script", phrase("In the customer's script")
    description = phrase("A question in Arabic letters gets an answer in Arabic letters, and so on.")

    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        asked, said = script_of(exchange.question), script_of(exchange.answer)
        if not asked or not said:
            return Verdict(1.0, None, "There are no letters to compare.")
        if asked == said:
            return Verdict(1.0, True, f"Both are in {asked} letters.")
        return Verdict(0.0, False, f"The question is in {asked} letters, the answer in {said} ones.")


class Length(BaseModel):
    words: int = Field(120, ge=10, le=1000, title=phrase("At most so many words"))


class ShortEnough(Evaluator):
    slug, label = "short_enough", phrase("Short enough")
    description = phrase("Customers read on a phone.")
    config_model = Length

    async def judge(self, exchange: Exchange, context: Context) -> Verdict:
        most = context.settings.words if isinstance(context.settings, Length) else Length().words
        words = len(exchange.answer.split())
        if words <= most:
            return Verdict(1.0, True, f"{words} words.")
        return Verdict(most / words, False, f"{words} words; more than {most} are seldom read.")
