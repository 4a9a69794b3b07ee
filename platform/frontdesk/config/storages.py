"""Where uploaded files are kept: the data folder, or a bucket of a storage that speaks S3."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from . import env

STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
OTHERS = ("S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_FOLDER", "S3_PATH_STYLE", "S3_LINKS")


def from_environment() -> dict[str, Any]:
    """Django's STORAGES. Without keys, boto3 looks for them where it always does, such as the role of the machine."""
    bucket = env.text("S3_BUCKET")
    if not bucket:
        if named := [name for name in OTHERS if env.text(name)]:
            raise ImproperlyConfigured(f"{named[0]} is set and S3_BUCKET is not: name the bucket, or take {named[0]} away.")
        return {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}, "staticfiles": STATIC}
    if not BUCKET.fullmatch(bucket):
        raise ImproperlyConfigured(f"S3_BUCKET must be the name of a bucket, in lower case and without slashes, not {bucket!r}.")
    endpoint, access, secret = env.text("S3_ENDPOINT"), env.text("S3_ACCESS_KEY"), env.text("S3_SECRET_KEY")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"S3_ENDPOINT must begin with https:// or http://, not {endpoint!r}.")
    if bool(access) != bool(secret):
        raise ImproperlyConfigured("Set both S3_ACCESS_KEY and S3_SECRET_KEY, or neither.")
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": env.text("S3_REGION", "us-east-1"),
        "access_key": access or None,
        "secret_key": secret or None,
        "location": env.text("S3_FOLDER").strip("/"),
        "addressing_style": "path" if env.boolean("S3_PATH_STYLE", bool(endpoint)) else "virtual",
    }
    return {"default": {"BACKEND": "frontdesk.core.s3.S3Files", "OPTIONS": options}, "staticfiles": STATIC}
