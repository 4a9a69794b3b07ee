"""A customer's file as an answer to a browser: never a page, a script or a style, whatever is in it."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from frontdesk.conversations import attachments
from frontdesk.conversations.models import Attachment

# What a browser only shows or plays. All else is downloaded, as bytes.
SHOWN = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "video/quicktime", "video/3gpp")
    + ("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac", "audio/3gpp")
)
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def given(request: HttpRequest, attachment: Attachment) -> HttpResponse:
    """The file, or the part of it that was asked for, as players do. Raises AttachmentNotFound."""
    return given_bytes(request, attachments.read(attachment), attachment.name, attachment.media_type)


def given_bytes(request: HttpRequest, data: bytes, name: str, media_type: str) -> HttpResponse:
    """The same for any bytes that are here. A type that is not shown is downloaded."""
    shown = media_type in SHOWN and "download" not in request.GET
    response = HttpResponse(content_type=media_type if shown else attachments.UNKNOWN)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = content_disposition_header(not shown, name) or "attachment"
    response["Cache-Control"] = "private, max-age=3600"
    response["Accept-Ranges"] = "bytes"
    first, last = _part(request.headers.get("Range", ""), len(data))
    if first > last:
        response.status_code, response["Content-Range"] = 416, f"bytes */{len(data)}"
        return response
    if last - first + 1 < len(data):
        response.status_code, response["Content-Range"] = 206, f"bytes {first}-{last}/{len(data)}"
    response.content = data[first : last + 1]
    return response


def _part(asked: str, size: int) -> tuple[int, int]:
    """The first and the last byte (RFC 9110 §14.1.2), the whole file for what is not one range; first > last for none."""
    found = RANGE.fullmatch(asked)
    if found is None or not any(found.groups()):
        return 0, size - 1
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last or size), size - 1)
