"""Items to and from their table by COPY: what PostgreSQL takes in fastest."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import connection

from .inserting import ewkb
from .models import Item

_INCOMING = "incoming_items"

# How values go in PostgreSQL's binary form, by the kind of their field.
_TYPES = {
    "CharField": "text",
    "TextField": "text",
    "ForeignKey": "text",
    "BigAutoField": "int8",
    "PositiveIntegerField": "int4",
    "FloatField": "float8",
    "DateTimeField": "timestamptz",
    "GeometryField": "bytea",  # as `ewkb` writes it
    "JSONField": "bytea",  # as `_jsonb` writes it
}


def insert(items: Sequence[Item]) -> None:
    """New rows; their keys are drawn by PostgreSQL and not read back."""
    if items:
        _copy(Item._meta.db_table, items, [field for field in _fields() if not field.primary_key])


def update(items: Sequence[Item]) -> None:
    """All columns of the rows that have the items' keys. Call inside a transaction."""
    if not items:
        return
    table, fields = _name(Item._meta.db_table), _fields()
    changed = [_name(field.column) for field in fields if not field.primary_key]
    key = _name(Item._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_INCOMING} (LIKE {table}) ON COMMIT DROP")
        cursor.execute(f"TRUNCATE {_INCOMING}")
        _copy(_INCOMING, items, fields)
        cursor.execute(
            f"UPDATE {table} SET ({', '.join(changed)}) ="  # noqa: S608 - our own names
            f" ({', '.join(f'new.{column}' for column in changed)})"
            f" FROM {_INCOMING} new WHERE {table}.{key} = new.{key}"
        )


def _copy(table: str, items: Sequence[Item], fields: Sequence[Any]) -> None:
    """In binary: nothing is escaped here, and nothing parsed there."""
    columns = ", ".join(_name(field.column) for field in fields)
    kinds = [(field.attname, field.get_internal_type()) for field in fields]
    plan = [(name, _WRITERS.get(kind)) for name, kind in kinds]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_name(table)} ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types([_TYPES[kind] for _, kind in kinds])
        for item in items:
            values = vars(item)
            copy.write_row([write(values[n]) if write else values[n] for n, write in plan])


@cache
def _fields() -> list[Any]:
    """The columns that are written; PostgreSQL makes the others of them."""
    return [field for field in Item._meta.concrete_fields if not field.generated]


def _jsonb(value: Any) -> bytes:
    """With the number of the form in front (PostgreSQL's jsonb_recv)."""
    return b"\x01" + orjson.dumps(value)


_WRITERS: dict[str, Callable[[Any], Any]] = {"GeometryField": ewkb, "JSONField": _jsonb}


def _name(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
