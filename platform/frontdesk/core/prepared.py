"""Queries that are asked for every message, turned into SQL once a process and planned once a connection.

    @prepared
    def _waiting(channel: Any, lane: Any) -> QuerySet[Arrival]:
        return Arrival.objects.filter(channel=channel, lane=lane, state="received").order_by("pk")[:2]

    _waiting(channel.pk, lane)      # a list

    @prepared_change
    def _ended(pk: Any, state: Any) -> Change:
        return Change(Job.objects.filter(pk=pk), state=state, lease_until=None)

    _ended(job.pk, "done")          # how many rows

Django builds a query and its SQL anew each time, which costs several times as much as asking it. The function is called once,
with placeholders for its arguments; they may stand wherever a filter or an update takes an expression. The scope holds as ever:
the workspace is one more placeholder, and without one in scope it raises. Rows are saved this way too (`core.saving`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any, Generic, TypeVar

import psycopg
from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, router
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import Expression
from django.db.models.query import ModelIterable, QuerySet, get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.subqueries import UpdateQuery
from django.db.transaction import TransactionManagementError, mark_for_rollback_on_error
from psycopg import sql

from .scoping import get_scope, scope, unscoped

M = TypeVar("M", bound=models.Model)
WORKSPACE = "workspace in scope"


class _Given(Expression):
    """What a call gives, in the SQL a parameter that stands for itself. `fit` makes of it what a column takes."""

    def __init__(self, name: str, fit: Callable[[Any], Any] | None = None) -> None:
        super().__init__()
        self.name = name
        self.fit = fit or _as_parameter

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


class _Compared(models.Lookup):
    prepare_rhs = False
    form: str

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return self.form.format(left, right), [*parameters, *more]


@models.Field.register_lookup
@models.ForeignKey.register_lookup
class _Any(_Compared):
    """`field__any=values`: is one of a list that is one parameter, however many there are."""

    lookup_name = "any"
    form = "{} = ANY({})"


@models.Field.register_lookup
class _Same(_Compared):
    """`field__same=value`: is that value, or has none where that is None."""

    lookup_name = "same"
    form = "{} IS NOT DISTINCT FROM {}"


@dataclass(frozen=True, slots=True)
class Change:
    """Rows, and what is written into them."""

    rows: QuerySet[Any]
    values: dict[str, Any]

    def __init__(self, rows: QuerySet[Any], **values: Any) -> None:
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "values", values)


@contextmanager
def server_cursor() -> Iterator[CursorWrapper]:
    """A cursor whose statements are planned once a connection; those of Django's send their values inside the text, which is how
    they are logged.
    """
    here = connections[DEFAULT_DB_ALIAS]  # asked once: the proxy looks for its thread's connection each time
    here.ensure_connection()
    plain = here.queries_logged
    with here.cursor() if plain else here.make_cursor(psycopg.Cursor(here.connection)) as cursor:
        yield cursor


@dataclass(frozen=True, slots=True)
class _Plan:
    """`slots`: what stands for its parameters, in order. `read` makes an object of a row."""

    statement: str
    slots: Sequence[_Given]
    locks: bool = False
    read: Callable[[Sequence[Any]], Any] | None = None

    def run(self, given: dict[str, Any]) -> Any:
        if self.locks and connection.get_autocommit():
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        parameters = [slot.fit(given[slot.name]) for slot in self.slots]
        if self.read is None:
            with mark_for_rollback_on_error(), server_cursor() as cursor:
                cursor.execute(self.statement, parameters)
                return cursor.rowcount
        with server_cursor() as cursor:
            cursor.execute(self.statement, parameters)
            return list(map(self.read, cursor.fetchall()))


class _Statement:
    """A function that gives a queryset or a change, and its SQL for each kind of scope it was called in."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self.build = build
        self.names = tuple(signature(build).parameters)
        self._plans: dict[str, _Plan] = {}

    def _run(self, values: Sequence[Any]) -> Any:
        current = get_scope()
        workspace = current.get("workspace")
        if not current.get("_enabled", True):
            plan = self._kept("everywhere", unscoped())
        elif isinstance(workspace, models.Model):
            plan = self._kept("workspace", scope(workspace=_Given(WORKSPACE)))
        elif "workspace" in current:
            plan = self._planned()  # an unusual scope is part of the statement itself
        else:
            plan = self._kept("nowhere", nullcontext())
        return plan.run({**dict(zip(self.names, values, strict=True)), WORKSPACE: workspace})

    def _kept(self, kind: str, around: AbstractContextManager[None]) -> _Plan:
        if kind not in self._plans:
            with around:
                self._plans[kind] = self._planned()
        return self._plans[kind]

    def _planned(self) -> _Plan:
        built = self.build(*map(_Given, self.names))
        return _plan_of_change(built) if isinstance(built, Change) else _plan(built)


class prepared(_Statement, Generic[M]):  # noqa: N801
    """Of a function that gives a queryset: called with values, it gives the rows."""

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        super().__init__(build)

    def __call__(self, *values: Any) -> list[M]:
        found: list[M] = self._run(values)
        return found

    def first(self, *values: Any) -> M | None:
        """The first row; the queryset says in which order, and limits itself."""
        return next(iter(self(*values)), None)

    def get(self, *values: Any) -> M:
        """The row. Raises ObjectDoesNotExist."""
        found = self.first(*values)
        if found is None:
            raise ObjectDoesNotExist(f"{self.build.__module__}.{self.build.__name__}: nothing for {values}")
        return found


class prepared_change(_Statement):  # noqa: N801
    """Of a function that gives a Change: called with values, it makes it and gives how many rows."""

    def __init__(self, build: Callable[..., Change]) -> None:
        super().__init__(build)

    def __call__(self, *values: Any) -> int:
        changed: int = self._run(values)
        return changed


def _as_parameter(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _plan(rows: QuerySet[Any]) -> _Plan:
    if rows._iterable_class is not ModelIterable or rows._prefetch_related_lookups:
        raise TypeError("Only whole rows can be prepared, without what is looked up afterwards.")
    compiler = rows.query.get_compiler(connection=connection)
    statement, slots = _compiled(compiler)
    return _Plan(statement, slots, rows.query.select_for_update, _reader(compiler))


def _plan_of_change(change: Change) -> _Plan:
    query = change.rows.query.chain(UpdateQuery)
    field_of = change.rows.model._meta.get_field
    fitting = {name: _for_column(field_of(name), value) for name, value in change.values.items()}
    query.add_update_values(fitting)
    return _Plan(*_compiled(query.get_compiler(connection=connection)))


def _for_column(field: Any, value: Any) -> Any:
    if not isinstance(value, _Given):
        return value
    return _Given(value.name, lambda given: field.get_db_prep_save(_as_parameter(given), connection))


def _compiled(compiler: SQLCompiler) -> tuple[str, Sequence[_Given]]:
    """What does not change from call to call stands in the SQL, so that partial indexes serve it however it is planned."""
    text, parameters = compiler.as_sql()
    connection.ensure_connection()
    shown = [
        "%s" if isinstance(each, _Given) else sql.Literal(each).as_string(connection.connection).replace("%", "%%")
        for each in parameters
    ]
    pieces = text.split("%s")
    statement = pieces[0] + "".join(value + piece for value, piece in zip(shown, pieces[1:], strict=True))
    return statement, [each for each in parameters if isinstance(each, _Given)]


def _reader(compiler: SQLCompiler) -> Callable[[Sequence[Any]], Any]:
    """Makes a row's object with those it was joined to, as `ModelIterable` does."""
    select, klass = compiler.select, compiler.klass_info
    begin, end = klass["select_fields"][0], klass["select_fields"][-1] + 1
    names = [column.target.attname for column, _sql, _alias in select[begin:end]]
    model, alias = klass["model"], router.db_for_read(klass["model"])
    populators = get_related_populators(klass, select, alias)
    converters = compiler.get_converters([column for column, _sql, _alias in select[: compiler.col_count]])
    annotations = tuple((compiler.annotation_col_map or {}).items())

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, (steps, column) in converters.items():
            for step in steps:
                values[place] = step(values[place], column, connection)
        found = model.from_db(alias, names, values[begin:end])
        for populator in populators:
            populator.populate(values, found)
        for name, place in annotations:
            setattr(found, name, values[place])
        return found

    return read
