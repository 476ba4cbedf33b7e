"""Items to and from their table by COPY: what PostgreSQL takes in fastest."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson
from django.contrib.gis.db.models import GeometryField
from django.db import connection
from django.db.models import Field, JSONField

from .models import Item

_INCOMING = "incoming_items"


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
    columns = ", ".join(_name(field.column) for field in fields)
    readers = [(field.attname, _written(field)) for field in fields]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_name(table)} ({columns}) FROM STDIN") as copy,
    ):
        for item in items:
            copy.write_row([write(getattr(item, name)) for name, write in readers])


@cache
def _fields() -> list[Any]:
    """The columns that are written; PostgreSQL makes the others of them."""
    return [field for field in Item._meta.concrete_fields if not field.generated]


def _written(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    if isinstance(field, GeometryField):
        return lambda shape: shape and shape.hexewkb.decode()
    if isinstance(field, JSONField):
        return lambda value: orjson.dumps(value).decode()
    return lambda value: value


def _name(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
