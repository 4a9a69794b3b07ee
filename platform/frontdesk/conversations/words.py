"""Words in the database: as search compares them. Indexes and queries must say the same, so both say it with these."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Func, TextField, Value

# Scripts without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese. Each letter counts as a word.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"


class Spaced(Func):
    """Text with a space around each letter of scripts that have none between words."""

    function = "regexp_replace"
    output_field = TextField()

    def __init__(self, text: str, **extra: Any) -> None:
        super().__init__(F(text), Value(f"([{UNSPACED}])"), Value(r" \1 "), Value("g"), **extra)


class Digits(Func):
    """A phone number's digits, however it is written."""

    function = "regexp_replace"
    output_field = CharField()

    def __init__(self, number: str, **extra: Any) -> None:
        super().__init__(F(number), Value(r"\D"), Value(""), Value("g"), **extra)
