"""Deleted things leave the catalog at once; document and files stay a while, to be restored."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import batched
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import extents
from .errors import Conflict, NotFound
from .models import Asset, Collection, Item, Trashed

KEPT = timedelta(days=7)
_FILE = ("key", "name", "size", "checksum", "media_type")


def keep_item(item: Item, by: str, along: Trashed | None = None) -> Trashed:
    """Puts an item's document and the names of its files into the trash."""
    trashed = _of_item(item, by, along, item.held_assets.all())
    trashed.save()
    return trashed


def keep_collection(collection: Collection, by: str) -> Trashed:
    """Puts a collection and all its items into the trash."""
    own = collection.held_assets.filter(item=None)
    trashed = Trashed.objects.create(
        kind=Trashed.Kind.COLLECTION,
        collection=collection.pk,
        title=collection.title,
        body=collection.body,
        visibility=collection.visibility,
        derived=collection.derived,
        held=[_file(row) for row in own],
        by=by,
    )
    items = collection.items.prefetch_related("held_assets").iterator(chunk_size=500)
    for some in batched(items, 500):
        rows = [_of_item(item, by, trashed, item.held_assets.all()) for item in some]
        Trashed.objects.bulk_create(rows)
    return trashed


def keep_assets(collection: Collection, item: Item | None, rows: list[Asset]) -> None:
    """Puts the files of assets that their document no longer names into the trash."""
    if not rows:
        return
    Trashed.objects.create(
        kind=Trashed.Kind.ASSET,
        collection=collection.pk,
        item=item.stac_id if item else "",
        held=[_file(row) for row in rows],
    )
    Asset.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _of_item(item: Item, by: str, along: Trashed | None, held: Iterable[Asset]) -> Trashed:
    return Trashed(
        kind=Trashed.Kind.ITEM,
        collection=item.collection_id,
        item=item.stac_id,
        title=item.properties.get("title") or "",
        body=item.body,
        held=[_file(row) for row in held],
        along=along,
        by=by,
    )


def _file(row: Asset) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FILE}


@transaction.atomic
def restore(trashed: Trashed) -> Collection | Item:
    """Back into the catalog, with its files; a collection brings its items along.

    Raises `Conflict` where the id is taken meanwhile, or an item's collection is gone.
    """
    kept = Trashed.objects.select_for_update().filter(pk=trashed.pk).first()
    if kept is None or kept.kind == Trashed.Kind.ASSET:
        raise NotFound
    restored: Collection | Item
    if kept.kind == Trashed.Kind.COLLECTION:
        restored = _restore_collection(kept)
    else:
        [restored] = _restore_items(_home(kept), [kept])
    kept.delete()
    return restored


def _restore_collection(kept: Trashed) -> Collection:
    taken = f"There is another collection {kept.collection!r} by now."
    if Collection.objects.filter(pk=kept.collection).exists():
        raise Conflict(taken)
    collection = Collection(visibility=kept.visibility, derived=kept.derived)
    collection.body = kept.body
    collection.take(collection.to_stac(extents.ROOT), [file["key"] for file in kept.held])
    try:
        with transaction.atomic():
            collection.save(force_insert=True)
    except IntegrityError as fault:  # made by someone else at this very moment
        raise Conflict(taken) from fault
    _hold_again(collection, None, kept)
    for some in batched(kept.items.iterator(chunk_size=500), 500):
        _restore_items(collection, list(some))
    return collection


def _home(kept: Trashed) -> Collection:
    rows = Collection.objects.select_for_update(no_key=True)
    found: Collection | None = rows.filter(pk=kept.collection).first()
    if found is None:
        raise Conflict(f"Its collection {kept.collection!r} is gone; restore that first.")
    if found.items.filter(stac_id=kept.item).exists():
        raise Conflict(f"There is another item {kept.item!r} in its collection by now.")
    return found


def _restore_items(collection: Collection, kept: list[Trashed]) -> list[Item]:
    items = []
    for one in kept:
        document = Item(body=one.body).to_stac(extents.ROOT)
        items.append(Item.from_stac(document, collection, [file["key"] for file in one.held]))
    Item.objects.bulk_create(items)
    for item, one in zip(items, kept, strict=True):
        _hold_again(collection, item, one)
    extents.grow(collection, items)
    return items


def _hold_again(collection: Collection, item: Item | None, kept: Trashed) -> None:
    Asset.objects.bulk_create(Asset(collection=collection, item=item, **f) for f in kept.held)


@transaction.atomic
def reap(older_than: timedelta = KEPT) -> list[str]:
    """Empties the trash of what lies there longer; returns the names of files to remove.

    Names are in storages["assets"]. Remove them after the transaction is committed.
    """
    old = Trashed.objects.filter(deleted__lt=timezone.now() - older_than)
    names = set(_names(old))
    old.delete()
    held = Asset.objects.filter(name__in=names).values_list("name", flat=True)
    return sorted(names - set(held))


def _names(rows: Iterable[Trashed]) -> Iterator[str]:
    for row in rows:
        for file in row.held:
            yield file["name"]
