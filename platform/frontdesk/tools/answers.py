"""What came back from a tool, as words for a model: cut, cleaned, and said when there is nothing to show."""

from __future__ import annotations

import orjson
from django.utils.translation import gettext as _

from frontdesk.core.http import Fetched
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import ToolAnswer
from frontdesk.sdk.web import looks_like_html, read_page, text_encoding

LONGEST = 20_000
LONGEST_PROBLEM = 2_000
# Cleaning takes as long as what is cleaned, and others wait meanwhile; what comes later would be cut anyway.
MOST_LOOKED_AT = 500_000
HIDDEN = "•••"
# Shorter ones stand by chance in answers.
SHORTEST_SECRET = 6


def tidy(answer: ToolAnswer | str) -> ToolAnswer:
    """Without markup and control characters, and not longer than a model should read."""
    given = answer if isinstance(answer, ToolAnswer) else ToolAnswer(answer)
    whole, title = str(given.text), str(given.title)
    text = whole[:MOST_LOOKED_AT]
    if looks_like_html(text):
        page = read_page(text)
        text, title = page.text, title or page.title
    text = "".join(letter for letter in text if letter in "\n\t" or letter.isprintable()).strip()
    url = given.url if str(given.url).startswith(("https://", "http://")) else ""
    length = len(whole) if len(whole) > MOST_LOOKED_AT else len(text)
    return ToolAnswer(cut(text, length=length) if text else "The tool answered with nothing.", title=title[:200], url=url[:2000])


def cut(text: str, longest: int = LONGEST, *, length: int = 0) -> str:
    """`length` is that of the whole, when the text is only its beginning."""
    length = length or len(text)
    if length <= longest:
        return text
    note = f"\n… (cut here; the whole answer has {length:,} characters)"
    return text[: longest - len(note)] + note


def of_http(fetched: Fetched, *, secrets: tuple[str, ...] = ()) -> ToolAnswer:
    """The answer of an address in words. Raises ToolError for an HTTP error, with what the service wrote."""
    answer = _read(fetched)
    text = without(answer.text, secrets)
    if fetched.status >= 400:
        raise ToolError(f"The service answered with an error ({fetched.status}): {cut(text, LONGEST_PROBLEM)}")
    return tidy(ToolAnswer(text, title=without(answer.title, secrets)))


def without(text: str, secrets: tuple[str, ...]) -> str:
    """A service may repeat what it was sent; a key never goes to a model."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def _read(fetched: Fetched) -> ToolAnswer:
    kind = fetched.media_type
    if not fetched.body.strip():
        return ToolAnswer("The service answered with nothing.")
    if kind.endswith(("/json", "+json")):
        try:
            return ToolAnswer(orjson.dumps(orjson.loads(fetched.body)).decode())
        except orjson.JSONDecodeError:
            return ToolAnswer(f"The service said that this is JSON, but it is broken:\n{_text(fetched)}")
    if not kind or kind.startswith("text/") or kind.endswith(("xml", "javascript", "x-www-form-urlencoded", "x-ndjson")):
        text = _text(fetched)
        if "html" in kind or looks_like_html(text):
            page = read_page(text)
            return ToolAnswer(page.text or "The service answered with a page that has no text.", title=page.title)
        if text.count("\ufffd") <= len(text) // 20:
            return ToolAnswer(text)
    size = _("%(size)s kB") % {"size": max(1, len(fetched.body) // 1024)}
    return ToolAnswer(f"The service answered with a file ({kind or 'of unknown kind'}, {size}), which cannot be read here.")


def _text(fetched: Fetched) -> str:
    header = fetched.headers.get("content-type", "")
    charset = header.partition("charset=")[2].split(";")[0].strip(" \"'")
    return fetched.body.decode(text_encoding(charset), "replace").replace("\x00", "")
