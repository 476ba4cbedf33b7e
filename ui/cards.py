"""What lists show of collections and items, in one question to the database each."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.fields.json import KT
from django.urls import reverse

from catalogs.stac import links
from catalogs.stac.models import Asset
from catalogs.stac.search import CollectionQuerySet, ItemQuerySet
from ui import media

TYPED = 12  # the newest files tell which kinds there are
COUNTED = 1000  # counting stops here: a search must not read millions of rows

_FIRST = Case(When(key="thumbnail", then=Value(0)), default=Value(1), output_field=IntegerField())
_SHOWN = ("collection_id", "stac_id", "datetime", "start", "end", "west", "south", "east", "north")


def count(items: ItemQuerySet) -> int:
    """How many items, counted up to one more than is said."""
    return len(items.order_by().values_list("pk")[: COUNTED + 1])


def items(found: ItemQuerySet) -> ItemQuerySet:
    """With its title, its collection's, and the key of a picture; without the documents."""
    pictures = Asset.objects.filter(item=OuterRef("pk"), media_type__in=media.PICTURES)
    shown: ItemQuerySet = found.only(*_SHOWN).annotate(
        title=KT("properties__title"),
        collection_title=F("collection__title"),
        thumbnail=Subquery(pictures.order_by(_FIRST, "key").values("key")[:1]),
    )
    return shown


def collections(found: CollectionQuerySet) -> CollectionQuerySet:
    """With its own picture and the newest item's, and the types of its assets."""
    own = Asset.objects.filter(collection=OuterRef("pk"), item=None)
    pictures = Asset.objects.filter(
        collection=OuterRef("pk"), item__isnull=False, media_type__in=media.PICTURES
    ).order_by("-item_id", _FIRST, "key")
    shown: CollectionQuerySet = found.annotate(
        thumbnail=Subquery(
            own.filter(media_type__in=media.PICTURES).order_by(_FIRST, "key").values("key")[:1]
        ),
        types=ArraySubquery(
            Asset.objects.filter(collection=OuterRef("pk"), item__isnull=False)
            .order_by("-item_id", "key")
            .values("media_type")[:TYPED]
        ),
        newest=Subquery(pictures.values("item__stac_id")[:1]),
        newest_thumbnail=Subquery(pictures.values("key")[:1]),
    )
    return shown


def gate(collection: str, item: str | None, key: str) -> str:
    """The address of an asset by the door in use, from its root."""
    return reverse("stac:landing") + links.asset_path(collection, item, key)


def picture_of_item(item: Any) -> str:
    return gate(item.collection_id, item.stac_id, item.thumbnail) if item.thumbnail else ""


def picture_of_collection(collection: Any) -> str:
    if collection.thumbnail:
        return gate(collection.pk, None, collection.thumbnail)
    if collection.newest_thumbnail:
        return gate(collection.pk, collection.newest, collection.newest_thumbnail)
    return ""


def formats(collection: Any) -> list[str]:
    """The kinds of files that its items have: as the document says, else the newest ones'."""
    described = collection.to_stac("").get("item_assets") or {}
    said = [one.get("type", "") for one in described.values() if isinstance(one, dict)]
    return media.labels(filter(None, said)) or media.labels(collection.types)
