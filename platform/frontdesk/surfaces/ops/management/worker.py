"""The worker process: Huey's consumer, with its scheduler of periodic tasks."""

from __future__ import annotations

from django.conf import settings
from huey.consumer import Consumer

from frontdesk.core import job_loop, jobs
from frontdesk.core.bell import huey
from frontdesk.runs import live

FINISH_SECONDS = 8  # for the jobs at hand when asked to stop; what is left then is another worker's at once


def consume() -> None:
    """Work until SIGTERM, which finishes the jobs at hand first, or SIGINT, which does not."""
    job_loop.start()
    Consumer(huey, workers=settings.WORKER_THREADS, shutdown_timeout=FINISH_SECONDS, graceful_signal="TERM").run()
    live.let_go()
    jobs.put_back()
