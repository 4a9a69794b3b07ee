"""Whether a worker is alive: it leaves a mark in Valkey that fades."""

from __future__ import annotations

import redis

from .valkey import client

KEY = "worker:heartbeat"
FADES_AFTER = 20


def beat() -> None:
    """Called by the worker's sweeper every few seconds."""
    client().set(KEY, 1, ex=FADES_AFTER)


def worker_alive() -> bool:
    """Whether a worker left its mark lately; False too when Valkey cannot be asked."""
    try:
        return bool(client().exists(KEY))
    except redis.RedisError:
        return False
