"""Large bodies of items: kept in the bucket, written by the worker, with one audit record."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.db.utils import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from catalogs import audit, finished
from catalogs.audit import Actor
from catalogs.stac import jobs
from catalogs.stac.bodies import Body
from catalogs.stac.models import Job
from catalogs.storage import StorageUnavailable, assets

OUTAGES = (StorageUnavailable, OperationalError, InterfaceError)
SILENT = timedelta(seconds=120)  # a run says so after each batch, and every few seconds


def keep(body: Body, owner: str) -> str:
    """The body in the bucket, until the job is over; gives its name there."""
    body.file.seek(0)
    return assets().store(f"o/{owner}/j/{uuid.uuid4()}", body.file, lambda: None)


def defer(job: Job, owner: str) -> None:
    """Call in the transaction that makes the row: both commit, or neither."""
    write_items.defer(organization=owner, job=str(job.pk), attempt=job.attempt)


@app.task(
    name="catalogs.write_items",
    queue="items",
    retry=RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=OUTAGES),
)
def write_items(organization: str, job: str, attempt: int) -> None:
    """Writes one body; what is left of a run that was cut off goes on."""
    jobs.run(job, attempt, _opened, _record)
    over = Job.objects.filter(pk=job).exclude(status__in=Job.OPEN).first()
    if over is not None:
        assets().remove(over.name)


@contextmanager
def _opened(job: Job) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile(prefix="gistac-") as copy:
        for chunk in assets().chunks(job.name):
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _record(job: Job) -> None:
    kind, _, id = job.asker.partition(":")
    actor = Actor("user" if kind == "user" else "key", id, job.by)
    counts = {name.lower(): str(count) for name, count in sorted(job.counts.items())}
    named = {"collection": job.collection, "method": job.method, "job": str(job.pk)}
    audit.record(actor, "item.write", **named, status=job.status, **counts)
    finished.written(job, actor)


@transaction.atomic
def dismiss(job: Job, *, actor: Actor) -> Job:
    """Cancelled: the record names what had been written by then."""
    dismissed = jobs.dismiss(job)
    counts = {name.lower(): str(count) for name, count in sorted(dismissed.counts.items())}
    audit.record(actor, "item.write.cancel", collection=job.collection, job=str(job.pk), **counts)
    return dismissed


def sweep(owner: str) -> list[str]:
    """Gives jobs whose worker is gone to another. Cheap: to be called every few seconds."""
    silent = Q(beat__lt=Now() - SILENT) | Q(beat=None, updated__lt=Now() - SILENT)
    lost = Job.objects.filter(silent, status__in=Job.OPEN).exclude(name="")
    return [str(job.pk) for job in lost if _restart(job, owner)]


def _restart(job: Job, owner: str) -> bool:
    with transaction.atomic():
        rows = Job.objects.select_for_update(skip_locked=True)
        locked = rows.filter(
            pk=job.pk, attempt=job.attempt, run=job.run, status__in=Job.OPEN
        ).first()
        if locked is None or _waits(locked):
            return False
        locked.attempt += 1  # the old run, should it live, may write no more
        locked.beat = None
        locked.save()
        defer(locked, owner)
    return True


def _waits(job: Job) -> bool:
    mine = {"job": str(job.pk), "attempt": job.attempt}
    return ProcrastinateJob.objects.filter(status="todo", args__contains=mine).exists()
