"""Statements that are made once: the same rows, scopes, locks and values as Django's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frontdesk.conversations.models import Contact
from frontdesk.core.models import Job
from frontdesk.core.prepared import Change, prepared, prepared_change
from frontdesk.core.scoping import ScopeError, scope, unscoped
from frontdesk.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@prepared
def named(name: Any) -> QuerySet[Contact]:
    return Contact.objects.select_related("workspace").filter(name=name).order_by("pk")


@prepared
def locked(pk: Any) -> QuerySet[Contact]:
    return Contact.objects.select_for_update().filter(pk=pk)


@prepared
def among(names: Any, workspaces: Any) -> QuerySet[Contact]:
    return Contact.objects.filter(name__any=names, workspace__any=workspaces).order_by("pk")


@prepared_change
def renamed(pk: Any, language: Any, name: Any) -> Change:
    return Change(Contact.objects.filter(pk=pk), name=name, language=language, blocked_at=None)


@prepared_change
def put_off(pk: Any, seen: Any, until: Any, arguments: Any) -> Change:
    return Change(Job.objects.filter(pk=pk, run_after__same=seen, note="100%s"), run_after=until, arguments=arguments)


def contact(workspace: Workspace, name: str) -> Contact:
    with scope(workspace=workspace):
        return Contact.objects.create(workspace=workspace, name=name)


def values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_are_those_of_the_queryset_with_what_they_are_joined_to(workspace) -> None:
    made = contact(workspace, "O'Neill \\ 100%s %(a)s")
    for _time in range(7):  # PostgreSQL may choose another plan from the sixth time on
        with scope(workspace=workspace):
            (found,) = named(made.name)
            with CaptureQueriesContext(connection) as asked:
                assert found.workspace == workspace
            assert not asked.captured_queries
            assert values(found) == values(Contact.objects.get(pk=made.pk))
            assert values(found.workspace) == values(Workspace.objects.get(pk=workspace.pk))
            assert found._state.adding is False
            assert named.first("Nobody") is None


def test_a_statement_that_one_workspace_made_shows_another_its_own_rows_only(workspace, other_workspace) -> None:
    ours, theirs = contact(workspace, "Sam"), contact(other_workspace, "Sam")
    with scope(workspace=workspace):
        assert named("Sam") == [ours]
    with scope(workspace=other_workspace):
        assert named("Sam") == [theirs]
        assert not renamed(ours.pk, "de", "Max")
        assert renamed(theirs.pk, "de", "Max")
    with unscoped():
        assert named("Sam") == [ours]
    with scope(workspace=workspace):
        assert named("Sam") == [ours]
    ours.refresh_from_db()
    assert ours.language == ""


def test_without_a_workspace_in_scope_it_raises_each_time(workspace) -> None:
    contact(workspace, "Sam")
    for _time in range(2):
        with pytest.raises(ScopeError):
            named("Sam")
        with pytest.raises(ScopeError):
            renamed(1, "", "")
        with scope(workspace=workspace):
            assert named("Sam")
        with scope(workspace=[workspace]):
            assert named("Sam")
        with scope(workspace=None):
            assert named("Sam")


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_inside_a_transaction_only(workspace) -> None:
    made = contact(workspace, "Sam")
    with scope(workspace=workspace):
        for _time in range(2):
            with transaction.atomic():
                assert locked(made.pk) == [made]
            with pytest.raises(TransactionManagementError):
                locked(made.pk)


def test_lists_of_any_length_are_one_parameter(workspace, other_workspace) -> None:
    ours, theirs = contact(workspace, "Sam"), contact(other_workspace, "Max")
    with unscoped():
        assert among(["Sam", "Max"], [workspace.pk, other_workspace.pk]) == [ours, theirs]
        assert among(["Sam", "Max"], [workspace.pk]) == [ours]
        assert among([], [workspace.pk]) == []


def test_a_change_writes_what_a_column_takes_and_says_how_many_rows() -> None:
    job = Job.objects.create(kind="x", note="100%s")
    until = timezone.now() + timedelta(hours=1)
    assert put_off(job.pk, None, until, {"a": ["ü", None]}) == 1
    assert put_off(job.pk, None, until, {}) == 0
    assert put_off(job.pk, until, None, {"b": 1}) == 1
    job.refresh_from_db()
    assert (job.run_after, job.arguments) == (None, {"b": 1})


def test_rows_are_saved_as_django_saves_them(workspace) -> None:
    with scope(workspace=workspace):
        person = Contact.objects.create(workspace=workspace, name="Zoë 100%s", blocked_at=timezone.now())
        assert values(Contact.objects.get(pk=person.pk)) == values(person)
        before = person.updated_at
        person.name, person.blocked_at = "Zoe", None
        person.save(update_fields=["name", "updated_at"])
        kept = Contact.objects.get(pk=person.pk)
        assert (kept.name, kept.blocked_at is not None, kept.updated_at > before) == ("Zoe", True, True)
        person.save()
        assert values(Contact.objects.get(pk=person.pk)) == values(person)
        Contact.objects.filter(pk=person.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            person.save(update_fields=["name"])


def test_what_the_database_computes_is_djangos(workspace) -> None:
    job = Job.objects.create(kind="x", attempts=1)
    job.attempts = F("attempts") + 1
    job.save(update_fields=["attempts"])
    job.refresh_from_db()
    assert job.attempts == 2


def test_a_row_twice_raises_as_ever() -> None:
    Job.objects.create(kind="x", key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", uuid=Job.objects.get().uuid)
    assert Job.objects.create(kind="x", uuid=uuid4()).pk
