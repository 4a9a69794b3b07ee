"""What tests that commit leave behind is gone, and what migrations made is there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from wagtail.models import Page

from frontdesk.workspaces.models import User

from .database import Rows


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
