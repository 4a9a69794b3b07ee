"""Work in a thread has the language and the clock of whoever asked for it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from frontdesk.core.threads import in_thread


def _language_and_zone() -> tuple[str | None, str]:
    return translation.get_language(), timezone.get_current_timezone_name()


async def test_a_thread_speaks_the_language_of_its_caller_at_their_clock() -> None:
    with translation.override("ar"), timezone.override(ZoneInfo("Asia/Amman")):
        assert await in_thread(_language_and_zone) == ("ar", "Asia/Amman")
    with translation.override("en"):
        assert await in_thread(_language_and_zone) == ("en", "UTC")
