"""What the body of a plugin's request says: for doubles of vendors, which are handed requests as their libraries made them."""

from __future__ import annotations

import json
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .values import Attachment

if TYPE_CHECKING:
    import httpx


def arguments(request: httpx.Request) -> dict[str, Any]:
    """The query's and the body's, from JSON, a form, or one with files (those as Attachment). What cannot be read is left out."""
    found: dict[str, Any] = dict(request.url.params)
    kind = request.headers.get("content-type", "")
    body = request.content
    if kind.startswith("multipart/form-data"):
        return found | _parts(kind, body)
    if kind.startswith("application/x-www-form-urlencoded"):
        return found | {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), True).items()}
    try:
        said = json.loads(body or b"{}")
    except ValueError:
        return found
    return found | said if isinstance(said, dict) else found


def _parts(kind: str, body: bytes) -> dict[str, Any]:
    whole = BytesParser(policy=policy.HTTP).parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
    found: dict[str, Any] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        file_name = part.get_filename()
        if file_name is None:
            found[name] = data.decode("utf-8", "replace")
        else:
            found[name] = Attachment(part.get_content_type(), file_name, data=data)
    return found
