"""What pydantic found wrong with a value, in a sentence for who typed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

EMPTY = _("Fill this in.")
# By pydantic's error type; the placeholders are those of the error's context.
SENTENCES: Mapping[str, Any] = {
    "missing": EMPTY,
    "string_type": _("Write a text."),
    "string_too_short": _("Write at least %(min_length)s letters."),
    "string_too_long": _("Write at most %(max_length)s letters."),
    "string_pattern_mismatch": _("This does not look right. Check how it is written."),
    "literal_error": _("Choose one of the options."),
    "enum": _("Choose one of the options."),
    "int_type": _("Write a whole number."),
    "int_parsing": _("Write a whole number."),
    "int_from_float": _("Write a whole number."),
    "float_type": _("Write a number."),
    "float_parsing": _("Write a number."),
    "decimal_parsing": _("Write a number."),
    "greater_than": _("Write a number above %(gt)s."),
    "greater_than_equal": _("Write %(ge)s or more."),
    "less_than": _("Write a number below %(lt)s."),
    "less_than_equal": _("Write %(le)s or less."),
    "multiple_of": _("Write a multiple of %(multiple_of)s."),
    "too_short": _("Give at least %(min_length)s."),
    "too_long": _("Give at most %(max_length)s."),
    "url_parsing": _("Write a web address such as https://example.com."),
    "url_scheme": _("Write a web address such as https://example.com."),
    "uuid_parsing": _("Choose one of the options."),
    "extra_forbidden": _("This is not asked for here."),
}


def sentence(problem: Mapping[str, Any]) -> str:
    """Of one entry of `ValidationError.errors()`. A validator's own words stay as they are."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "string_too_short" and context.get("min_length") == 1:
        return str(EMPTY)
    if kind in SENTENCES:
        return str(SENTENCES[kind] % context)
    return str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
