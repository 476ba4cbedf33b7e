"""What collections have under which name: what they can be searched by and sorted by.

Collections are few, so their members are looked at when that is asked, and only of those that
the asker may see.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from . import queryables, sorting
from .cql2.operands import Kind

MOST_NAMES = 1_000  # others can be asked for, they are only not listed

_TIME = {"type": "string", "format": "date-time"}
_ALWAYS: dict[str, Any] = {
    "id": {"title": "Collection id", "type": "string"},
    "title": {"title": "Title", "type": "string"},
    "description": {"title": "Description", "type": "string"},
    "keywords": {"title": "Keywords", "type": "array", "items": {"type": "string"}},
    "license": {"title": "License", "type": "string"},
    "geometry": {
        "title": "Spatial extent",
        "$ref": "https://geojson.org/schema/Geometry.json",
        "format": "geometry-any",
    },
    "datetime": {"title": "Temporal extent", **_TIME},
    "start_datetime": {"title": "Start of the temporal extent", **_TIME},
    "end_datetime": {"title": "End of the temporal extent", **_TIME},
}
_SORTED_ALWAYS: dict[str, Sequence[str]] = {
    **{name: [Kind.TEXT] for name in ("id", "title", "description", "license")},
    **{name: [Kind.MOMENT] for name in ("datetime", "start_datetime", "end_datetime")},
}


def known(rows: QuerySet[Any], names: Sequence[str]) -> sorting.Kinds:
    """The kinds of values that these collections have under these names, to sort by."""
    found = _types(rows, set(names) - _SORTED_ALWAYS.keys())
    kinds = {name: sorting.sortable(types, [""]) for name, types in found.items()}
    return _SORTED_ALWAYS | {name: of for name, of in kinds.items() if of}


def queryable(own: str, rows: QuerySet[Any]) -> dict[str, Any]:
    """A JSON Schema of the names that filters of collections can use; others are null."""
    found = {name: _told(name, types) for name, types in _types(rows).items()}
    return queryables.written(own, "Queryables of collections", found | _ALWAYS, others=True)


def sortable(own: str, rows: QuerySet[Any]) -> dict[str, Any]:
    """The names that collections are sorted by, and no others (Sort extension 1.1.0)."""
    found = {
        name: _told(name, types)
        for name, types in _types(rows).items()
        if sorting.sortable(types, [""])
    }
    always = {name: _ALWAYS[name] for name in _SORTED_ALWAYS}
    return queryables.written(own, "Sortables of collections", found | always, others=False)


def _told(name: str, types: Sequence[str]) -> dict[str, Any]:
    return {"title": name, "type": types[0] if len(types) == 1 else types}


def _types(rows: QuerySet[Any], names: set[str] | None = None) -> dict[str, list[str]]:
    """The JSON types of each member, or of those named."""
    try:
        seen, parameters = rows.order_by().values("properties").query.sql_with_params()
    except EmptyResultSet:
        return {}
    which = "" if names is None else "AND key = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, array_agg(DISTINCT jsonb_typeof(value))"  # noqa: S608 - Django's own SQL
            f" FROM ({seen}) AS seen, jsonb_each(properties)"
            f" WHERE jsonb_typeof(value) <> 'null' {which}"
            f' GROUP BY key ORDER BY key COLLATE "C" LIMIT {MOST_NAMES}',
            [*parameters, *([] if names is None else [sorted(names)])],
        )
        return dict(cursor.fetchall())
