"""Rate limits in a real Valkey."""

from __future__ import annotations

from uuid import uuid4

import pytest

from frontdesk.core import limits
from frontdesk.core.errors import TooManyRequests
from frontdesk.core.valkey import client


def test_a_burst_is_let_through_and_the_next_one_told_when_to_come_back() -> None:
    key = uuid4().hex
    for _ in range(60):
        limits.check(key, allowed=60, seconds=60)
    with pytest.raises(TooManyRequests) as refused:
        limits.check(key, allowed=60, seconds=60)
    assert 0 < refused.value.retry_after <= 1.0


def test_each_key_is_counted_for_itself() -> None:
    first, second = uuid4().hex, uuid4().hex
    limits.check(first, allowed=1, seconds=60)
    limits.check(second, allowed=1, seconds=60)
    with pytest.raises(TooManyRequests):
        limits.check(first, allowed=1, seconds=60)


def test_without_valkey_requests_go_through(settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    client.cache_clear()
    for _ in range(3):
        limits.check("any", allowed=1, seconds=60)
    client.cache_clear()
