"""One request at a time to a host, with a pause after it, whichever workers ask and for whom."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from secrets import token_hex
from urllib.parse import urlsplit

import redis
from django.conf import settings

from frontdesk.core.jobs import Again
from frontdesk.core.valkey import client

logger = logging.getLogger(__name__)
Turn = AbstractContextManager[None]
# A turn that was never given back, because its worker was killed, ends by itself.
LONGEST_TURN = 60.0
# A worker waits so long; when it would take longer it does something else meanwhile.
PATIENCE = 1.0
# KEYS[1] the host's turn; ARGV: whose it must be, and for how many milliseconds nobody gets it.
GIVE_BACK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('DEL', KEYS[1])
"""


def usual_pause() -> float:
    """Seconds between two requests where the site itself does not say."""
    return settings.KNOWLEDGE_SITE_PAUSE / 1000


@contextmanager
def turn(url: str, pause: float, checkpoint: Callable[[], None]) -> Iterator[None]:
    """Inside, nobody else of us asks this host; for `pause` seconds afterwards neither. Raises Again when that takes long.

    Without Valkey everybody's turn comes at once: pages are still asked for one after another within a site.
    """
    name, mine = f"turn:{urlsplit(url).hostname}", token_hex(8)
    try:
        while not client().set(name, mine, nx=True, px=int(LONGEST_TURN * 1000)):
            left = max(0, client().pttl(name)) / 1000
            if left > PATIENCE:
                raise Again(after=min(left, LONGEST_TURN) if pause > PATIENCE else PATIENCE)
            checkpoint()
            time.sleep(left)
    except redis.RedisError:
        logger.warning("Valkey cannot be reached; nobody takes turns.")
        yield
        return
    try:
        yield
    finally:
        try:
            client().eval(GIVE_BACK, 1, name, mine, int(pause * 1000))
        except redis.RedisError:
            logger.warning("Valkey cannot be reached; the turn at %s ends by itself.", name)
