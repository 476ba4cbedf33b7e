"""Drafts: what was found in a file, looked over by a person, then published as an item."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F

from catalogs import audit, collections, items
from catalogs.audit import Actor
from catalogs.models import Draft, Upload
from catalogs.stac import times, transactions
from catalogs.stac.documents import check_id
from catalogs.stac.errors import Changed, Conflict, Invalid, Refused, Unprocessable
from catalogs.stac.models import Asset, Collection, Item, Trashed
from catalogs.stac.transactions import HeldFile

State, Source = Upload.State, Draft.Source
# What a change may name beside the item's properties.
_OF_THE_DOCUMENT = ("id", "geometry", "bbox")
_DATES = ("datetime", "start_datetime", "end_datetime")
_ANY_MOMENT = "2000-01-01T00:00:00Z"  # stands in where a draft that is checked has no date yet
_UNLINKED = frozenset({"self", "root", "parent", "collection"})


class NotReady(Unprocessable):
    """Something is missing before this can be published."""

    code = "NotReady"


def save(
    draft: Draft, changes: dict[str, Any], *, actor: Actor | None = None, version: int | None = None
) -> Draft:
    """Change what the draft says: `id`, `collection`, `geometry`, and properties by their names.

    None takes a property away. `version` is the one that was edited; 412 if another came since.
    """
    with transaction.atomic():
        locked = _locked(draft)
        if version is not None and version != locked.version:
            raise Changed("Someone has changed this draft meanwhile. Look at it again.")
        for name, value in changes.items():
            _change(locked, name, value)
        _check(locked)
        locked.version = locked.version + 1
        locked.save()
        if actor is not None:
            audit.record(actor, "draft.save", draft=str(locked.pk), fields=", ".join(changes))
    return locked


def _locked(draft: Draft) -> Draft:
    """The upload first, as its job and those who cancel it do: nobody waits in a circle."""
    if draft.upload_id is not None:
        Upload.objects.select_for_update().filter(pk=draft.upload_id).first()
    found = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if found is None:
        raise Conflict("This draft is gone: it was published or discarded meanwhile.")
    return found


def _change(draft: Draft, name: str, value: Any) -> None:
    if name == "collection":
        if value and not Collection.objects.filter(pk=value).exists():
            raise Invalid(f"There is no collection {value!r}.", pointer="/collection")
        draft.collection = value or ""
    elif name in _OF_THE_DOCUMENT:
        draft.document[name] = value
        if name == "geometry":
            draft.document["bbox"] = _bbox(value)
    else:
        _change_property(draft.document["properties"], name, value)
    draft.sources[name] = {"from": Source.YOU}


def _change_property(properties: dict[str, Any], name: str, value: Any) -> None:
    if name in _DATES and value:
        value = moment(value)
    if value is None or value == "":
        properties.pop(name, None)
    else:
        properties[name] = value
    if "datetime" not in properties:
        properties["datetime"] = None


def moment(text: str) -> str:
    """RFC 3339 from what a person types: a date alone is its midnight, no zone is UTC."""
    text = str(text).strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00:00Z"
    elif re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        text = text.replace(" ", "T") + ":00Z"
    elif re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", text):
        text = text.replace(" ", "T") + "Z"
    times.parse(text)
    return text


def _bbox(geometry: Any) -> list[float] | None:
    """Of a geometry that a person drew; the core checks the geometry itself."""
    trial = Item()
    trial.place({"geometry": geometry})
    return [float(side) for side in trial.box] if trial.box else None


def _check(draft: Draft) -> None:
    """Everything that the catalog would refuse later is refused now, with its JSON pointer."""
    check_id(draft.document["id"])
    properties = draft.document["properties"]
    dated = properties if draft.dated else {**properties, "datetime": _ANY_MOMENT}
    document = {**draft.document, "properties": dated}
    home = Collection(pk=draft.collection or "draft")
    Item.from_stac(document, home, [file["key"] for file in draft.held])


def publish(draft: Draft, *, actor: Actor) -> Item:
    """The draft becomes an item that can be searched; it, its row and the record commit at once."""
    with transaction.atomic():
        locked = _locked(draft)
        if locked.missing:
            raise NotReady(locked.missing)
        upload = locked.upload
        home = _home(locked, actor)
        document = {**locked.document, "id": _free_id(locked, home)}
        item = items.create(home, document, actor=actor, held=held_files(locked))
        audit.record(actor, "draft.publish", collection=home.pk, item=item.stac_id)
        if upload is not None:
            Upload.objects.filter(pk=upload.pk).update(
                state=State.PUBLISHED,
                progress=100,
                item_collection=home.pk,
                item=item.stac_id,
                attempt=F("attempt") + 1,
            )
        locked.delete()
    return item


def _home(draft: Draft, actor: Actor) -> Collection:
    if draft.collection:
        found: Collection | None = Collection.objects.filter(pk=draft.collection).first()
        if found is None:
            raise NotReady(f"Its collection {draft.collection!r} is gone. Choose another one.")
        return found
    return collections.make_for_files(draft.upload.title if draft.upload else "", actor=actor)


def _free_id(draft: Draft, home: Collection) -> str:
    """An id that nobody typed gets out of another item's way; a typed one is refused instead."""
    wanted: str = draft.document["id"]
    if draft.sources.get("id", {}).get("from") == Source.YOU:
        return wanted
    taken = set(home.items.filter(stac_id__startswith=wanted).values_list("stac_id", flat=True))
    return collections.free(wanted, taken)


def held_files(draft: Draft) -> list[HeldFile]:
    return [HeldFile(**file) for file in draft.held]


def publish_all(
    drafts: Iterable[Draft], *, actor: Actor
) -> tuple[list[Item], list[tuple[Draft, str]]]:
    """Each that can be; and those that cannot, with the reason."""
    published, left = [], []
    for draft in drafts:
        try:
            published.append(publish(draft, actor=actor))
        except Refused as refused:
            left.append((draft, refused.message))
    return published, left


def discard(draft: Draft, *, actor: Actor) -> None:
    """Give the draft up; its files are swept away later."""
    with transaction.atomic():
        locked = _locked(draft)
        audit.record(actor, "draft.discard", draft=str(locked.pk), id=str(locked))
        if locked.upload_id:
            Upload.objects.filter(pk=locked.upload_id).update(
                state=State.ABORTED, attempt=F("attempt") + 1
            )
        locked.delete()


def unpublish(item: Item, *, actor: Actor, if_match: str | None = None) -> Draft:
    """Out of the catalog, back into review, with its files."""
    with transaction.atomic():
        locked, _ = transactions.lock_item(item)
        upload = _upload_of(locked)
        draft = Draft(
            collection=locked.collection_id,
            document=_without_addresses(locked),
            held=[_file(asset) for asset in locked.held_assets.all()],
            sources={"id": {"from": Source.YOU}},
        )
        if upload is not None:
            draft.id, draft.upload = upload.pk, upload
            upload.state, upload.item, upload.item_collection = State.REVIEW, "", ""
            upload.collection = locked.collection_id
            upload.save()
        transactions.delete_item(locked, by=actor.name, if_match=if_match)
        _not_in_the_trash(locked)
        draft.save(force_insert=True)
        audit.record(actor, "item.unpublish", collection=locked.collection_id, item=locked.stac_id)
    return draft


def _upload_of(item: Item) -> Upload | None:
    """The one whose file the item still holds."""
    names = item.held_assets.values_list("name", flat=True)
    return Upload.objects.filter(state=State.PUBLISHED, name__in=list(names)).first()


def _without_addresses(item: Item) -> dict[str, Any]:
    document = item.to_stac("https://catalog.invalid/")
    document.pop("collection", None)
    document["links"] = [link for link in document["links"] if link["rel"] not in _UNLINKED]
    for key in item.held_assets.values_list("key", flat=True):
        document["assets"][key]["href"] = key
    return document


def _file(asset: Asset) -> dict[str, Any]:
    held = HeldFile(asset.key, asset.name, asset.size, asset.checksum, asset.media_type)
    return asdict(held)


def _not_in_the_trash(item: Item) -> None:
    """An item that goes back to review was not deleted: nothing is there to restore."""
    newest = Trashed.objects.filter(
        kind=Trashed.Kind.ITEM, collection=item.collection_id, item=item.stac_id
    ).latest("deleted")
    newest.delete()
