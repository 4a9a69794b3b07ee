"""Parts of sentences that are too long to be quoted whole: some of their clauses, with "…" for what is left out."""

from __future__ import annotations

from itertools import accumulate, takewhile

import regex

from .evidence import Question
from .sentences import CLAUSE_END
from .words import count, tokens

LEAST = 6
"""Words of the shortest part that is worth quoting."""
GAP = "…"
EDGE = regex.compile(r"[\s,;:،؛，、]+$")
# What is said with one of these may take back the rest of the sentence, so it is quoted whole or not at all.
RESTRICTIONS = frozenset(
    tokens(
        "but except however if never no none not only unless without "
        "aber außer falls kein keine keinen nicht nie nur ohne sofern wenn mais non pas sans sauf seulement si "
        "aunque excepto no nunca pero salvo sin solo apenas exceto mas nem não sem senão eccetto ma mai salvo se senza tranne "
        "dacă dar doar fără nu numai ama ancak değil eğer hariç sadece yalnızca chỉ không nếu nhưng trừ "
        "без если кроме не нет но только αλλά αν δεν εκτός μη μην μόνο χωρίς "
        "إذا إلا بدون دون غير فقط لا لكن لم لن ليس ما وإلا ولا ولكن ولم اما اگر مگر نه نیست بغیر صرف لیکن نہ نہیں "
        "אבל אין אלא אם בלי לא ללא רק अगर केवल नहीं न बिना मगर लेकिन सिवाय"
    )
)
UNSPACED_RESTRICTIONS = regex.compile(r"[不但仅別别勿只如没沒無无未若除非]|แต่|ถ้า|หาก|ไม่|เว้น|เฉพาะ|เพียง")


def excerpt(sentence: str, room: int, question: Question) -> str:
    """The clauses in a row, of at most `room` words, that name most of what is asked; "" when there is no such part."""
    if UNSPACED_RESTRICTIONS.search(sentence) or not RESTRICTIONS.isdisjoint(tokens(sentence)):
        return ""
    clauses = [clause for clause in CLAUSE_END.split(sentence) if clause.strip()]
    sizes = [count(clause) for clause in clauses]
    named = [question.weights.keys() & set(question.language.stems(clause)) for clause in clauses]
    best, chosen = (0.0, LEAST - 1), slice(0)
    for first in range(len(clauses)):
        # Longer ones would have no room, however many clauses there are.
        lengths = takewhile(lambda size: size <= room, accumulate(sizes[first:]))
        for end, size in enumerate(lengths, first + 1):
            worth = sum(question.weights[stem] for stem in set().union(*named[first:end]))
            if size >= LEAST and (worth, size) > best:
                best, chosen = (worth, size), slice(first, end)
    part = "".join(clauses[chosen]).strip()
    if not part:
        return ""
    before, after = f"{GAP} " * (chosen.start > 0), f" {GAP}" * (chosen.stop < len(clauses))
    return f"{before}{EDGE.sub('', part) if after else part}{after}"
