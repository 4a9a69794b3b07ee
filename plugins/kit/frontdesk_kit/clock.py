"""What time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer

from .words import phrase


class TimeArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    time_zone: str = Field(
        default="",
        max_length=60,
        description="A time zone such as Europe/Berlin or America/New_York. Empty: the business's own.",
    )


class CurrentTime(Tool):
    name = "current_time"
    label = phrase("Date and time")
    description = "The present date, weekday and time. Use it before you say whether something is open now, or how long until."
    arguments = TimeArguments
    seconds = 5.0

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now

    async def call(self, arguments: TimeArguments, context: sdk.Context) -> ToolAnswer:
        name = arguments.time_zone.strip() or context.time_zone or "UTC"
        known = {zone.casefold(): zone for zone in available_timezones()}
        zone = known.get(name.replace(" ", "_").casefold())
        if zone is None:
            raise ToolError(f"There is no time zone called {name!r}. Use a name such as Europe/Berlin.")
        here = self._now().astimezone(ZoneInfo(zone))
        return ToolAnswer(f"{here:%A, %d %B %Y, %H:%M} ({zone}, UTC{here:%z}, week {here.isocalendar().week})")
