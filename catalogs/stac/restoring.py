"""The way back from the trash (trash.py): rows as they were, with their files."""

import json
from itertools import batched

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction

from . import extents, transactions
from .errors import Conflict, NotFound
from .models import Asset, Collection, Item, Named, Queryable, Trashed
from .trash import AT_ONCE, kept_columns


@transaction.atomic
def restore(trashed: Trashed) -> Collection | Item:
    """Back into the catalog, with its files; a collection brings its items along.

    Gives the collection or item that came back, or whose assets did. Raises `Conflict` where the
    id or the asset's key is taken meanwhile, or what it belongs to is gone.
    """
    kept = Trashed.objects.select_for_update().filter(pk=trashed.pk).first()
    if kept is None:
        raise NotFound
    if kept.kind != Trashed.Kind.ASSET and not kept.columns:
        raise Conflict("It was deleted by an earlier version, which kept too little of it.")
    restored: Collection | Item
    match kept.kind:
        case Trashed.Kind.COLLECTION:
            restored = _restore_collection(kept)
        case Trashed.Kind.ITEM:
            restored = _restore_item(kept)
        case _:
            restored = _restore_assets(kept)
    kept.delete()
    return restored


def _restore_collection(kept: Trashed) -> Collection:
    taken = f"There is another collection {kept.collection!r} by now."
    if Collection.objects.filter(pk=kept.collection).exists():
        raise Conflict(taken)
    try:
        with transaction.atomic():
            _insert(Collection, [kept.pk])
    except IntegrityError as fault:  # made by someone else at this very moment
        raise Conflict(taken) from fault
    collection: Collection = Collection.objects.get(pk=kept.collection)
    extents.admit()  # it counts its items already
    Queryable.objects.bulk_create(Queryable(**row) for row in kept.queryables)
    Asset.objects.bulk_create(Asset(collection=collection, **file) for file in kept.held)
    Named.objects.bulk_create(
        Named(collection=collection, who=who) for who in kept.columns.get("named", ())
    )
    keys = list(kept.items.order_by("pk").values_list("pk", flat=True))
    for some in batched(keys, AT_ONCE):
        _insert(Item, list(some))
        _hold_again(list(some))
        Trashed.objects.filter(pk__in=some).delete()
        connection.check_constraints()  # now, not all of them together at the end
    return collection


def _restore_item(kept: Trashed) -> Item:
    home = _home(kept)
    if home.items.filter(stac_id=kept.item).exists():
        raise Conflict(f"There is another item {kept.item!r} in its collection by now.")
    _insert(Item, [kept.pk])
    _hold_again([kept.pk])
    item: Item = home.items.get(stac_id=kept.item)
    extents.grow(home, [item], added=1)
    return item


def _restore_assets(kept: Trashed) -> Collection | Item:
    """Back onto the document that they were left out of."""
    owner: Collection | Item = _home(kept)
    if kept.item:
        owner = _item_of(kept)
    document = owner.to_stac(extents.ROOT)
    files = [transactions.HeldFile(**file) for file in kept.held]
    for file in files:
        if file.key in document.setdefault("assets", {}):
            raise Conflict(f"There is another asset {file.key!r} by now.")
        document["assets"][file.key] = {"type": file.media_type} | kept.columns.get(file.key, {})
    if isinstance(owner, Item):
        return transactions.replace_item(owner, document, held=files)
    return transactions.replace_collection(owner, document, held=files)


def _home(kept: Trashed) -> Collection:
    rows = Collection.objects.select_for_update(no_key=True)
    home: Collection | None = rows.filter(pk=kept.collection).first()
    if home is None:
        raise Conflict(f"Its collection {kept.collection!r} is gone; restore that first.")
    return home


def _item_of(kept: Trashed) -> Item:
    rows = Item.objects.select_for_update(no_key=True)
    item: Item | None = rows.filter(collection=kept.collection, stac_id=kept.item).first()
    if item is None:
        raise Conflict(f"Its item {kept.item!r} is gone; restore that first.")
    return item


def _insert(model: type[Collection | Item], keys: list[int]) -> None:
    """Rows of the trash become rows of the catalog; a column that came since has its default."""
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if field.has_default()]
    since = {field.column: field.get_default() for field in fields}
    names = [connection.ops.quote_name(name) for name in kept_columns(model)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (body, {', '.join(names)})"  # noqa: S608 - names of our own
            f" SELECT kept.body, {', '.join(f'its.{name}' for name in names)}"
            f" FROM stac_trashed kept, jsonb_populate_record(NULL::{table},"
            " %s::jsonb || kept.columns) its WHERE kept.id = ANY(%s)",
            [json.dumps(since, cls=DjangoJSONEncoder), keys],
        )


def _hold_again(keys: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stac_asset (collection_id, item_id, key, name, size, checksum, media_type)"
            " SELECT its.collection_id, its.key, file.* FROM stac_trashed kept"
            " JOIN stac_item its ON its.collection_id = kept.collection AND its.id = kept.item,"
            " jsonb_to_recordset(kept.held) AS"
            " file(key text, name text, size bigint, checksum text, media_type text)"
            " WHERE kept.id = ANY(%s)",
            [keys],
        )
