"""Columns of yes and no: "Which cakes are vegan?" asks for the rows that say yes."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from .evidence import Question
from .words import fold, tokens

CELL = regex.compile(r"(?:^| – |, )(?P<key>[^:,–]{1,40}): (?P<value>[^,]{1,12})(?=,|$)")
YES = frozenset(
    {"yes", "y", "✓", "✔", "ja", "oui", "si", "sim", "da", "да", "نعم", "evet", "是", "有", "हाँ", "כן", "بله", "có", "ναι"}
)
NO = frozenset(
    {
        "no",
        "n",
        "✗",
        "✘",
        "-",
        "nein",
        "non",
        "nao",
        "nu",
        "нет",
        "لا",
        "hayır",
        "hayir",
        "否",
        "无",
        "नहीं",
        "לא",
        "خیر",
        "không",
        "οχι",
    }
)
NEGATIONS = frozenset(
    {
        *(
            "not",
            "without",
            "no",
            "free",
            "non",
            "ohne",
            "kein",
            "keine",
            "keinen",
            "nicht",
            "sans",
            "pas",
            "sin",
            "senza",
            "sem",
        ),
        *("بدون", "دون", "ليس", "без", "не", "olmadan", "değil", "不", "没有", "无", "ללא", "בלי", "बिना"),
    }
)


def denied(question: Question, row: str) -> bool:
    """Whether a row says no to a column that the question names, or yes when the question asks for what is without it."""
    negated = not NEGATIONS.isdisjoint(tokens(question.text))
    for cell in CELL.finditer(row):
        asked = set(question.language.stems(cell["key"]))
        value = fold(cell["value"].strip())
        if asked and asked <= question.weights.keys() and value in YES | NO:
            return (value in NO) != negated
    return False


def without_denied(question: Question, rows: Sequence[str]) -> list[bool]:
    """Which of several equally good rows to keep. All of them when none fits, or when the question names no such column."""
    keep = [not denied(question, row) for row in rows]
    return keep if any(keep) else [True] * len(rows)
