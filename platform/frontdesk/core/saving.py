"""How a row is written: its statement once a model and set of columns, planned once a connection, where Django builds it anew."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from .prepared import server_cursor


class Saved(models.Model):
    """`save` and `create` as ever, signals included; only the statement comes from here. What a database computes is Django's."""

    class Meta:
        abstract = True

    def _do_insert(self, manager: Any, using: str, fields: Sequence[Any], returning_fields: Sequence[Any], raw: bool) -> Any:
        plain = not raw and _are_plain(tuple(fields), tuple(returning_fields))
        written = _values(fields, [field.pre_save(self, True) for field in fields]) if plain else None
        if written is None:
            return super()._do_insert(manager, using, fields, returning_fields, raw)
        with server_cursor() as cursor:
            cursor.execute(_insert(manager.model, tuple(fields), tuple(returning_fields)), written)
            return cursor.fetchall() if returning_fields else []

    def _do_update(
        self, base_qs: Any, using: str, pk_val: Any, values: Sequence[Any], update_fields: Any, forced_update: bool
    ) -> bool:
        fields = [field for field, _model, _value in values]
        plain = _are_plain(tuple(fields), ())
        written = _values(fields, [value for _field, _model, value in values]) if plain else None
        if not written:
            return super()._do_update(base_qs, using, pk_val, values, update_fields, forced_update)
        with server_cursor() as cursor:
            cursor.execute(_update(base_qs.model, tuple(fields)), [*written, pk_val])
            return cursor.rowcount > 0


def insert_all(rows: Sequence[Saved]) -> None:
    """New rows of one model, in one statement. One alone is what there mostly is, and its statement is made already."""
    if len(rows) == 1:
        rows[0].save(force_insert=True)
    elif rows:
        type(rows[0])._default_manager.bulk_create(rows)


def _values(fields: Sequence[Any], values: Sequence[Any]) -> list[Any] | None:
    """As the columns take them; None where one is an expression."""
    if any(hasattr(value, "resolve_expression") for value in values):
        return None
    here = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, here) for field, value in zip(fields, values, strict=True)]


@lru_cache(maxsize=512)
def _are_plain(fields: tuple[Any, ...], returning: tuple[Any, ...]) -> bool:
    """Whether each of them is written as a parameter, and comes back as it is."""
    converted = any(field.get_db_converters(connection) for field in returning)
    return not converted and not any(hasattr(field, "get_placeholder") for field in fields)


@lru_cache(maxsize=512)
def _insert(model: type[models.Model], fields: tuple[Any, ...], returning: tuple[Any, ...]) -> str:
    places = ", ".join(["%s"] * len(fields))
    back = f" RETURNING {_columns(returning)}" if returning else ""
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({_columns(fields)}) VALUES ({places}){back}"  # noqa: S608


@lru_cache(maxsize=512)
def _update(model: type[models.Model], fields: tuple[Any, ...]) -> str:
    written = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {written} WHERE {_quoted(model._meta.pk.column)} = %s"  # noqa: S608


def _columns(fields: Sequence[Any]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name).replace("%", "%%")
