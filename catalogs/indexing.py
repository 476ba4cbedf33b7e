"""Indexes on what is asked for most: asked for on a page, made by the worker while all goes on."""

from django.db import transaction
from django.db.utils import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from catalogs import audit
from catalogs.audit import Actor
from catalogs.stac import indexes
from catalogs.stac.models import PropertyIndex
from catalogs.stac.ranks import Rank

OUTAGES = (indexes.Again, OperationalError, InterfaceError)


@transaction.atomic
def make(owner: str, rank: Rank, *, actor: Actor) -> PropertyIndex:
    """Also again, where it failed."""
    made = indexes.add(rank, actor.name)
    _record(actor, "index.make", made)
    settle.defer(organization=owner, index=made.pk)
    return made


@transaction.atomic
def drop(owner: str, index: int, *, actor: Actor) -> PropertyIndex:
    dropped = indexes.remove(index)
    _record(actor, "index.drop", dropped)
    settle.defer(organization=owner, index=dropped.pk)
    return dropped


def _record(actor: Actor, action: str, row: PropertyIndex) -> None:
    audit.record(actor, action, property=row.name, values=row.kind, order=row.order)


@app.task(
    name="catalogs.settle_index",
    queue="index",
    retry=RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=OUTAGES),
)
def settle(organization: str, index: int) -> None:
    indexes.settle(index)


def sweep(owner: str) -> list[str]:
    """Gives those that no job is at another. Cheap: to be called every few seconds."""
    lost = [row for row in indexes.unsettled() if not _has_job(row, owner)]
    for row in lost:
        settle.defer(organization=owner, index=row.pk)
    return [str(row) for row in lost]


def _has_job(row: PropertyIndex, owner: str) -> bool:
    mine = {"organization": owner, "index": row.pk}
    jobs = ProcrastinateJob.objects.filter(status__in=("todo", "doing"), args__contains=mine)
    return jobs.exists()
