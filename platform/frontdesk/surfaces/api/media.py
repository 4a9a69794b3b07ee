"""Addresses of files in answers are absolute."""

from __future__ import annotations

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest


def absolute(request: HttpRequest | None, url: str | FieldFile | None) -> str | None:
    """A file's address with the host of the request, or of `BASE_URL` where there is no request. None when there is no file."""
    if isinstance(url, FieldFile):
        url = url.url if url else None
    if not url:
        return None
    if request is not None:
        return request.build_absolute_uri(url)
    return url if "://" in url else f"{settings.BASE_URL}/{url.lstrip('/')}"
