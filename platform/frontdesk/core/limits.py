"""Rate limits, counted in Valkey so that all processes share them.

The generic cell rate algorithm (GCRA, as in ATM Forum TM 4.0): one number a key, no window edges, exact Retry-After.
When Valkey cannot be reached the request goes through: an outage must not silence a business.
"""

from __future__ import annotations

import logging

import redis
from django.conf import settings

from .errors import TooManyRequests
from .valkey import client

logger = logging.getLogger(__name__)

# KEYS[1] key; ARGV: emission interval (µs), burst tolerance (µs). Answers 0, or the microseconds to wait.
GCRA = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then tat = now end
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
if tat - now > burst then return math.ceil(tat - now - burst) end
redis.call('SET', KEYS[1], string.format('%.0f', tat + interval), 'PX', math.ceil((tat + interval - now) / 1000) + 1)
return 0
"""


def check(key: str, *, allowed: int, seconds: float) -> None:
    """Count one request under `key`. Raises TooManyRequests when `allowed` in `seconds` are used up."""
    interval = int(seconds * 1_000_000 / allowed)
    try:
        wait = client().eval(GCRA, 1, f"limit:{key}", interval, interval * (allowed - 1))
    except redis.RedisError:
        logger.warning("Valkey cannot be reached; rate limits are not counted.")
        return
    if wait:
        raise TooManyRequests(retry_after=wait / 1_000_000)


def check_chat(credential: str) -> None:
    """The limit on chat requests of one credential."""
    check(f"chat:{credential}", allowed=settings.CHAT_REQUESTS_PER_MINUTE, seconds=60)
