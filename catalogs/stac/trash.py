"""Deleted things leave the catalog at once; document and files stay a while, to be restored.

Items go by their thousands: PostgreSQL moves them itself, with their columns, which are costly to
work out anew, and so many in one statement that none comes near a time limit.
"""

import json
from datetime import timedelta
from itertools import batched
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import connection, models, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from . import extents
from .models import Asset, Collection, Item, Trashed

KEPT = timedelta(days=7)
AT_ONCE = 2_000  # rows in one statement
_FILE = ("key", "name", "size", "checksum", "media_type")


def keep_item(item: Item, by: str) -> None:
    """Puts an item's document and the names of its files into the trash."""
    _keep_items([item.pk], by, None)


def take_collection(collection: Collection, by: str) -> None:
    """Out of the catalog with all its items, into the trash."""
    keys = list(collection.items.order_by("key").values_list("key", flat=True))
    trashed = Trashed.objects.create(
        kind=Trashed.Kind.COLLECTION,
        collection=collection.pk,
        title=collection.title,
        body=collection.body,
        columns=_columns_of(collection) | {"named": names_of(collection)},
        queryables=[_columns_of(row) for row in collection.queryables.all()],
        inside=len(keys),
        visibility=collection.visibility,
        derived=collection.derived,
        held=[_file(row) for row in collection.held_assets.filter(item=None)],
        by=by,
    )
    for some in batched(keys, AT_ONCE):
        _keep_items(list(some), by, trashed)
        _remove(Asset.objects.filter(item__in=some))
        _remove(Item.objects.filter(pk__in=some))
        connection.check_constraints()  # now, not all of them together at the end
    collection.delete()


def names_of(collection: Collection) -> list[str]:
    return list(collection.named.order_by("who").values_list("who", flat=True))


def keep_assets(collection: Collection, item: Item | None, rows: list[Asset]) -> None:
    """Puts assets of ours that their document will no longer name into the trash."""
    if not rows:
        return
    named = (item or collection).to_stac(extents.ROOT).get("assets", {})
    Trashed.objects.create(
        kind=Trashed.Kind.ASSET,
        collection=collection.pk,
        item=item.stac_id if item else "",
        columns={row.key: named[row.key] for row in rows if row.key in named},
        held=[_file(row) for row in rows],
    )
    Asset.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _keep_items(keys: list[int], by: str, along: Trashed | None) -> None:
    file = ", ".join(f"'{name}', file.{name}" for name in _FILE)
    deleted = along.deleted if along else timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stac_trashed (kind, collection, item, title, body, columns, queryables,"  # noqa: S608 - names of our own
            " inside, visibility, derived, held, along_id, by, deleted)"
            " SELECT 'item', its.collection_id, its.id, coalesce(its.properties ->> 'title', ''),"
            f" its.body, {_columns(Item)}, '[]', 0, '', false,"
            f" coalesce((SELECT jsonb_agg(jsonb_build_object({file}) ORDER BY file.key)"
            "   FROM stac_asset file WHERE file.item_id = its.key), '[]'),"
            " %s, %s, %s FROM stac_item its WHERE its.key = ANY(%s)",
            [along.pk if along else None, by, deleted, keys],
        )


def kept_columns(model: type[Model]) -> list[str]:
    """What a row needs to come back, beside its body and what the database makes itself."""
    return [
        field.column
        for field in model._meta.concrete_fields
        if field.column
        and not field.generated
        and not isinstance(field, models.AutoField | models.BigAutoField)
        and field.column != "body"
    ]


def _columns(model: type[Model]) -> str:
    """An expression: the columns of the row `its` as a JSON object."""
    shapes = {f.column for f in model._meta.concrete_fields if isinstance(f, GeometryField)}
    pairs = (
        f"'{name}', its.{name}" + ("::text" if name in shapes else "")  # all digits of it
        for name in kept_columns(model)
    )
    return f"jsonb_build_object({', '.join(pairs)})"


def _columns_of(row: Model) -> dict[str, Any]:
    table, key = row._meta.db_table, row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_columns(type(row))} FROM {table} its WHERE its.{key} = %s",  # noqa: S608 - names of our own
            [row.pk],
        )
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found


def _remove(rows: QuerySet[Any]) -> None:
    """Without Django's look at each: nothing is left that could point at these rows."""
    rows._raw_delete(rows.db)


def _file(row: Asset) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FILE}


@transaction.atomic
def reap(older_than: timedelta = KEPT) -> list[str]:
    """Empties the trash of what lies there longer; returns the names of files to remove.

    Names are in storages["assets"]. Remove them after the transaction is committed.
    """
    before = timezone.now() - older_than
    old = Trashed.objects.filter(Q(deleted__lt=before) | Q(along__deleted__lt=before))
    keys = list(old.order_by("pk").values_list("pk", flat=True))
    names = {
        file["name"]
        for held in old.exclude(held=[]).values_list("held", flat=True).iterator()
        for file in held
    }
    for some in batched(keys, AT_ONCE):
        _remove(Trashed.objects.filter(pk__in=some))
    held = Asset.objects.filter(name__in=names).values_list("name", flat=True)
    return sorted(names - set(held))
