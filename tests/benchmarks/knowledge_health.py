r"""Precision and recall of repeated passages and contradicting statements that are planted into real texts.

    FRONTDESK_MEASURE_DATA=<folder with questions/*.json> python tests/benchmarks/knowledge_health.py
    … --set xquad-de --planted 60 --show 20        one set; prints what was found and not planted
    … --passages 10000                             processor time at that size, without planting

Repeats: copied to the word, with a tenth of the words left out, cut elsewhere, and with a sentence before it.
Contradictions: another number in a sentence as it is, after an introduction, without its last words, or with "not".
Whatever is found and was not planted counts as wrong, though some of it is a real repeat or contradiction.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings

if TYPE_CHECKING:
    from frontdesk.knowledge.health.values import Values

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
INTRODUCTIONS = {
    "en": "Please note that ", "de": "Bitte beachten Sie: ", "es": "Tenga en cuenta que ", "fr": "Veuillez noter que ",
    "ar": "يرجى العلم أن ",
}  # fmt: skip
NOT = {"en": (" is ", " is not "), "de": (" ist ", " ist nicht "), "es": (" es ", " no es "), "ar": (" هو ", " ليس هو ")}
SETS = ("squad11", "xquad-en", "xquad-de", "xquad-es", "xquad-ar", "tatqa-dev")


def texts_of(name: str) -> list[tuple[str, str]]:
    """Titles and passages of a set."""
    path = Path(os.environ["FRONTDESK_MEASURE_DATA"]) / "questions" / f"{name}.json"
    return [(row["title"], row["text"]) for row in json.loads(path.read_text(encoding="utf-8"))["passages"]]


class Garden:
    """Passages by number, each of a source, and what was planted among them."""

    def __init__(self, texts: list[tuple[str, str]], language: str) -> None:
        self.language = language
        self.sources = {title: number for number, title in enumerate(dict.fromkeys(title for title, _text in texts))}
        self.rows = [(self.sources[title], text) for title, text in texts]
        self.repeats: set[tuple[int, int]] = set()
        self.against: dict[tuple[int, int], str] = {}
        self.draw = random.Random(20_261_121)

    def plant_repeats(self, number: int) -> None:
        ways = [_copied, _thinned, _shifted, _introduced]
        long_enough = [at for at, (_source, text) in enumerate(self.rows) if len(text) > 400]
        for turn, at in enumerate(self.draw.sample(long_enough, number)):
            other = self.draw.choice(long_enough)
            text = ways[turn % len(ways)](self.rows[at][1], self.rows[other][1], self.draw)
            self.repeats.add((at, len(self.rows)))
            self.rows.append((10_000 + turn, text))

    def plant_contradictions(self, number: int) -> None:
        """Each one into the middle of another passage of another source."""
        from frontdesk.knowledge.health.values import values_of
        from frontdesk.knowledge.sentences import sentences

        valued = [
            (at, sentence)
            for at, (_source, text) in enumerate(self.rows)
            for sentence in sentences(text)
            if _is_prose(sentence) and sentence in text and _changeable(values_of(sentence, self.language))
        ]
        before, after = NOT.get(self.language, NOT["en"])
        stated = [
            (at, sentence)
            for at, (_source, text) in enumerate(self.rows)
            for sentence in sentences(text)
            if 40 < len(sentence) < 160 and sentence.count(before) == 1
        ]
        for turn, (at, sentence) in enumerate(self.draw.sample(valued, number * 3 // 4)):
            way = ("number", "introduction", "shorter")[turn % 3]
            said = _another_number(sentence, first=way == "shorter")
            if way == "introduction":
                said = INTRODUCTIONS.get(self.language, INTRODUCTIONS["en"]) + said[0].lower() + said[1:]
            elif way == "shorter":
                said = " ".join(said.rstrip(".").split()[: max(6, len(said.split()) * 3 // 4)]) + "."
            if values_of(said, self.language).found - values_of(sentence, self.language).found:
                self._insert(at, said, way)
        for at, sentence in self.draw.sample(stated, min(len(stated), number // 4)):
            self._insert(at, sentence.replace(before, after), "not")

    def _insert(self, about: int, said: str, way: str) -> None:
        strangers = [at for at, row in enumerate(self.rows) if row[0] != self.rows[about][0]]
        at = self.draw.choice(strangers)
        source, text = self.rows[at]
        head, stop, tail = text.partition(". ")
        self.rows[at] = (source, f"{head}{stop}{said} {tail}" if stop else f"{text} {said}")
        self.against[(about, at)] = way


def _is_prose(sentence: str) -> bool:
    """A statement with a number, of ordinary length, and no row of a table."""
    return 40 < len(sentence) < 250 and " | " not in sentence and not sentence.endswith("?") and bool(re.search(r"\d", sentence))


def _changeable(values: Values) -> bool:
    """With numbers that measure something, and none that only names something."""
    measured = {"count", "year", "money", "percent", "time"}
    return (
        not values.names
        and any(value.kind in measured for value in values.found)
        and not {"date"} & {v.kind for v in values.found}
    )


def _copied(text: str, other: str, draw: random.Random) -> str:
    return text


def _thinned(text: str, other: str, draw: random.Random) -> str:
    words = text.split()
    start = draw.randrange(len(words) // 10 * 9)
    return " ".join(words[:start] + words[start + len(words) // 10 :])


def _shifted(text: str, other: str, draw: random.Random) -> str:
    """The second three quarters, and the beginning of something else after them."""
    return f"{text[text.find(' ', len(text) // 4) + 1 :]} {other[: len(text) // 6]}"


def _introduced(text: str, other: str, draw: random.Random) -> str:
    return f"Good to know for everybody who asks at the front desk: {text}"


def _another_number(sentence: str, *, first: bool) -> str:
    """The first or the last number becomes another one of the same length."""
    found = list(re.finditer(r"\d+", sentence))[0 if first else -1]
    digits = found.group()
    changed = str(int(digits) + 1 if digits[-1] != "9" else int(digits) - 1).zfill(len(digits))
    return sentence[: found.start()] + changed + sentence[found.end() :]


def look(garden: Garden) -> tuple[list, list, float]:
    from frontdesk.knowledge.health.contradictions import contradictions
    from frontdesk.knowledge.health.duplicates import Text, duplicates
    from frontdesk.knowledge.health.statements import statements_of

    begin = time.process_time()
    repeated = duplicates([Text(at, source, text) for at, (source, text) in enumerate(garden.rows)])
    said = [each for at, (source, text) in enumerate(garden.rows) for each in statements_of(at, source, text, garden.language)]
    return repeated, contradictions(said), time.process_time() - begin


def measure(name: str, planted: int, show: int) -> None:
    language = name.removeprefix("xquad-") if name.startswith("xquad-") else "en"
    garden = Garden(texts_of(name), language)
    garden.plant_contradictions(planted)
    garden.plant_repeats(planted)
    repeated, against, seconds = look(garden)
    pairs = {(min(a, b), max(a, b)) for a, b in garden.repeats}
    found = {(min(each.first.passage, each.second.passage), max(each.first.passage, each.second.passage)) for each in repeated}
    print(f"{name}: {len(garden.rows)} passages, {seconds:.1f} s of processor time")
    print(f"  repeats         planted {len(pairs)}  recall {len(pairs & found) / len(pairs):.3f}"
          f"  precision {len(pairs & found) / max(1, len(found)):.3f}")  # fmt: skip
    wanted = {tuple(sorted(pair)): way for pair, way in garden.against.items()}
    # A statement that was copied with its passage contradicts the copy, too.
    copies = {at: origin for origin, at in garden.repeats}
    seen = {
        tuple(sorted((copies.get(e.first.passage, e.first.passage), copies.get(e.second.passage, e.second.passage))))
        for e in against
    }
    hits = wanted.keys() & seen
    recall, precision = len(hits) / len(wanted), len(hits) / max(1, len(seen))
    print(f"  contradictions  planted {len(wanted)}  recall {recall:.3f}  precision {precision:.3f}")
    for way in sorted(set(wanted.values())):
        of_way = [pair for pair, each in wanted.items() if each == way]
        print(f"    {way:<13} {sum(pair in hits for pair in of_way)} of {len(of_way)}")
    if show:
        _show([each for each in against if tuple(sorted((copies.get(each.first.passage, each.first.passage),
              copies.get(each.second.passage, each.second.passage)))) not in wanted][:show], garden, wanted, hits)  # fmt: skip


def _show(wrong: list, garden: Garden, wanted: dict, hits: set) -> None:
    for each in wrong:
        print(f"    found, not planted [{each.kind} {each.alike:.2f}]\n      {each.first.text}\n      {each.second.text}")
    for pair in sorted(wanted.keys() - hits)[:10]:
        print(f"    missed [{wanted[pair]}] {pair}")


def grow(passages: int) -> None:
    texts = [row for name in SETS[:2] + SETS[-1:] for row in texts_of(name)]
    draw = random.Random(1)
    garden = Garden([(f"source {at % 400}", draw.choice(texts)[1]) for at in range(passages)], "en")
    # Their words are dealt out anew, or every passage would be a copy of another.
    garden.rows = [(source, _dealt(text, texts, draw)) for source, text in garden.rows]
    repeated, against, seconds = look(garden)
    print(f"{passages} passages: {seconds:.1f} s of processor time, {len(repeated)} repeats, {len(against)} contradictions")


def _dealt(text: str, texts: list[tuple[str, str]], draw: random.Random) -> str:
    from frontdesk.knowledge.sentences import sentences

    chosen: list[str] = []
    while sum(map(len, chosen)) < 700:
        chosen.append(draw.choice(sentences(draw.choice(texts)[1]) or [text[:200]]))
    return " ".join(chosen)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--passages", type=int)
    options = parser.parse_args()
    settings.configure(USE_I18N=True)
    django.setup()
    if options.passages:
        grow(options.passages)
        return
    run: Callable[[str], None] = lambda name: measure(name, options.planted, options.show)  # noqa: E731
    for name in [options.set] if options.set else SETS:
        run(name)


if __name__ == "__main__":
    main()
