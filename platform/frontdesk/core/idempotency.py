"""Idempotency-Key: the same key and body answers the stored reply, another body is a conflict.

Follows the IETF draft "The Idempotency-Key HTTP Header Field". Replies are kept for a day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import leases
from .errors import Conflict, Malformed
from .models import StoredReply

KEEP = timedelta(days=1)
LEASE = timedelta(seconds=15)
# Nothing was written; it passes with time, with credits, or with the answer in the making.
PASSING = frozenset({401, 402, 403, 409, 429})


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it was first given: HTTP status and JSON body, or None for one that was streamed."""

    status: int
    body: Any


def begin(owner: str, key: str, request: bytes) -> Reply | None:
    """Claim a key for a credential. Gives the stored reply if there is one, None when the caller must do the work.

    Raises Conflict when the key was used with another request, or when that request is still being worked on.
    """
    if not 1 <= len(key) <= 200:
        raise Malformed(_("An Idempotency-Key has 1 to 200 characters."))
    fingerprint = hashlib.sha256(request).hexdigest()
    try:
        with transaction.atomic():
            StoredReply.objects.create(owner=owner, key=key, fingerprint=fingerprint, lease_until=timezone.now() + LEASE)
    except IntegrityError:
        stored = StoredReply.objects.filter(owner=owner, key=key).first()
        if stored is None:
            return begin(owner, key, request)
        if stored.fingerprint != fingerprint:
            raise Conflict(
                _("This Idempotency-Key was used with another request. Use a new key."), code="IDEMPOTENCY_KEY_REUSED"
            ) from None
        if stored.status is not None:
            return Reply(stored.status, stored.body)
        if not _take_over(owner, key):
            raise Conflict(
                _("The first request with this Idempotency-Key is still being worked on."), code="IN_PROGRESS"
            ) from None
    leases.hold((owner, key), LEASE.total_seconds(), lambda: _extend(owner, key))
    return None


def _take_over(owner: str, key: str) -> bool:
    """Whether the process that worked on a request is gone, and this one is the first to notice."""
    now = timezone.now()
    gone = Q(lease_until__lt=now) | Q(lease_until=None)
    return bool(StoredReply.objects.filter(gone, owner=owner, key=key, status=None).update(lease_until=now + LEASE))


def _extend(owner: str, key: str) -> None:
    StoredReply.objects.filter(owner=owner, key=key, status=None).update(lease_until=timezone.now() + LEASE)


def finish(owner: str, key: str, reply: Reply) -> None:
    """Keep the reply. One that may be another later, though the request is the same, is forgotten: the client may try again."""
    if reply.status in PASSING or reply.status >= 500:
        release(owner, key)
    else:
        StoredReply.objects.filter(owner=owner, key=key).update(status=reply.status, body=reply.body)
        leave(owner, key)


def release(owner: str, key: str) -> None:
    """Forget a claim, so that the key may be used again."""
    StoredReply.objects.filter(owner=owner, key=key).delete()
    leave(owner, key)


def leave(owner: str, key: str) -> None:
    """This process works on it no more; a claim without a reply may soon be taken over."""
    leases.let_go((owner, key))


def forget_old() -> int:
    """Delete replies older than a day; gives how many."""
    return StoredReply.objects.filter(created_at__lt=timezone.now() - KEEP).delete()[0]
