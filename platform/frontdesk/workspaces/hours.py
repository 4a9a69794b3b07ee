"""When a business is open: the hours of each weekday, the days that are different, and what happens outside them.

All times are at the clock of the workspace's time zone. Where clocks are set back, an hour that comes twice counts whole: opening
at the first, closing at the second. Where they are set forward, a time that is skipped counts as the one that comes instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from frontdesk.core.errors import Invalid

from .models import Workspace

DAYS = 7
# How far ahead somebody is told when a business opens again.
HORIZON = 400
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
# JSON Schema's own "time" has an offset, which hours at the workspace's clock have not.
CLOCK = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "examples": ["09:00"]}
Clock = Annotated[time, WithJsonSchema(CLOCK)]


class Span(BaseModel):
    """From `opens` to `closes`; closing at or before opening means the next day, so 00:00–00:00 is a whole day."""

    model_config = ConfigDict(extra="forbid")

    opens: Clock
    closes: Clock

    @field_validator("opens", "closes")
    @classmethod
    def _to_the_minute(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError(_("Give the time at the clock of your own time zone, for example 09:00."))
        return value.replace(second=0, microsecond=0)

    @property
    def overnight(self) -> bool:
        return self.closes <= self.opens


def _apart(spans: Sequence[Span]) -> list[Span]:
    """In order, none within another. Raises ValueError."""
    ordered = sorted(spans, key=lambda span: span.opens)
    for one, other in pairwise(ordered):
        if one.overnight or other.opens < one.closes:
            raise ValueError(_("These hours overlap: %(first)s and %(second)s.") % {"first": shown(one), "second": shown(other)})
    return ordered


Spans = Annotated[list[Span], Field(max_length=6)]


class SpecialDay(BaseModel):
    """A day, or the days up to `until`, with hours of its own; without any it is closed."""

    model_config = ConfigDict(extra="forbid")

    date: date
    until: date | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    spans: Spans = Field(default_factory=list)

    @model_validator(mode="after")
    def _in_order(self) -> SpecialDay:
        if self.until is not None and self.until < self.date:
            raise ValueError(_("The last day comes before the first."))
        self.spans = _apart(self.spans)
        return self

    def covers(self, day: date) -> bool:
        return self.date <= day <= (self.until or self.date)


class OpeningHours(BaseModel):
    """All of it, as one value of a workspace. `week` begins with Monday.

    `outside` is who answers when it is closed: as always, the AI (also what people answer by day), or a person once it is open
    again. `texts` is what a customer is told then, by language; {back} in it stands for when.
    """

    model_config = ConfigDict(extra="forbid")

    enabled: bool = False
    week: Annotated[list[Spans], Field(min_length=DAYS, max_length=DAYS)] = Field(
        default_factory=lambda: [[Span(opens=time(9), closes=time(17))] for _day in range(5)] + [[], []]
    )
    special: list[SpecialDay] = Field(default_factory=list, max_length=200)
    outside: Literal["as_always", "ai", "person"] = "as_always"
    texts: dict[str, Text] = Field(default_factory=dict)

    @field_validator("week")
    @classmethod
    def _days_in_order(cls, week: list[list[Span]]) -> list[list[Span]]:
        return [_apart(spans) for spans in week]

    @field_validator("special")
    @classmethod
    def _special_in_order(cls, special: list[SpecialDay]) -> list[SpecialDay]:
        ordered = sorted(special, key=lambda each: each.date)
        for one, other in pairwise(ordered):
            if one.covers(other.date):
                raise ValueError(_("%(day)s stands there twice.") % {"day": formats.date_format(other.date, "DATE_FORMAT")})
        return ordered

    @field_validator("texts")
    @classmethod
    def _known_languages(cls, texts: dict[str, str]) -> dict[str, str]:
        unknown = next((code for code in texts if code not in LANG_INFO), None)
        if unknown is not None:
            raise ValueError(_("There is no language “%(code)s”.") % {"code": unknown})
        return {code: text for code, text in texts.items() if text}

    def spans_on(self, day: date) -> list[Span]:
        """Those that begin on that day."""
        special = next((each for each in self.special if each.covers(day)), None)
        return self.week[day.weekday()] if special is None else special.spans


def spans_of(pairs: Sequence[tuple[str, str]]) -> list[Span]:
    """The hours of one day as somebody typed them, "09:00" and "17:00"; empty pairs are nothing. Raises Invalid."""
    typed = [(opens.strip(), closes.strip()) for opens, closes in pairs if opens.strip() or closes.strip()]
    if not all(opens and closes for opens, closes in typed):
        raise Invalid(_("Say from when and until when."))
    try:
        spans = [Span(opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)) for opens, closes in typed]
    except ValueError as error:
        raise Invalid(_("Write times like 09:00.")) from error
    try:
        return _apart(spans)
    except ValueError as error:
        raise Invalid(str(error)) from error


def parse(data: Any) -> OpeningHours:
    """What an owner or a program sent. Raises Invalid with one entry a field."""
    try:
        return OpeningHours.model_validate(data)
    except ValidationError as error:
        problems = [
            {
                "field": ".".join(["opening_hours", *map(str, problem["loc"])]),
                "message": str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"],
            }
            for problem in error.errors()
        ]
        raise Invalid(_("The opening hours need another look."), errors=problems) from error


def read(workspace: Workspace) -> OpeningHours:
    """Those of a workspace. Whoever never set any has none: it is always open."""
    return OpeningHours.model_validate(workspace.opening_hours or {})


def open_at(workspace: Workspace, moment: datetime | None = None) -> bool:
    """Whether the business is open at that moment, now if none is given."""
    return not read(workspace).enabled or open_since(workspace, moment) is not None


def next_opening(workspace: Workspace, moment: datetime | None = None) -> datetime | None:
    """When it opens next, in its own time zone; None when it is open or does not open within a year."""
    hours, moment = read(workspace), (moment or timezone.now()).astimezone(UTC)
    if open_at(workspace, moment):
        return None
    zone = zone_of(workspace)
    today = moment.astimezone(zone).date()
    starts = (start for start, _end in _periods(hours, zone, today, days=HORIZON))
    return next((start.astimezone(zone) for start in starts if start > moment), None)


def open_since(workspace: Workspace, moment: datetime | None = None) -> datetime | None:
    """Since when it has been open; None when it is closed, or always open."""
    hours, moment = read(workspace), (moment or timezone.now()).astimezone(UTC)
    if not hours.enabled:
        return None
    zone = zone_of(workspace)
    yesterday = moment.astimezone(zone).date() - timedelta(days=1)
    return next((start for start, end in _periods(hours, zone, yesterday, days=2) if start <= moment < end), None)


def _periods(hours: OpeningHours, zone: ZoneInfo, first: date, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    """From when to when it is open, in order, of all that begins on these days. Counted in UTC, where no hour comes twice."""
    for day in (first + timedelta(days=number) for number in range(days)):
        for span in hours.spans_on(day):
            last = day + timedelta(days=span.overnight)
            closing = datetime.combine(last, span.closes, tzinfo=zone)
            end = max(closing.astimezone(UTC), closing.replace(fold=1).astimezone(UTC))
            yield datetime.combine(day, span.opens, tzinfo=zone).astimezone(UTC), end


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zone_of(workspace: Workspace) -> ZoneInfo:
    return _zone(workspace.time_zone)


def shown(span: Span) -> str:
    """ "09:00–17:00"."""
    return f"{span.opens:%H:%M}–{span.closes:%H:%M}"


def when(moment: datetime, now: datetime) -> str:
    """A moment as people say it, in the language that is active: "at 9:00", "tomorrow at 9:00", "on Monday at 9:00"."""
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    said = {"time": formats.date_format(moment, "TIME_FORMAT")}
    if days == 0:
        return _("today at %(time)s") % said
    if days == 1:
        return _("tomorrow at %(time)s") % said
    if days < DAYS:
        return _("on %(day)s at %(time)s") % {**said, "day": formats.date_format(moment, "l")}
    return _("on %(day)s at %(time)s") % {**said, "day": formats.date_format(moment, "j F")}


def filled_in(workspace: Workspace, text: str, language: str, now: datetime | None = None) -> str:
    """An owner's words with {back} as when it opens again, said in a language."""
    now = now or timezone.now()
    back = next_opening(workspace, now)
    with translation.override(language if translation.check_for_language(language) else workspace.language):
        said = when(back, now) if back else _("soon")
    return text.replace("{back}.", said.removesuffix(".") + ".").replace("{back}", said)


def said_outside(workspace: Workspace, language: str = "", now: datetime | None = None) -> str:
    """What a customer is told when it is closed: the owner's words in that language, or in the team's, or ours."""
    now, texts = now or timezone.now(), read(workspace).texts
    own = texts.get(language) or texts.get(workspace.language, "")
    if own:
        return filled_in(workspace, own, language if language in texts else workspace.language, now)
    back = next_opening(workspace, now)
    with translation.override(language if language in dict(settings.LANGUAGES) else workspace.language):
        if back is None:
            return _("We are closed at the moment. Your message is kept, and a colleague will answer you.")
        return _("We are closed at the moment. Your message is kept, and %(when)s a colleague will answer you.") % {
            "when": when(back, now)
        }
