"""Files in a bucket. Only Django's STORAGES names this module, so that boto3 is imported only where a bucket is set."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3File, S3Storage

from .errors import StorageUnavailable

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)
# Pictures of public pages: given by Frontdesk itself, so that pages need no address that ends after a while.
PICTURES = "images/"
GONE = frozenset({"404", "NoSuchKey"})


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong with the storage, as a sentence; its cause is in the log."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in GONE:
            raise FileNotFoundError(str(error)) from error
        logger.error("the file storage could not be used: %s", error)
        raise StorageUnavailable from error


def _told(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def with_sentence(*args: P.args, **kwargs: P.kwargs) -> R:
        with told():
            return method(*args, **kwargs)

    return with_sentence


class S3Files(S3Storage):
    """Raises FileNotFoundError for a file that is not there, and StorageUnavailable for all else."""

    def __init__(self, **options: Any) -> None:
        style = options.pop("addressing_style", "auto")
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": style},
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 2},
            # Sums that many servers beside the vendor's own do not know.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(**{"file_overwrite": False, "default_acl": None, "client_config": config, **options})

    def _open(self, name: str, mode: str = "rb") -> S3File:
        """Fetched at once, so that it fails here or not at all."""
        with told():
            opened = super()._open(name, mode)
            if "r" in mode:
                _fetched = opened.file
            return opened

    def url(self, name: str, parameters: dict[str, Any] | None = None, expire: int | None = None, **more: Any) -> str:
        if name.startswith(PICTURES):
            return settings.MEDIA_URL + filepath_to_uri(name)
        with told():
            return super().url(name, parameters=parameters, expire=expire, **more)

    _save = _told(S3Storage._save)
    delete = _told(S3Storage.delete)
    exists = _told(S3Storage.exists)
    listdir = _told(S3Storage.listdir)
    size = _told(S3Storage.size)
    get_modified_time = _told(S3Storage.get_modified_time)
