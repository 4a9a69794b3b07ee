"""What tests that commit leave behind is gone, and what migrations made is there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, connections, transaction
from wagtail.models import Page

from frontdesk.workspaces.models import User

from .database import Rows, somebody_waits_for_us
from .live import wait_for


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_added_changed_and_deleted() -> None:
    with connection.cursor() as cursor:
        rows = Rows(cursor)
    kinds = (Group, Permission, Page, User)
    before = [list(kind.objects.order_by("pk").values()) for kind in kinds]
    for _time in range(2):
        User.objects.create(email="alice@example.org")
        Group.objects.create(name="Bakers")
        Page.objects.filter(depth=1).update(title="Another")
        Permission.objects.first().delete()

        rows.restore()

        assert [list(kind.objects.order_by("pk").values()) for kind in kinds] == before


@pytest.mark.django_db(transaction=True)
def test_who_still_works_for_a_test_has_its_way() -> None:
    """Who holds a row that clean-up waits for wants one that clean-up holds: of a deadlock, PostgreSQL could end either."""
    with connection.cursor() as cursor:
        rows = Rows(cursor)
    Group.objects.create(name="Bakers")
    User.objects.create(email="alice@example.org")
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            User.objects.update(is_active=False)
            cleaning = thread.submit(_with_own_connection, rows.restore)
            wait_for(somebody_waits_for_us, failure=lambda: "nobody cleans up")
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '500ms'")  # before the one that cleans up would notice
            assert Group.objects.filter(name="Bakers").update(name="Others") == 1
        cleaning.result()
    assert not Group.objects.filter(name="Others").exists()
    assert not User.objects.exists()


def _with_own_connection(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connections.close_all()
