"""One page, fetched as its server sent it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings

from frontdesk.core.http import Fetched, FetchRefused, SafeClient

from . import markup, walls
from .errors import PageRefused, TooBusy
from .markup import Markup

USER_AGENT = "Frontdesk (knowledge reader)"
HTML = frozenset({"text/html", "application/xhtml+xml"})
NO_TEXT = ("image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript", "application/zip")
LONGEST_WAIT = 86_400.0
USUAL_WAIT = 600.0
_SUFFIX = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
}


class NotModified(Exception):
    """The page is the same as when it was learned."""


@dataclass(frozen=True, slots=True)
class Page:
    """`url` is where redirects led; `markup` is None for what is no HTML; `name` is a file name for the body."""

    url: str
    body: bytes
    media_type: str
    etag: str
    last_modified: str
    markup: Markup | None
    name: str

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()

    @property
    def noindex(self) -> bool:
        return self.markup is not None and self.markup.noindex


def fetch(url: str, *, etag: str = "", last_modified: str = "") -> Page:
    """Raises NotModified when the validators still hold, FetchRefused and PageRefused with an owner's sentence."""
    headers = {"accept": "text/html, application/pdf;q=0.9, */*;q=0.5", "user-agent": USER_AGENT}
    if etag:
        headers["if-none-match"] = etag
    elif last_modified:
        headers["if-modified-since"] = last_modified
    answer = get(url, headers=headers)
    if answer.status == 304:
        raise NotModified
    html = _markup(answer)
    _check_status(answer, html)
    _check_content(answer, html, url)
    return Page(
        url=answer.url,
        body=answer.body,
        media_type=answer.media_type,
        etag=answer.headers.get("etag", "")[:300],
        last_modified=answer.headers.get("last-modified", "")[:60],
        markup=html,
        name=_name(answer),
    )


def get(url: str, *, headers: dict[str, str] | None = None, max_bytes: int = 0) -> Fetched:
    """An answer of any kind, through the door that leads to public hosts only."""
    most = max_bytes or settings.UPLOAD_MAX_BYTES
    client = SafeClient(max_bytes=most, allowed_hosts=settings.KNOWLEDGE_ALLOWED_HOSTS)
    return async_to_sync(client.fetch)(url, headers=headers or {"user-agent": USER_AGENT})


def _markup(answer: Fetched) -> Markup | None:
    looks = answer.media_type in HTML or (not answer.media_type and answer.body.lstrip()[:1] == b"<")
    if not looks:
        return None
    charset = answer.headers.get_list("content-type")[0].partition("charset=")[2].strip("\"' ;") if answer.media_type else ""
    return markup.read(answer.body, answer.url, charset=charset, directives=answer.headers.get("x-robots-tag", ""))


def _check_status(answer: Fetched, html: Markup | None) -> None:
    host = urlsplit(answer.url).hostname
    if answer.status < 400 and not walls.is_wall(html, answer.headers, answer.status):
        return
    if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
        raise TooBusy(_wait(answer.headers.get("retry-after", "")), host=host)
    if answer.status not in {401, 404, 407, 410} and walls.is_wall(html, answer.headers, answer.status):
        raise PageRefused("wall", host=host)
    if answer.status in {401, 403, 407}:
        raise FetchRefused("locked", host=host)
    if answer.status in {404, 410}:
        raise FetchRefused("gone")
    raise FetchRefused("status", host=host, status=answer.status)


def _check_content(answer: Fetched, html: Markup | None, asked: str) -> None:
    if answer.media_type.startswith(NO_TEXT):
        raise PageRefused("media", type=answer.media_type)
    if html is None:
        return
    if walls.is_sign_in(html, asked, answer.url):
        raise PageRefused("login", host=urlsplit(answer.url).hostname)
    if walls.is_shell(html):
        raise PageRefused("script")


def _wait(said: str) -> float:
    """Seconds; `Retry-After` is a number or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(said) if said.strip().isdecimal() else (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return USUAL_WAIT
    return min(max(seconds, 1.0), LONGEST_WAIT)


def _name(answer: Fetched) -> str:
    """Its ending is only a hint, the reader looks at the content."""
    last = PurePosixPath(unquote(urlsplit(answer.url).path)).name or "page"
    return last if PurePosixPath(last).suffix else last + _SUFFIX.get(answer.media_type, "")
