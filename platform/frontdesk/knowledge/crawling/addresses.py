"""One page has many addresses: with a fragment, a tracking parameter, with and without a slash at the end."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

LONGEST = 2000
# What a link carries to say where a visitor came from, or who it is.
TRACKING = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "gclid", "gbraid", "wbraid", "dclid"),
    *("fbclid", "msclkid", "twclid", "ttclid", "yclid", "igshid", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi"),
    *("PHPSESSID", "phpsessid", "JSESSIONID", "jsessionid"),
)
# Endings of what has no text to learn.
NO_PAGES = frozenset(
    (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".ico", ".bmp", ".tif", ".tiff", ".heic", ".psd")
    + (".mp3", ".m4a", ".wav", ".ogg", ".flac", ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv")
    + (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".dmg", ".exe", ".msi", ".apk", ".iso", ".pkg", ".deb")
    + (".css", ".js", ".mjs", ".map", ".json", ".xml", ".rss", ".atom", ".woff", ".woff2", ".ttf", ".eot", ".ics", ".vcf")
)
PORTS = {"http": 80, "https": 443}


def canonical(url: str, *, base: str = "") -> str:
    """The one spelling that is kept of an address, or "" for what cannot be a page."""
    try:
        whole = urljoin(base, url.strip()) if base else url.strip()
        clean = canonicalize_url(url_query_cleaner(whole, TRACKING, remove=True), keep_blank_values=True)
        parts = urlsplit(clean)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in PORTS or not parts.hostname or parts.username or len(clean) > LONGEST:
        return ""
    if port == PORTS[parts.scheme]:
        clean = urlunsplit(parts._replace(netloc=parts.netloc.rpartition(":")[0]))
    return clean


def key(url: str) -> str:
    """What different spellings of one canonical address have in common: its digest without scheme, `www.` and last slash."""
    parts = urlsplit(url)
    same = "\n".join((_site(url), parts.path.rstrip("/"), parts.query))
    return sha256(same.encode()).hexdigest()


def same_site(url: str, start: str) -> bool:
    return _site(url) == _site(start)


def far(url: str, start: str) -> bool:
    """Whether a page does not stand below the folder that the site was entered at."""
    folder = urlsplit(start).path.rpartition("/")[0] + "/"
    return not urlsplit(url).path.startswith(folder)


def may_be_page(url: str) -> bool:
    """Judged by its ending; what the server says counts later."""
    return PurePosixPath(urlsplit(url).path).suffix.lower() not in NO_PAGES


def _site(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port if parts.port != PORTS.get(parts.scheme) else None
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}:{port}" if port else host


def host(url: str) -> str:
    """For people."""
    return urlsplit(url).hostname or url


def is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
