"""How the parts of this Frontdesk are."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django
import redis
from django.db import DatabaseError, connection
from django.db.models import Count, F, Min
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

import frontdesk
from frontdesk.core.heartbeat import worker_alive
from frontdesk.core.models import Job
from frontdesk.core.valkey import client
from frontdesk.runs.models import Run

# A job that waits longer than this, while a worker is alive, means too few workers.
LONG = timedelta(minutes=5)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """`said` is a version, a number, or what is wrong."""

    name: Any
    well: bool
    said: str


def parts() -> list[Part]:
    return [_database(), _valkey(), _worker(), *_queue(), *_runs()]


def versions() -> list[tuple[str, str]]:
    return [("Frontdesk", frontdesk.__version__), ("Python", platform.python_version()), ("Django", django.get_version())]


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'), (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
            )
            server, vector = cursor.fetchone()
    except (DatabaseError, PoolTimeout) as error:
        return Part("PostgreSQL", False, str(error).splitlines()[0])
    return Part("PostgreSQL", True, f"{server}, pgvector {vector}")


def _valkey() -> Part:
    try:
        told = client().info("server")
    except redis.RedisError as error:
        return Part("Valkey", False, str(error))
    return Part("Valkey", True, str(told.get("valkey_version") or told.get("redis_version")))


def _worker() -> Part:
    alive = worker_alive()
    return Part(_("Worker"), alive, _("at work") if alive else _("no sign of life; nothing is learned until one is started"))


def _queue() -> list[Part]:
    counts = dict(Job.objects.order_by().values_list("state").annotate(n=Count("id")))
    due = Job.objects.filter(state=Job.State.QUEUED, run_after=None).aggregate(since=Min("created_at"))["since"]
    late = due is not None and timezone.now() - due > LONG
    waiting = str(counts.get(Job.State.QUEUED, 0))
    if due is not None:
        waiting = _("%(n)s, the oldest for %(time)s") % {"n": waiting, "time": timesince(due)}
    # One attempt that failed is an owner's unreadable file; all of them used up is ours.
    lately = Job.objects.filter(state=Job.State.FAILED, finished_at__gt=timezone.now() - DAY)
    given_up = lately.filter(attempts__gte=F("max_attempts")).count()
    return [
        Part(_("Jobs waiting"), not late, waiting),
        Part(_("Jobs at work"), True, str(counts.get(Job.State.RUNNING, 0))),
        Part(_("Jobs given up in 24 hours"), not given_up, str(given_up)),
    ]


def _runs() -> list[Part]:
    now = timezone.now()
    open_runs = Run.objects.filter(state__in=Run.OPEN)
    overdue = open_runs.filter(deadline_at__lt=now - LONG).count()
    failed = Run.objects.filter(state=Run.State.FAILED, created_at__gt=now - DAY).count()
    return [
        Part(_("Answers in the making"), not overdue, str(open_runs.count())),
        Part(_("Answers failed in 24 hours"), not failed, str(failed)),
    ]
