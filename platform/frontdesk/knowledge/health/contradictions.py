"""Statements on one subject that differ in a number, a time, a price, or in yes and no.

Candidates are statements that share two of their rarest words, so nothing is compared with everything. A pair counts when the
words of one nearly all stand in the other, and exactly one kind of value differs, each side having one that the other lacks:
"until 18:00" against "until 20:00", not "5 € for two" against "8 € for four", nor "2 % in 2019" against "3 % in 2020".
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count, takewhile

from .statements import Statement
from .values import Value

# The rarest words of a statement, by two of which it is looked up; buckets with more statements tell nothing.
RAREST = 6
BUCKET = 40
# Share of the rarer side's words (by weight) that the other must have, and of all their words.
CONTAINED, COMMON = 0.8, 0.4
# Without a value, "not" alone: much nearer.
ALIKE = 0.8
# Two years in sentences of fewer words are two events.
DATED = 4
# More of one kind are a row of a table, whose columns are not known here.
MOST_VALUES, CELL = 2, " | "
PRICED = frozenset({"money", "time", "percent"})


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`kind`: the kind of value that differs, or "yes_no". `alike` 0…1: how sure it is that both speak of one thing."""

    first: Statement
    second: Statement
    kind: str
    alike: float


def contradictions(statements: Sequence[Statement]) -> list[Contradiction]:
    """The surest first."""
    weights = _weights(statements)
    series = _series(statements)
    found = []
    for left, right in sorted(_candidates(statements, weights)):
        first, second = statements[left], statements[right]
        if first.passage == second.passage or first.text == second.text:
            continue
        kind = difference(first, second)
        if kind == "count" and first.subject == second.subject and first.values ^ second.values <= series[first.subject]:
            continue
        if kind and (alike := _alike(first, second, weights, kind)):
            found.append(Contradiction(first, second, kind, alike))
    found.sort(key=lambda each: (-each.alike, each.first.passage, each.second.passage))
    return found


def _series(statements: Iterable[Statement]) -> Mapping[frozenset[str], frozenset[Value]]:
    """Of each subject the numbers that only count through what is said in the same words: "Step 1", "Step 2", "Step 3"."""
    numbers: defaultdict[frozenset[str], set[Value]] = defaultdict(set)
    for statement in statements:
        numbers[statement.subject] |= {value for value in statement.values if (value.kind, value.unit) == ("count", "")}
    found = {}
    for subject, values in numbers.items():
        run = list(takewhile(values.__contains__, (Value("count", "", str(number)) for number in count(1))))
        found[subject] = frozenset(run if len(run) > 1 else ())
    return found


def difference(first: Statement, second: Statement) -> str:
    """The one kind in which they differ; "" when they agree, or differ in more, as statements on two things do."""
    if first.days and second.days and first.days != second.days:
        return ""
    if (first.values or second.values) and not {value.kind for value in first.values} & {value.kind for value in second.values}:
        return ""
    kinds = {_kind(value) for value in first.values ^ second.values}
    differing = {kind for kind in kinds if _of(first.values - second.values, kind) and _of(second.values - first.values, kind)}
    flipped = {pole for pole in first.poles.keys() & second.poles.keys() if first.poles[pole] != second.poles[pole]}
    negated = not first.poles and not second.poles and first.negated != second.negated
    if len(differing) == 1 and not flipped and not negated:
        (kind,) = differing
        return "" if _crowded(first, kind) or _crowded(second, kind) else kind[0]
    return "yes_no" if not differing and not kinds and (flipped or negated) else ""


def _crowded(statement: Statement, kind: tuple[str, str]) -> bool:
    if CELL in statement.text:
        return len(statement.values) > 1
    return sum(_kind(value) == kind for value in statement.values) > MOST_VALUES


def _kind(value: Value) -> tuple[str, str]:
    return value.kind, value.unit


def _of(values: Iterable[Value], kind: tuple[str, str]) -> bool:
    return any(_kind(value) == kind for value in values)


def _weights(statements: Sequence[Statement]) -> Mapping[str, float]:
    counted = Counter(term for statement in statements for term in statement.subject)
    return {term: math.log(1 + len(statements) / number) for term, number in counted.items()}


def _candidates(statements: Sequence[Statement], weights: Mapping[str, float]) -> set[tuple[int, int]]:
    """Pairs of places that share two of their rarest words, or their only one."""
    buckets: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, statement in enumerate(statements):
        rarest = sorted(statement.subject, key=lambda term: (-weights[term], term))[:RAREST]
        for key in combinations(sorted(rarest), 2) if len(rarest) > 1 else [tuple(rarest)]:
            buckets[key].append(place)
    return {pair for places in buckets.values() if 1 < len(places) <= BUCKET for pair in combinations(places, 2)}


def _alike(first: Statement, second: Statement, weights: Mapping[str, float], kind: str) -> float:
    """How much of their words they share; 0 when they may speak of two things."""
    shared = first.subject & second.subject
    one, other = (sum(weights[term] for term in each.subject) for each in (first, second))
    both = sum(weights[term] for term in shared)
    contained, common = both / min(one, other), both / (one + other - both)
    if kind == "yes_no":
        enough = common >= ALIKE if not first.poles else contained >= CONTAINED and common >= COMMON
        return common if enough and len(shared) > 1 - bool(first.poles) else 0.0
    if len(shared) == 1:
        # One word, as in a price list: nothing else may stand there, and the value must say what it is.
        return common if common == 1.0 and kind in PRICED and first.source != second.source else 0.0
    if kind == "year" and len(shared) < DATED:
        return 0.0
    return common if contained >= CONTAINED and common >= COMMON else 0.0
