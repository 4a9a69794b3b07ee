"""A PostgreSQL address → Django's settings for it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from . import env


def from_url(url: str, *, pool_size: int) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?host=/socket/folder`, as libpq reads it.

    Connections come from a pool shared by all threads of a process: under ASGI every request has a thread of its own.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not a PostgreSQL address: {error}") from error
    options: dict[str, Any] = {
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
