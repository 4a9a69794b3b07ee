"""Finding conversations by words: in what was said, in notes, and in who the customer is.

Words are found by their beginnings ("resta" finds "restaurant"), by any part from three letters on, and in scripts that have
no spaces between words. Of what matches, the newest is ranked, so that a word that stands nearly everywhere stays fast.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Literal

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .models import Contact, Conversation, Message, Note
from .words import UNSPACED, Digits

# How many of the newest matches of a kind are ranked.
CANDIDATES = 300
MOST_WORDS = 10
SHORTEST_PART = 3
# Characters of a snippet: before the first match, and in all.
BEFORE, LENGTH = 50, 160
LETTER = re.compile(f"([{UNSPACED}])")
PHONE = re.compile(r"[\d\s()+/.-]{4,}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found, and by what: the id of a message, a note or the contact."""

    conversation_id: int
    score: float
    kind: Literal["message", "note", "contact"]
    id: int


def search(words: str, among: QuerySet[Conversation]) -> list[Hit]:
    """The conversations that fit best, best first, each once."""
    best: dict[int, Hit] = {}
    for hit in _hits(words, among):
        known = best.get(hit.conversation_id)
        if known is None or hit.score > known.score:
            best[hit.conversation_id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, -hit.conversation_id))


def contacts(words: str) -> QuerySet[Contact]:
    """Those whose name, e-mail, phone or notes hold the words, in no order."""
    wanted = Q(name__icontains=words) | Q(email__icontains=words) | Q(phone__icontains=words) | Q(notes__icontains=words)
    rows = Contact.objects.filter(deleted_at=None, merged_into=None)
    if PHONE.fullmatch(words):
        digits = re.sub(r"\D", "", words).lstrip("0")
        rows = rows.annotate(digits=Digits("phone"))
        wanted |= Q(digits__contains=digits) & ~Q(phone="") if digits else Q()
    return rows.filter(wanted)


def snippets(hits: Sequence[Hit], words: str) -> dict[int, SafeString]:
    """By conversation: the text that it was found by, shortened, with the words in `<mark>`. Two queries."""
    texts: dict[tuple[str, int], str] = {}
    for kind, model in (("message", Message), ("note", Note)):
        ids = [hit.id for hit in hits if hit.kind == kind]
        if ids:
            texts |= {(kind, pk): text for pk, text in model.objects.filter(pk__in=ids).values_list("pk", "text")}
    return {hit.conversation_id: marked(texts.get((hit.kind, hit.id), ""), words) for hit in hits}


def marked(text: str, words: str) -> SafeString:
    """Safe HTML: the part of the text around the first match, the matches in `<mark>`."""
    text = " ".join(text.split())
    pattern = re.compile("|".join(re.escape(term) for term in [words, *_terms(words)]), re.IGNORECASE)
    first = pattern.search(text)
    start = max(0, first.start() - BEFORE) if first else 0
    shown = text[start : start + LENGTH]
    parts, last = ["…" if start else ""], 0
    for match in pattern.finditer(shown):
        parts += [escape(shown[last : match.start()]), "<mark>", escape(match[0]), "</mark>"]
        last = match.end()
    parts += [escape(shown[last:]), "…" if start + LENGTH < len(text) else ""]
    return mark_safe("".join(parts))  # noqa: S308  (every part of the text is escaped)


def _hits(words: str, among: QuerySet[Conversation]) -> Iterator[Hit]:
    query = _query(_terms(words))
    for kind, model, weight in (("message", Message, 1.0), ("note", Note, 1.2)):
        rows = model.objects.filter(conversation__in=among.order_by().values("pk")).order_by("-pk")
        if query is not None:
            ranked = rows.filter(search_words=query).annotate(rank=SearchRank("search_words", query))
            yield from _scored(kind, weight, ranked.values_list("pk", "conversation", "created_at", "rank")[:CANDIDATES])
        if len(words) >= SHORTEST_PART:
            found = rows.filter(text__icontains=words).values_list("pk", "conversation", "created_at")[:CANDIDATES]
            yield from _scored(kind, weight, ((*row, 0.05) for row in found))
    whose = among.filter(contact__in=contacts(words)).order_by("-last_message_at")
    for pk, contact, last in whose.values_list("pk", "contact", "last_message_at")[:CANDIDATES]:
        yield Hit(pk, 1.0 + _freshness(last), "contact", contact)


def _scored(kind: Literal["message", "note"], weight: float, rows: Iterable[tuple[int, int, datetime, float]]) -> Iterator[Hit]:
    for pk, conversation, at, rank in rows:
        yield Hit(conversation, weight * rank + _freshness(at), kind, pk)


def _freshness(at: datetime | None) -> float:
    """Between 0 and 0.1, which is what one more match of a word counts: less than half after a month."""
    return 0.1 * exp(-(timezone.now() - at).total_seconds() / (30 * 86400)) if at else 0.0


def _terms(words: str) -> list[str]:
    return [term for term in words.split()[:MOST_WORDS] if any(letter.isalnum() for letter in term)]


def _query(terms: Sequence[str]) -> SearchQuery | None:
    query = None
    for term in terms:
        query = _term(term) if query is None else query & _term(term)
    return query


def _term(term: str) -> SearchQuery:
    """A word by its beginning; letters of unspaced scripts one after the other."""
    if LETTER.search(term):
        return SearchQuery(LETTER.sub(r" \1 ", term), config="simple", search_type="phrase")
    quoted = term.replace("\\", "\\\\").replace("'", "''")
    return SearchQuery(f"'{quoted}':*", config="simple", search_type="raw")
