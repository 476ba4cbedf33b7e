"""Pictures of collections: uploaded, or taken over from one of their items."""

import hashlib
import uuid

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from catalogs.stac.models import Asset, Collection
from catalogs.stac.transactions import HeldFile
from catalogs.storage import assets
from ui.collection_forms import picture_kind

KEY = "thumbnail"
OFFERED = 100


def keep(owner: str, picture: "UploadedFile[bytes]") -> HeldFile:
    """Stores an uploaded picture; the form has checked what it is."""
    kind = picture_kind(picture)
    assert kind is not None
    media_type, extension = kind
    return _store(owner, picture.read(), media_type, extension)


def copy_of_item(owner: str, collection: Collection, item: str) -> HeldFile:
    """A copy, so that the collection keeps its picture when the item goes."""
    held = get_object_or_404(_of_items(collection), item__stac_id=item)
    with assets().open(held.name) as picture:
        content = picture.read()
    return _store(owner, content, held.media_type, held.name.rpartition(".")[2])


def items_with_one(collection: Collection | None) -> list[tuple[str, str]]:
    """Items whose thumbnail is ours, for a choice."""
    if collection is None:
        return []
    rows = _of_items(collection).values_list("item__stac_id", flat=True)[:OFFERED]
    return [(id, id) for id in rows]


def _of_items(collection: Collection) -> QuerySet[Asset]:
    held = Asset.objects.filter(collection=collection, key=KEY, item__isnull=False)
    return held.filter(media_type__startswith="image/").order_by("item__stac_id")


def _store(owner: str, content: bytes, media_type: str, extension: str) -> HeldFile:
    name = assets().save(f"o/{owner}/c/{uuid.uuid4()}.{extension}", ContentFile(content))
    checksum = "1220" + hashlib.sha256(content).hexdigest()
    return HeldFile(KEY, name, len(content), checksum, media_type)
