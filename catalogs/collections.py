"""The audited verbs of collections, used alike by pages and by the API."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from catalogs import audit
from catalogs.audit import Actor
from catalogs.models import Intake
from catalogs.stac import restoring, transactions
from catalogs.stac.documents import Document
from catalogs.stac.models import Collection, Trashed
from catalogs.stac.sight import NAMED
from catalogs.stac.transactions import HeldFile

FIRST_TITLE = "My first collection"


@transaction.atomic
def create(
    document: Document,
    *,
    actor: Actor,
    visibility: str = Collection.Visibility.MEMBERS,
    derived: bool = False,
    held: Sequence[HeldFile] = (),
) -> Collection:
    collection = transactions.create_collection(document, visibility, derived=derived, held=held)
    audit.record(actor, "collection.create", collection=collection.pk)
    return collection


def make_for_files(title: str, *, actor: Actor) -> Collection:
    """The collection that dropped files go into when none was chosen: the one of this title.

    Not one for named ones: who drops files may not know of it.
    """
    title = title.strip() or FIRST_TITLE
    id = id_of(title)
    alike = Collection.objects.filter(pk__startswith=id)
    found: Collection | None = alike.exclude(visibility=NAMED).filter(pk=id).first()
    if found is not None:
        return found
    id = free(id, set(alike.values_list("pk", flat=True)))
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": id,
        "title": title,
        "description": _described(title),
        "license": "other",
        "links": [],
    }
    return create(document, actor=actor, derived=True)


def free(wanted: str, taken: set[str]) -> str:
    """`scene`, else `scene-2`, `scene-3`, ..."""
    number, candidate = 1, wanted
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def rename(collection: Collection, title: str, *, actor: Actor) -> Collection:
    """Another title; a description that was made of the old one follows."""
    patch = {"title": title}
    if collection.to_stac("")["description"] == _described(collection.title):
        patch["description"] = _described(title)
    return update(collection, patch, actor=actor)


def _described(title: str) -> str:
    return f"Files dropped into {title}."


def id_of(title: str) -> str:
    """Lower case words of any script with hyphens between; at most 100 bytes."""
    plain = unicodedata.normalize("NFC", title).lower()
    words = re.sub(r"[^\w.~]+", "-", plain).strip("-._") or "collection"
    return words.encode()[:100].decode(errors="ignore").strip("-._")


@transaction.atomic
def replace(
    collection: Collection,
    document: Document,
    *,
    actor: Actor,
    if_match: str | None = None,
    held: Sequence[HeldFile] = (),
) -> Collection:
    replaced = transactions.replace_collection(collection, document, if_match, held)
    change = audit.documents(collection, replaced)
    audit.record(actor, "collection.replace", change, collection=collection.pk)
    return replaced


@transaction.atomic
def update(
    collection: Collection,
    patch: Document | list[Any],
    *,
    actor: Actor,
    if_match: str | None = None,
) -> Collection:
    updated = transactions.update_collection(collection, patch, if_match)
    change = audit.documents(collection, updated)
    audit.record(actor, "collection.update", change, collection=collection.pk)
    return updated


@transaction.atomic
def show_to(
    collection: Collection,
    visibility: str,
    *,
    actor: Actor,
    names: Mapping[str, str] | None = None,
) -> None:
    """For everyone, for members, or for those of them who are named.

    `names` become the collection's list: as what each stands there (sight.names), and as what
    people know them, for the record. Without them the list stays.
    """
    before, after = {"visibility": collection.visibility}, {"visibility": visibility}
    transactions.set_visibility(collection, visibility)
    if names is not None:
        stood = transactions.set_names(collection, names)
        before["names"] = ", ".join(names.get(who, who) for who in stood)
        after["names"] = ", ".join(names[who] for who in sorted(names))
    if before != after:
        audit.record(actor, "collection.show", (before, after), collection=collection.pk)


@transaction.atomic
def check_with(collection: Collection, strictness: str, *, actor: Actor) -> Collection:
    """How much the extensions of its documents count: off, warn or reject."""
    checked = transactions.set_strictness(collection, strictness)
    change = {"strictness": collection.strictness}, {"strictness": strictness}
    audit.record(actor, "collection.check", change, collection=collection.pk)
    return checked


@transaction.atomic
def ask_for_versions(collection: Collection, asks: bool, *, actor: Actor) -> Collection:
    """Whether changes by the API must say which version they saw."""
    asking = transactions.require_if_match(collection, asks)
    change = {"required": collection.require_if_match}, {"required": asks}
    audit.record(actor, "collection.versions", change, collection=collection.pk)
    return asking


@transaction.atomic
def delete(
    collection: Collection, *, actor: Actor, cascade: bool = False, if_match: str | None = None
) -> None:
    audit.record(actor, "collection.delete", collection=collection.pk)
    transactions.delete_collection(collection, cascade, by=actor.name, if_match=if_match)


@transaction.atomic
def restore(trashed: Trashed, *, actor: Actor) -> Any:
    """A collection or an item, back from the trash."""
    audit.record(actor, f"{trashed.kind}.restore", collection=trashed.collection, item=trashed.item)
    return restoring.restore(trashed)


@transaction.atomic
def convert_files(collection: Collection, convert: bool, *, actor: Actor) -> None:
    """Whether a plain GeoTIFF gets a Cloud Optimized one beside it."""
    change = {"convert": Intake.of(collection.pk).convert}, {"convert": convert}
    Intake.objects.update_or_create(pk=collection.pk, defaults={"convert": convert})
    audit.record(actor, "collection.intake", change, collection=collection.pk)
