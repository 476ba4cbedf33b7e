"""What items have under which name, kept as they are written, so that no request scans them.

Writing costs a write only where an item brings something new; taking away asks only whether
others have the same, and measures bounds anew only where the item was at one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import batched
from typing import Any

import orjson
from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from . import shapes, sorting, sql
from .cql2.operands import Kind, Member
from .documents import LONGEST_ID
from .inserting import twin
from .models import Collection, Item, Queryable

MOST_NAMES = 1_000  # of one collection; other names can be asked for, they are only not listed
MOST_VALUES = 50  # of an enum
LONGEST_VALUE = 100  # characters
MOST_ASKED = 500  # in one question; PostgreSQL takes 1,664 columns

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string"}
_KINDS |= {list: "array", dict: "object"}
_PLAIN = ("format", "lowest", "highest")
_CHANGING = ("kinds", "values", *_PLAIN)

Properties = Mapping[str, Any]
Changes = Mapping[str, tuple[Queryable | None, Queryable | None]]  # before and after, by name


def _of_names(collection: str, names: list[str]) -> QuerySet[Queryable, tuple[Any, ...]]:
    rows = Queryable.objects.filter(collection=collection, name__in=names)
    kinds, texts = Cast("kinds", sql.TEXT), Cast("values", sql.TEXT)
    return rows.values_list("id", "name", *_PLAIN, kinds, texts)


def _known(collection: Collection, names: Set[str]) -> dict[str, Queryable]:
    found = {}
    asked, blank = (collection.pk, sorted(names)), Queryable(collection=collection)
    blank._state.adding = False
    for id, name, *values in shapes.rows(_of_names, *asked, fixed="queryables"):
        plain = dict(zip(_PLAIN, values, strict=False))
        kinds, texts = (text and orjson.loads(text) for text in values[len(_PLAIN) :])
        row = twin(blank)
        vars(row).update(id=id, name=name, kinds=kinds, values=texts, **plain)
        found[name] = row
    return found


def grow(collection: Collection, items: Sequence[Item]) -> Changes:
    """After `items` were written (the collection's row is locked); gives what has changed."""
    columns = _columns(items)
    names = columns.keys()
    known = _known(collection, names)
    before = {name: twin(row) for name, row in known.items()}
    room = MOST_NAMES - collection.queryables.count() if names - known.keys() else 0
    for name in sorted(names - known.keys())[: max(room, 0)]:
        known[name] = Queryable(collection=collection, name=name)
    for name in columns.keys() & known.keys():
        _see(known[name], columns[name])
    changes = _changes(before, known)
    rows = [row for _, row in changes.values() if row]
    _update([row for row in rows if row.pk])
    Queryable.objects.bulk_create([row for row in rows if row.pk is None and row.kinds])
    return changes


def _update(rows: Sequence[Queryable]) -> None:
    """All of them by one statement, which is short however many they are."""
    if rows:
        given = [{name: getattr(row, name) for name in ("id", *_CHANGING)} for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [orjson.dumps(given).decode()])


_UPDATE = """
UPDATE stac_queryable AS old
SET kinds = new.kinds, format = new.format, lowest = new.lowest, highest = new.highest,
    "values" = new."values"
FROM jsonb_to_recordset(%s::jsonb) AS new
    (id bigint, kinds jsonb, format text, lowest float8, highest float8, "values" jsonb)
WHERE old.id = new.id
"""


def _changes(before: Mapping[str, Queryable], after: Mapping[str, Queryable]) -> Changes:
    pairs = {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()}
    return {name: pair for name, pair in pairs.items() if _values(pair[0]) != _values(pair[1])}


def _values(row: Queryable | None) -> list[Any]:
    """Lists are made anew where they change, so that a copy keeps what was."""
    return [getattr(row, name) for name in _CHANGING] if row else []


def _columns(items: Sequence[Item]) -> dict[str, list[Any]]:
    """What they have under each name."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for item in items:
        for name, value in item.properties.items():
            found[name].append(value)
    return {name: values for name, values in found.items() if len(name.encode()) <= LONGEST_ID}


def _see(row: Queryable, values: Sequence[Any]) -> None:
    kinds = {_KINDS[each] for each in {type(value) for value in values} if each in _KINDS}
    row.kinds = sorted(kinds.union(row.kinds))
    numbers = [value for value in values if type(value) in (int, float)]
    if numbers:
        known = () if row.lowest is None else (row.lowest, row.highest)
        row.lowest, row.highest = min([*known, *numbers]), max([*known, *numbers])
    if row.values is None and row.format == "":
        return
    texts = {value for value in values if type(value) is str}
    listed = {text for value in values if type(value) is list for text in _texts(value)}
    _see_format(row, texts)
    _add_values(row, texts | listed)


def _see_format(row: Queryable, texts: Set[str]) -> None:
    formats = {
        "date-time" if _TIME.fullmatch(text) else "date" if _DATE.fullmatch(text) else ""
        for text in texts
    }
    if formats - {""}:
        row.values = None
    if row.format is not None:
        formats.add(row.format)
    if formats:
        row.format = formats.pop() if len(formats) == 1 else ""


def _add_values(row: Queryable, texts: Set[str]) -> None:
    if row.values is None:
        return
    whole = {*texts, *row.values}
    is_enum = len(whole) <= MOST_VALUES and all(len(text) <= LONGEST_VALUE for text in texts)
    row.values = sorted(whole) if is_enum else None


def _texts(value: Any) -> list[str]:
    """A text, or those in a list."""
    listed = value if isinstance(value, list) else [value]
    return [text for text in listed if isinstance(text, str)]


def changed(before: Properties, after: Properties) -> dict[str, Any]:
    """What a document had that it does not have any more."""
    return {name: v for name, v in before.items() if name not in after or after[name] != v}


def shrink(collection: Collection, *gone: Properties) -> Changes:
    """After items lost these properties, or were taken away with them; gives what has changed."""
    names = {name for properties in gone for name in properties}
    rows = {row.name: row for row in collection.queryables.filter(name__in=names)}
    before = {name: twin(row) for name, row in rows.items()}
    lost = [pair for properties in gone for pair in properties.items() if pair[0] in rows]
    edges = {name for name, value in lost if _is_edge(rows[name], value)}
    _forget(collection, rows, {(name, text) for name, v in lost for text in _asked(rows[name], v)})
    for some in batched(sorted(edges & rows.keys()), MOST_ASKED):
        _measure(collection, [rows[name] for name in some])
    changes = _changes(before, rows)
    _update([row for _, row in changes.values() if row])
    return changes


def _is_edge(row: Queryable, value: Any) -> bool:
    return not isinstance(value, bool) and value in (row.lowest, row.highest)


def _forget(
    collection: Collection, rows: dict[str, Queryable], lost: set[tuple[str, str | None]]
) -> None:
    """Names and texts that no other item has, some hundreds by one question."""
    for some in batched(sorted(lost, key=repr), MOST_ASKED):
        for name, value in _gone(collection, some):
            if value is not None and name in rows:
                rows[name].values = [text for text in rows[name].values or () if text != value]
            elif name in rows:
                rows.pop(name).delete()


def _gone(
    collection: Collection, pairs: Sequence[tuple[str, str | None]]
) -> Iterator[tuple[str, str | None]]:
    """Those that no item of the collection has; where there is no text, any will do."""
    asked = {f"q{number}": pair for number, pair in enumerate(pairs)}
    others = Item.objects.filter(collection=OuterRef("pk"))
    have = {
        key: Exists(others.filter(properties__has_key=name))
        if value is None
        else Exists(
            others.filter(
                Q(properties__contains={name: value}) | Q(properties__contains={name: [value]})
            )
        )
        for key, (name, value) in asked.items()
    }
    found = Collection.objects.filter(pk=collection.pk).annotate(**have).values(*have).get()
    yield from (asked[key] for key, there in found.items() if not there)


def _asked(row: Queryable, value: Any) -> list[str | None]:
    return [None, *(text for text in _texts(value) if text in (row.values or ()))]


def _measure(collection: Collection, rows: Sequence[Queryable]) -> None:
    numbers = {row.name: Member("", Kind.UNKNOWN, row.name).number() for row in rows}
    wanted: dict[str, Any] = {}
    for number, expression in enumerate(numbers.values()):
        wanted |= {f"low{number}": Min(expression), f"high{number}": Max(expression)}
    found = collection.items.aggregate(**wanted) if wanted else {}
    for number, row in enumerate(rows):
        row.lowest, row.highest = (_float(found[f"{end}{number}"]) for end in ("low", "high"))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def schema(own: str, title: str, rows: Iterable[Queryable]) -> dict[str, Any]:
    """A JSON Schema of the names that filters can use; others are taken, and are null."""
    return written(own, title, described(rows), others=True)


def written(own: str, title: str, properties: dict[str, Any], *, others: bool) -> dict[str, Any]:
    """A JSON Schema of names that can be used; `others` says whether more than these can."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": own,
        "type": "object",
        "title": title,
        "properties": properties,
        "additionalProperties": others,
    }


def described(rows: Iterable[Queryable]) -> dict[str, Any]:
    """The schema of each name."""
    return _ALWAYS | {name: _described(row) for name, row in sorted(_merged(rows).items())}


def sortables(own: str, title: str, rows: Iterable[Queryable]) -> dict[str, Any]:
    """The names that `sortby` takes, and no others (Sort extension 1.1.0, "Sortables")."""
    always = {name: _ALWAYS[name] for name in sorting.ALWAYS}
    others = {
        name: {key: value for key, value in _described(row).items() if key in _OF_SORTABLES}
        for name, row in sorted(_merged(rows).items())
        if sorting.sortable(row.kinds, [row.format])
    }
    return written(own, title, always | others, others=False)


_OF_SORTABLES = ("title", "type", "format")


_ALWAYS: dict[str, Any] = {
    "id": {"title": "Item id", "type": "string"},
    "collection": {"title": "Collection id", "type": "string"},
    "geometry": {
        "title": "Footprint",
        "$ref": "https://geojson.org/schema/Geometry.json",
        "format": "geometry-any",
    },
    "datetime": {"title": "Date and time", "type": "string", "format": "date-time"},
}


def _merged(rows: Iterable[Queryable]) -> dict[str, Queryable]:
    """One row a name, over all collections."""
    merged: dict[str, Queryable] = {}
    for row in rows:
        if row.name not in _ALWAYS:
            merged[row.name] = _united(merged[row.name], row) if row.name in merged else row
    return merged


def _united(one: Queryable, other: Queryable) -> Queryable:
    formats = {format for format in (one.format, other.format) if format is not None}
    bounds = [n for n in (one.lowest, one.highest, other.lowest, other.highest) if n is not None]
    texts = None
    if one.values is not None and other.values is not None:
        texts = sorted({*one.values, *other.values})
    return Queryable(
        name=one.name,
        kinds=sorted({*one.kinds, *other.kinds}),
        format=formats.pop() if len(formats) == 1 else "" if formats else None,
        lowest=min(bounds, default=None),
        highest=max(bounds, default=None),
        values=texts if texts is not None and len(texts) <= MOST_VALUES else None,
    )


def _described(row: Queryable) -> dict[str, Any]:
    kinds = [kind for kind in row.kinds if kind != "integer" or "number" not in row.kinds]
    told: dict[str, Any] = {"title": row.name, "type": kinds[0] if len(kinds) == 1 else kinds}
    if row.format:
        told["format"] = row.format
    if row.lowest is not None:
        told |= {"minimum": plain(row.lowest), "maximum": plain(row.highest)}
    if kinds == ["string"] and row.values:
        told["enum"] = row.values
    if kinds == ["array"] and row.values:
        told["items"] = {"enum": row.values}
    return told


def plain(number: float | None) -> float | int | None:
    """As JSON has it: a whole one without its point."""
    return int(number) if number is not None and number == int(number) else number
