"""Files of messages that were never kept: a transaction that fails takes its rows back, and not what it put into the storage."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import due, every
from frontdesk.core.scoping import unscoped

from .models import FOLDER, Attachment

# A transaction that is still going on has no rows for others to see yet.
OLD = timedelta(days=1)
# In one hour, of 4,096 where there are many files: each has its turn about once a day.
FOLDERS = 200


@job("conversations.remove_leftovers", lease=60)
def remove_leftovers(work: Work) -> dict[str, object]:
    return {"removed": sum(_remove_from(folder) for folder in _some_folders())}


def _some_folders() -> list[str]:
    try:
        found = default_storage.listdir(FOLDER)[0]
    except FileNotFoundError:
        return []
    return [f"{FOLDER}/{name}" for name in random.sample(found, min(FOLDERS, len(found)))]


def _remove_from(folder: str) -> int:
    before = timezone.now() - OLD
    old = [name for file in default_storage.listdir(folder)[1] if _written(name := f"{folder}/{file}") < before]
    with unscoped():
        kept = set(Attachment.objects.filter(file__in=old).values_list("file", flat=True)) if old else set()
    left = set(old) - kept
    for name in left:
        default_storage.delete(name)
    return len(left)


def _written(name: str) -> datetime:
    """When; now for one that was deleted meanwhile."""
    try:
        return default_storage.get_modified_time(name)
    except FileNotFoundError:
        return timezone.now()


due("conversations.remove_leftovers", every(minutes=60))
