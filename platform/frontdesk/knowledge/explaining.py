"""Why a question finds what it finds: which of its words stand where, and what keeps an answer away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from .lexical.languages import detect
from .lexical.reckoning import sought
from .lexical.terms import query_terms, term_id, terms, words
from .models import Chunk, KnowledgeBase, Posting, Source

# Left-out passages that are looked into, and those that are shown.
LOOKED_INTO = 300
SHOWN = 3
# Share of the question's words that a left-out passage must hold to be worth a look.
WORTH = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's words that count, each with all its forms."""

    words: dict[str, frozenset[str]]

    @classmethod
    def of(cls, question: str, spoken: Sequence[str]) -> Asked:
        """`spoken`: the languages that the passages are in."""
        question = sought(question)
        asked_in = detect(question)
        counted = {term for group in query_terms(question, spoken) for term in group}
        found = {}
        for word in dict.fromkeys(words(question)):
            forms = {form for group in query_terms(word, {*spoken, asked_in}) for form in group}
            if forms & counted:
                found[word] = frozenset(forms)
        return cls(found)

    def within(self, text: str) -> list[str]:
        """Those that stand in a text, as they are asked."""
        there = set(terms(text, detect(text)))
        return [word for word, forms in self.words.items() if forms & there]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`missing`: words that stand nowhere in the base; `left_out`: passages that an owner left out and that hold the question's
    words; `learning`, `failed`: sources that cannot be searched yet, or not at all.
    """

    asked: Asked
    missing: list[str]
    left_out: list[Chunk]
    learning: int
    failed: int
    empty: bool
    paused: bool


def explain(base: KnowledgeBase, question: str) -> Explanation:
    """A handful of queries, however large the base is."""
    asked = Asked.of(question, base.languages)
    ids = {term_id(form): word for word, forms in asked.words.items() for form in forms}
    there = {
        ids[term]
        for term in Posting.objects.filter(base_id=base.pk, term__in=list(ids)).values_list("term", flat=True).distinct()
    }
    counts = Source.objects.filter(base=base, deleted_at=None).aggregate(
        all=Count("id"),
        learning=Count("id", filter=Q(state__in=[Source.State.WAITING, Source.State.LEARNING])),
        failed=Count("id", filter=Q(state=Source.State.FAILED)),
    )
    return Explanation(
        asked,
        [word for word in asked.words if word not in there],
        _left_out(base, asked),
        counts["learning"],
        counts["failed"],
        not counts["all"],
        base.paused,
    )


def _left_out(base: KnowledgeBase, asked: Asked) -> list[Chunk]:
    """The best first."""
    rows = Chunk.objects.filter(Q(excluded=True) | Q(source__excluded=True), base=base, source__deleted_at=None)
    scored = [(len(asked.within(chunk.text)), chunk) for chunk in rows.select_related("source").order_by("-id")[:LOOKED_INTO]]
    best = sorted((pair for pair in scored if pair[0] > WORTH * len(asked.words)), key=lambda pair: -pair[0])
    return [chunk for _number, chunk in best[:SHOWN]]
