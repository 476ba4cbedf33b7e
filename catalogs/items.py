"""The audited verbs of items, used alike by pages and by the API."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from catalogs import audit
from catalogs.audit import Actor, Change
from catalogs.stac import bulk, transactions
from catalogs.stac.bodies import Body
from catalogs.stac.bulk import Plan, Report
from catalogs.stac.documents import Document
from catalogs.stac.models import Collection, Item
from catalogs.stac.transactions import HeldFile


def create(
    collection: Collection, document: Document, *, actor: Actor, held: Sequence[HeldFile] = ()
) -> Item:
    def record(item: Item) -> None:
        _record(actor, "item.create", item)

    return transactions.create_item(collection, document, held, record)


def write_all(collection: Collection, body: Body, plan: Plan, *, actor: Actor) -> Report:
    """All or none, or all that are good; one record names how many."""

    def record(report: Report) -> None:
        counts = {name.lower(): str(count) for name, count in sorted(report.counts.items())}
        audit.record(actor, "item.write", collection=collection.pk, method=plan.method, **counts)

    return bulk.write(collection, body, plan, record)


def replace(
    item: Item,
    document: Document,
    *,
    actor: Actor,
    if_match: str | None = None,
    held: Sequence[HeldFile] = (),
) -> Item:
    def record(replaced: Item) -> None:
        _record(actor, "item.replace", item, audit.documents(item, replaced))

    return transactions.replace_item(item, document, if_match, held, record)


def update(
    item: Item, patch: Document | list[Any], *, actor: Actor, if_match: str | None = None
) -> Item:
    def record(updated: Item) -> None:
        _record(actor, "item.update", item, audit.documents(item, updated))

    return transactions.update_item(item, patch, if_match, record)


@transaction.atomic
def delete(item: Item, *, actor: Actor, if_match: str | None = None) -> None:
    _record(actor, "item.delete", item)
    transactions.delete_item(item, by=actor.name, if_match=if_match)


def _record(actor: Actor, action: str, item: Item, change: Change = (None, None)) -> None:
    audit.record(actor, action, change, collection=item.collection_id, item=item.stac_id)
