"""What a question about figures looks for: no table holds "the percentage change in sales between 2018 and 2019", but sales."""

from __future__ import annotations

import re

from .folding import fold
from .languages import detect, languages
from .terms import WORD

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


def sought(question: str) -> str:
    """A question that names a year, without its language's words for what to reckon with figures; any other as it is."""
    if not _YEAR.search(fold(question)):
        return question
    known = languages().get(detect(question))
    if known is None or not known.reckoning:
        return question
    rest = WORD.sub(lambda word: "" if fold(word.group()) in known.reckoning else word.group(), question)
    named = [word for word in map(fold, WORD.findall(rest)) if word not in known.small_words and not _YEAR.fullmatch(word)]
    # "By what percentage did it change in 2019?" names nothing else to look for.
    return " ".join(rest.split()) if named else question
