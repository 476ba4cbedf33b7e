"""Keeps what a collection says of its items in step with them, with as few questions as can be.

Only an item that lies outside costs a write; only one taken from the edge costs a sum.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from . import boxes, queryables, summaries
from .documents import Document
from .models import Collection, Item
from .times import Interval
from .validation import OFF

ROOT = "/"  # stands for the root where a document is read only to be written back
_DESCRIBES = ("title", "type", "description", "roles")


def grow(collection: Collection, items: Sequence[Item], *, added: int) -> None:
    """After `items` were written: extends the collection (its row is locked) to hold them.

    `added` says how many of them are new; the others were replaced.
    """
    _count(collection, added)
    changes = queryables.grow(collection, items)
    empty = collection.derived and collection.start is None and collection.box is None
    box, start, end = collection.box, collection.start, collection.end
    for item in items:
        if item.box and not (box and box.holds(item.box)):
            box = boxes.unite(box, item.box)
        if item.start and (start is None if empty else start is not None and item.start < start):
            start = item.start
        if item.end and (end is None if empty else end is not None and item.end > end):
            end = item.end
        empty = empty and start is None
    if not _rewrite(collection, box, (start, end), changes, _asset_kinds(collection, items)):
        _save_count(collection)
    if added:
        admit()


def shrink(collection: Collection, *gone: Item, removed: int) -> None:
    """After items were taken away or replaced: a derived extent may have become smaller.

    Each of `gone` has the properties that are no more; `removed` says how many items are no more.
    """
    if removed:
        _count(collection, -removed)
    changes = queryables.shrink(collection, *(item.properties for item in gone))
    box, span = collection.box, (collection.start, collection.end)
    if collection.derived and any(_at_edge(collection, item) for item in gone):
        box, span = _measure(collection)
    if not _rewrite(collection, box, span, changes) and removed:
        _save_count(collection)


def _at_edge(collection: Collection, item: Item) -> bool:
    box, outer = item.box, collection.box
    if item.start == collection.start or item.end == collection.end:
        return True
    return bool(box and outer and box.touches_edge_of(outer))


def _count(collection: Collection, change: int) -> None:
    """To be saved with what else changes."""
    collection.count += change
    collection.contents = uuid.uuid4()


def _save_count(collection: Collection) -> None:
    """With nearly every write, and so in SQL: Django is longer about it than PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [collection.count, collection.contents, collection.pk])


_COUNT = 'UPDATE "stac_collection" SET "count" = %s, "contents" = %s WHERE "id" = %s'


def admit() -> None:
    """Call when there are more items than before: refuses them where they are too many."""
    if ask := getattr(settings, "STAC_ADMIT_ITEMS", ""):
        import_string(ask)()


def _measure(collection: Collection) -> tuple[boxes.Box | None, Interval]:
    """Box and time of all items, by one question."""
    over = Q(west__gt=F("east"))  # across the antimeridian
    found: dict[str, Any] = collection.items.aggregate(
        start=Min("start"),
        end=Max("end"),
        **_edges("plain", ~over),
        **_edges("over", over),
    )
    parts = [_box(found, "plain"), _box(found, "over")]
    return reduce(boxes.unite, parts), (found["start"], found["end"])


def _edges(name: str, which: Q) -> dict[str, Any]:
    lows = {f"{name}_{edge}": Min(edge, filter=which) for edge in ("west", "south")}
    highs = {f"{name}_{edge}": Max(edge, filter=which) for edge in ("east", "north")}
    return lows | highs


def _box(found: dict[str, Any], name: str) -> boxes.Box | None:
    numbers = [found[f"{name}_{edge}"] for edge in boxes.Box._fields]
    return None if numbers[0] is None else boxes.Box(*numbers)


def _asset_kinds(collection: Collection, items: Iterable[Item]) -> dict[str, Any]:
    """What item_assets should say (STAC 1.1.0, collection-spec, "Item Asset Definition")."""
    if not collection.derived:
        return {}
    kinds: dict[str, Any] = {}
    for item in items:
        for key, asset in item.to_stac(ROOT)["assets"].items():
            kind = {"title": key} | {k: asset[k] for k in _DESCRIBES if k in asset}
            if len(kind) > 1:
                kinds.setdefault(key, kind)
    return kinds


def _rewrite(
    collection: Collection,
    box: boxes.Box | None,
    span: Interval,
    changes: queryables.Changes,
    kinds: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Makes the collection say so; whether it was saved, for most items change nothing."""
    same = (box, *span) == (collection.box, collection.start, collection.end)
    if same and not kinds and not (collection.derived and changes):
        return False
    document = collection.to_stac(ROOT)
    known = document.get("item_assets", {})
    new = {key: kind for key, kind in kinds.items() if key not in known}
    summed = collection.derived and summaries.follow(document, changes)
    if same and not new and not summed:
        return False
    collection.box, (collection.start, collection.end) = box, span
    if new:
        document["item_assets"] = known | new
    if not collection.derived:
        document["extent"] = _with_first(document["extent"], collection.known_extent())
    rewrite(collection, document)
    return True


def _with_first(extent: Document, known: Document) -> Document:
    """The author's extent, its first box and interval (which span all others) made to hold."""
    first = list(known["spatial"]["bbox"][0])
    given = extent["spatial"]["bbox"]
    if len(given[0]) == 6:
        first = [*first[:2], given[0][2], *first[2:], given[0][5]]
    spatial = {**extent["spatial"], "bbox": [first, *given[1:]]}
    intervals = [known["temporal"]["interval"][0], *extent["temporal"]["interval"][1:]]
    return {**extent, "spatial": spatial, "temporal": {**extent["temporal"], "interval": intervals}}


def rewrite(collection: Collection, document: Document, strictness: str = OFF) -> None:
    """The next revision of a collection (its row is locked)."""
    collection.revision += 1
    collection.updated = timezone.now()
    collection.take(document, collection.held_keys(), strictness)
    collection.save()
