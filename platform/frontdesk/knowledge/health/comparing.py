"""Comparing the passages of a base with each other, and putting what comes of it together for an owner."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from ..lexical.languages import languages, script_of
from ..models import Chunk, KnowledgeBase
from .contradictions import Contradiction, contradictions
from .duplicates import Repeated, Text, duplicates
from .findings import Found, Kind
from .statements import Statement, statements_of

# More are not compared: a statement takes about a kilobyte, and this many passages half a gigabyte.
MOST_PASSAGES = 50_000
# An owner reads no more; the weightiest are kept.
MOST_FINDINGS = 300
# Of one statement.
MOST_AGAINST = 3
EXAMPLES = 3
LONGEST_EXAMPLE = 300
STEP = 500
# Characters: a shorter passage does not tell its language.
TELLING = 200
Tell = Callable[[int, int], None]


class Row(NamedTuple):
    passage: int
    source: int
    text: str
    language: str


def compared(base: KnowledgeBase) -> QuerySet[Chunk]:
    """The passages that answers may use."""
    return Chunk.objects.filter(base=base, excluded=False, source__deleted_at=None, source__excluded=False)


def digest(base: KnowledgeBase, *, judged: bool) -> str:
    """Of the passages of a base: another one once any of them says something else, or there is a model to judge. One query."""
    query = """
        SELECT count(*), coalesce(sum(hashtextextended(c.digest, c.id)), 0), coalesce(sum(length(c.text)), 0)
        FROM knowledge_chunk c JOIN knowledge_source s ON s.id = c.source_id
        WHERE c.base_id = %s AND NOT c.excluded AND s.deleted_at IS NULL AND NOT s.excluded"""
    with connection.cursor() as cursor:
        cursor.execute(query, [base.pk])
        return sha256(repr((*cursor.fetchone(), judged)).encode()).hexdigest()


def compare(chunks: QuerySet[Chunk], tell: Tell) -> tuple[list[Found], int]:
    """Repeats and contradictions among these passages, and how many passages were left out of the comparison.

    `tell` is called with how many of how many are done.
    """
    total = chunks.count()
    most = min(total, MOST_PASSAGES)
    columns = chunks.order_by("-source_id", "position").values_list("pk", "source_id", "text", "language")
    rows = [Row(*values) for values in columns[:most].iterator(chunk_size=2_000)]
    usual = Counter(row.language for row in rows).most_common(1)[0][0] if rows else ""
    said: list[Statement] = []
    for at, row in enumerate(rows):
        if at % STEP == 0:
            tell(at, most)
        said += statements_of(row.passage, row.source, row.text, _language(row, usual))
    tell(len(rows), most)
    against = [_contradicting(each) for each in _few_each(contradictions(said))][:MOST_FINDINGS]
    repeated = _repeats(duplicates([Text(row.passage, row.source, row.text) for row in sorted(rows)]))[:MOST_FINDINGS]
    return [*against, *repeated], total - len(rows)


def _language(row: Row, usual: str) -> str:
    """A short passage is taken to be in the language of the others, if it is in their script."""
    if len(row.text) >= TELLING or usual not in languages():
        return row.language
    letter = next((character for character in row.text if character.isalpha()), "")
    return usual if letter and script_of(letter) == languages()[usual].script else row.language


def _few_each(found: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """Of ten texts with ten prices not all forty-five pairs."""
    told: Counter[tuple[int, str]] = Counter()
    seen: set[frozenset[str]] = set()
    for each in found:
        sides = [(side.passage, side.text) for side in (each.first, each.second)]
        texts = frozenset(text for _passage, text in sides)
        if texts not in seen and all(told[side] < MOST_AGAINST for side in sides):
            told.update(sides)
            seen.add(texts)
            yield each


def _contradicting(each: Contradiction) -> Found:
    # By their sources: a passage that is learned again has a new id.
    first, second = sorted((each.first, each.second), key=lambda side: (side.source, side.passage))
    example = {
        "passage": first.passage,
        "text": first.text[:LONGEST_EXAMPLE],
        "other_passage": second.passage,
        "other_text": second.text[:LONGEST_EXAMPLE],
    }
    about = (first.source, second.source, *sorted((first.text, second.text)))
    details = {"number": 1, "examples": [example]}
    return Found(Kind.CONTRADICTING, each.kind, about, first.source, second.source, details, round(each.alike, 3))


def _repeats(found: Sequence[Repeated]) -> list[Found]:
    """One finding for each two sources: the older, and the one that repeats it. Most passages first."""
    by_sources: defaultdict[tuple[int, int], list[Repeated]] = defaultdict(list)
    for each in found:
        by_sources[each.first.source, each.second.source].append(each)
    together = [_repeated(first, second, each) for (first, second), each in by_sources.items()]
    return sorted(together, key=lambda each: -each.weight)


def _repeated(first: int, second: int, pairs: Sequence[Repeated]) -> Found:
    examples = [
        {
            "passage": each.first.passage,
            "text": each.first.text[:LONGEST_EXAMPLE],
            "other_passage": each.second.passage,
            "other_text": each.second.text[:LONGEST_EXAMPLE],
        }
        for each in pairs[:EXAMPLES]
    ]
    about = (first, second, *sorted(sha256(f"{each.first.text}\x1f{each.second.text}".encode()).hexdigest() for each in pairs))
    details = {"number": len(pairs), "examples": examples}
    return Found(Kind.DUPLICATE, "", about, first, second, details, float(len(pairs)))
