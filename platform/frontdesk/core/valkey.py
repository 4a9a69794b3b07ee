"""Clients of the Redis-protocol server. One connection pool a process (and an event loop)."""

from __future__ import annotations

import asyncio
import weakref
from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """The synchronous client. No hidden retries: a caller says itself what it does without the server."""
    return redis.Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2)


_async_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = weakref.WeakKeyDictionary()


def async_client() -> redis.asyncio.Redis:
    """The asynchronous client of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        _async_clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, retry=redis.asyncio.retry.Retry(NoBackoff(), 0), socket_connect_timeout=2
        )
    return _async_clients[loop]
