"""The pool of connections."""

from __future__ import annotations

from psycopg_pool.base import AttemptWithBackoff


def test_a_database_that_was_away_for_long_is_tried_again_soon() -> None:
    pool_gives_up_after = 300.0
    attempt, now = AttemptWithBackoff(timeout=pool_gives_up_after), 0.0
    while now < pool_gives_up_after - 10:
        attempt.update_delay(now)
        assert attempt.delay < 2
        now += attempt.delay
