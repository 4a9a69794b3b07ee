"""What a site asks of programs: robots.txt (RFC 9309)."""

from __future__ import annotations

from urllib.parse import urljoin

from protego import Protego

from frontdesk.core.http import FetchRefused

from . import pages, politeness
from .markup import ROBOT

# RFC 9309, 2.5: at least so much must be read.
MOST_BYTES = 500 * 2**10
LONGEST_PAUSE = 30.0


class Rules:
    """A robots.txt, read."""

    def __init__(self, text: str) -> None:
        self._parsed = Protego.parse(text)

    def allows(self, url: str) -> bool:
        return bool(self._parsed.can_fetch(url, ROBOT))

    @property
    def pause(self) -> float:
        """Seconds between two requests: what the site wants, within what is bearable."""
        wanted = self._parsed.crawl_delay(ROBOT) or 0.0
        return max(politeness.usual_pause(), min(float(wanted), LONGEST_PAUSE))

    @property
    def sitemaps(self) -> list[str]:
        return list(self._parsed.sitemaps)


def read(start: str) -> str:
    """The robots.txt of a site; empty when it has none, which allows everything.

    Raises FetchRefused when the server fails or does not answer, which allows nothing (RFC 9309, 2.3.1.4).
    """
    url = urljoin(start, "/robots.txt")
    try:
        answer = pages.get(url, max_bytes=MOST_BYTES)
    except FetchRefused as error:
        # Longer than anybody writes by hand, or a loop: RFC 9309 treats both as if there were none.
        if error.reason in {"too_large", "redirects"}:
            return ""
        raise
    if answer.status >= 500:
        raise FetchRefused("status", host=answer.headers.get("host", url), status=answer.status)
    if answer.status >= 400 or answer.body.lstrip()[:1] == b"<":
        return ""
    return answer.body.decode("utf-8-sig", "replace").replace("\x00", "")
