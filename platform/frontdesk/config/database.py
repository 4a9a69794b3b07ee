"""A PostgreSQL address → Django's settings for it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool.base import AttemptWithBackoff

from . import env

# Times that a connection has seen a statement. Only psycopg's own cursors prepare at all, Django's never do.
PREPARED_FROM = 1
# A database that is away is tried again every second. The pool's own delays double each time: whoever asks a second after a
# minute's outage would wait for another minute, and be told in vain that it is away. The pool has no setting for it.
AttemptWithBackoff.DELAY_BACKOFF = 1.0


def from_url(url: str, *, pool_size: int, prepared: bool = True) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?host=/socket/folder`, as libpq reads it.

    Connections come from a pool shared by all threads of a process: under ASGI every request has a thread of its own.
    `prepared`: statements that come again and again are planned once a connection, which some poolers in between cannot do.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not a PostgreSQL address: {error}") from error
    options: dict[str, Any] = {
        "prepare_threshold": PREPARED_FROM if prepared else None,
        "pool": {"min_size": 0, "max_size": pool_size, "timeout": 20, "max_idle": 120},
        **{key: value for key, value in parts.items() if key not in {"dbname", "user", "password", "host", "port"}},
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname") or "frontdesk",
        "USER": parts.get("user") or "",
        "PASSWORD": parts.get("password") or "",
        "HOST": parts.get("host") or "",
        "PORT": parts.get("port") or "",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"NAME": env.text("TEST_DATABASE_NAME", "test_frontdesk")},
    }
