"""The verbs that write, used alike by the API and by pages (STAC API Transaction extension).

Each runs in one transaction with the row locked, refuses before it writes, and leaves the ETag,
the collection's extent and its item_assets right. All raise `errors.Refused` with a sentence.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from . import documents, extents, learning, patches, queryables, shapes, trash
from .documents import Document
from .errors import Changed, Conflict, Invalid, NotFound
from .extents import ROOT
from .inserting import insert
from .models import Asset, Collection, Item, Named

type Written = Callable[[Item], None]
"""Told of an item in the transaction that writes it, before its end."""


def unheard(item: Item) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class HeldFile:
    """Bytes of ours: the asset's key, its name in storages["assets"], bytes, multihash, type."""

    key: str
    name: str
    size: int
    checksum: str
    media_type: str


@transaction.atomic
def create_collection(
    document: Document,
    visibility: str = Collection.Visibility.MEMBERS,
    *,
    derived: bool = False,
    held: Sequence[HeldFile] = (),
) -> Collection:
    """A new collection of a STAC document; 409 where the id is taken.

    Where `derived`, extent and item_assets follow the items, and the document needs no extent.
    """
    learning.learn([document])
    collection = Collection(derived=derived, visibility=visibility)
    collection.take(document, [file.key for file in held], collection.strictness)
    if Collection.objects.filter(pk=collection.pk).exists():
        raise Conflict(f"There is a collection {collection.pk!r} already.")
    _insert(collection, f"There is a collection {collection.pk!r} already.")
    _hold(collection, None, held)
    return collection


@transaction.atomic
def replace_collection(
    collection: Collection,
    document: Document,
    if_match: str | None = None,
    held: Sequence[HeldFile] = (),
) -> Collection:
    """Another document for the same collection; `held` files are added to those it has."""
    learning.learn([document])
    locked = lock(collection.pk)
    _match(if_match, locked)
    return _write_collection(locked, document, held)


@transaction.atomic
def update_collection(
    collection: Collection, patch: Document | list[Any], if_match: str | None = None
) -> Collection:
    """A merge patch (an object, RFC 7396) or a JSON Patch (a list, RFC 6902)."""
    learning.learn([patch])
    locked = lock(collection.pk)
    _match(if_match, locked)
    return _write_collection(locked, patches.apply(locked.to_stac(ROOT), patch), ())


def _write_collection(
    locked: Collection, document: Document, held: Sequence[HeldFile]
) -> Collection:
    documents.check_type(document, "Collection")
    _same_id(document, locked.pk)
    _keep_held(locked, None, document, held)
    extents.rewrite(locked, document, locked.strictness)
    return locked


@transaction.atomic
def set_strictness(collection: Collection, strictness: str) -> Collection:
    """How much the extensions of its documents count, from now on; nothing is checked again."""
    locked = lock(collection.pk)
    locked.strictness = Collection.Strictness(strictness)
    locked.save(update_fields=["strictness"])
    return locked


@transaction.atomic
def require_if_match(collection: Collection, required: bool) -> Collection:
    """Whether changes of it and its items must say which version they saw (RFC 6585, 3)."""
    locked = lock(collection.pk)
    locked.require_if_match = required
    locked.save(update_fields=["require_if_match"])
    return locked


@transaction.atomic
def set_visibility(collection: Collection, visibility: str) -> Collection:
    """Who may see the collection and its items; the document is not touched."""
    locked = lock(collection.pk)
    locked.visibility = Collection.Visibility(visibility)
    locked.save(update_fields=["visibility"])
    return locked


@transaction.atomic
def set_names(collection: Collection, names: Iterable[str]) -> list[str]:
    """For whom the collection is while it is for named ones (sight.names); tells who it was."""
    locked, wanted = lock(collection.pk), set(names)
    before = trash.names_of(locked)
    locked.named.exclude(who__in=wanted).delete()
    new = sorted(wanted.difference(before))
    Named.objects.bulk_create(Named(collection=locked, who=who) for who in new)
    return before


@transaction.atomic
def delete_collection(
    collection: Collection, cascade: bool = False, by: str = "", if_match: str | None = None
) -> None:
    """Into the trash; 409 where it has items, unless these may go along (`cascade`)."""
    locked = lock(collection.pk)
    _match(if_match, locked)
    if not cascade and locked.items.exists():
        raise Conflict("The collection has items. Delete them first, or ask with ?cascade=true.")
    trash.take_collection(locked, by)


def create_item(
    collection: Collection,
    document: Document,
    held: Sequence[HeldFile] = (),
    written: Written = unheard,
) -> Item:
    """A new item in the collection; 409 where the id is taken in it."""
    documents.check_type(document, "Feature")
    learning.learn([document])
    with _one_per_id(document), transaction.atomic():
        locked = lock(collection.pk)
        item = Item.from_stac(document, locked, [file.key for file in held])
        insert(item)
        _hold(locked, item, held)
        extents.grow(locked, [item], added=1)
        written(item)
    return item


@contextmanager
def _one_per_id(document: Document) -> Iterator[None]:
    """The constraint says whether the id is taken; nobody asks before."""
    try:
        yield
    except IntegrityError as fault:
        diagnosis = getattr(fault.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", None) != "one_item_per_id_in_collection":
            raise
        message = f"There is an item {document['id']!r} in this collection already."
        raise Conflict(message) from fault


@transaction.atomic
def replace_item(
    item: Item,
    document: Document,
    if_match: str | None = None,
    held: Sequence[HeldFile] = (),
    written: Written = unheard,
) -> Item:
    """Another document for the same item; `held` files are added to those it has."""
    learning.learn([document])
    locked, collection = lock_item(item)
    _match(if_match, locked)
    replaced = write_item(locked, collection, document, held)
    written(replaced)
    return replaced


@transaction.atomic
def update_item(
    item: Item,
    patch: Document | list[Any],
    if_match: str | None = None,
    written: Written = unheard,
) -> Item:
    """A merge patch (an object, RFC 7396) or a JSON Patch (a list, RFC 6902)."""
    learning.learn([patch])
    locked, collection = lock_item(item)
    _match(if_match, locked)
    updated = write_item(locked, collection, patches.apply(locked.to_stac(ROOT), patch), ())
    written(updated)
    return updated


def write_item(
    locked: Item, collection: Collection, document: Document, held: Sequence[HeldFile]
) -> Item:
    documents.check_type(document, "Feature")
    _same_id(document, locked.stac_id)
    before = Item(start=locked.start, end=locked.end)
    before.box = locked.box
    keys, properties = _keep_held(collection, locked, document, held), locked.properties
    locked.revision += 1
    locked.updated = timezone.now()
    locked.take(document, keys)
    before.properties = queryables.changed(properties, locked.properties)
    locked.save()
    extents.shrink(collection, before, removed=0)
    extents.grow(collection, [locked], added=0)
    return locked


@transaction.atomic
def delete_item(item: Item, by: str = "", if_match: str | None = None) -> None:
    """Out of the catalog, into the trash."""
    locked, collection = lock_item(item)
    _match(if_match, locked)
    trash.keep_item(locked, by)
    locked.delete()
    extents.shrink(collection, locked, removed=1)


# What a write of items does not look at; it is read where somebody asks for it.
_UNASKED = ("properties", "words", "span", "extent", "title", "description")
_ASKED = [each.attname for each in Collection._meta.concrete_fields if each.name not in _UNASKED]


def lock(id: str) -> Collection:
    for row in shapes.rows(_locked, id, fixed="transactions"):
        found: Collection = Collection.from_db(DEFAULT_DB_ALIAS, _ASKED, row)
        return found
    raise NotFound


def _locked(id: str) -> QuerySet[Collection, tuple[Any, ...]]:
    rows = Collection.objects.select_for_update(no_key=True).filter(pk=id)
    return rows.values_list(*_ASKED)


def lock_item(item: Item) -> tuple[Item, Collection]:
    """The collection first, always in this order, so that two writers cannot block each other."""
    collection = lock(item.collection_id)
    found = Item.objects.select_for_update(no_key=True).filter(pk=item.pk).first()
    if found is None:
        raise NotFound
    found.collection = collection
    return found, collection


def _match(if_match: str | None, row: Collection | Item) -> None:
    """`If-Match` compares strongly: a weak tag never holds (RFC 9110, 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return
    if f'"{row.etag}"' not in re.findall(r'(?<!W/)"[^"]*"', if_match):
        raise Changed("Someone has changed this meanwhile. Read it again, then send your change.")


def _same_id(document: Document, id: str) -> None:
    if document.get("id") != id:
        raise Invalid(f"The id must stay {id!r}: rename by writing a new one.", pointer="/id")


def _insert(row: Collection, message: str) -> None:
    """Two who create the same at once: one gets the 409 that a later one would."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as fault:
        raise Conflict(message) from fault


def _hold(collection: Collection, item: Item | None, held: Sequence[HeldFile]) -> None:
    rows = [Asset(collection=collection, item=item, **asdict(file)) for file in held]
    Asset.objects.bulk_create(rows)


def _keep_held(
    collection: Collection, item: Item | None, document: Document, held: Sequence[HeldFile]
) -> list[str]:
    """Keys whose bytes are ours after this write; bytes no longer named go to the trash."""
    id = None if item is None else item.stac_id
    named = documents.own_hrefs(document, collection.pk, id) - {file.key for file in held}
    rows = list(Asset.objects.filter(collection=collection, item=item))
    trash.keep_assets(collection, item, [row for row in rows if row.key not in named])
    _hold(collection, item, held)
    return [row.key for row in rows if row.key in named] + [file.key for file in held]
