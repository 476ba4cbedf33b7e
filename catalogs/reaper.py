"""Finds what was cut off, and goes on with it or clears it away. Runs outside the queue.

The bucket's listing is held against the rows, not the other way round: a slow PUT may land after
its row was given up.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Func, JSONField, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalogs import exporting, intake, uploads
from catalogs.models import Draft, Export, Upload
from catalogs.stac import jobs, trash
from catalogs.stac.errors import Conflict
from catalogs.stac.models import Asset, Job, Trashed
from catalogs.storage import assets

State = Upload.State
SILENT = timedelta(seconds=120)  # a job says every 5 seconds that it lives
UNTOUCHED = timedelta(days=7)  # an upload that nobody goes on with
GRACE = timedelta(minutes=30)  # longer than a signed URL lives and a part takes


def sweep() -> list[str]:
    """Gives work whose job is lost to a new job. Cheap: to be called every few seconds."""
    silent = Upload.objects.filter(state__in=Upload.WORKING).filter(
        Q(beat__lt=Now() - SILENT) | Q(beat=None, updated__lt=Now() - SILENT)
    )
    return [str(upload.pk) for upload in silent if _restart(upload)]


def _restart(upload: Upload) -> bool:
    with transaction.atomic():
        locked = (
            Upload.objects.select_for_update(skip_locked=True)
            .filter(pk=upload.pk, attempt=upload.attempt, run=upload.run, state__in=Upload.WORKING)
            .first()
        )
        if locked is None or _waits(locked):
            return False
        locked.attempt += 1  # the old job, should it live, may write no more
        locked.beat = None
        locked.save()
        intake.defer(locked)
    return True


def _waits(upload: Upload) -> bool:
    """Whether its job is in the queue still, or to be tried again."""
    mine = {"upload": str(upload.pk), "attempt": upload.attempt}
    return ProcrastinateJob.objects.filter(status="todo", args__contains=mine).exists()


@contextmanager
def alone(owner: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether nobody else clears away, copies or puts back the files of an organization; meanwhile
    nobody does. The lock is the session's: it ends with a killed process."""
    key = f"{owner} files"
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        mine = wait or cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def reap(owner: str, now: datetime | None = None) -> list[str]:
    """Clears away what nothing names any more; returns the names of the removed objects.

    To be called by who is `alone` with them: what is put back is named a while after it is there.
    """
    now = now or timezone.now()
    for upload in Upload.objects.filter(state=State.UPLOADING, updated__lt=now - UNTOUCHED):
        with suppress(Conflict):  # someone is at it after all
            uploads.abort(upload)
    trash.reap()
    jobs.forget()
    exporting.forget()
    removed = _remove_orphans(owner, now)
    _abort_orphans(owner, now)
    return removed


def _remove_orphans(owner: str, now: datetime) -> list[str]:
    bucket, removed = assets(), []
    old = [held for held in bucket.listing(f"o/{owner}/") if held.modified < now - GRACE]
    # Asked before `known`: what a job keeps is named by its draft once it is done.
    working = tuple(upload.folder for upload in Upload.objects.filter(state__in=Upload.WORKING))
    known = _known(now)
    for held in old:
        if held.name in known or (working and held.name.startswith(working)):
            continue
        bucket.remove(held.name)
        removed.append(held.name)
    return removed


def _known(now: datetime) -> set[str]:
    """Names of objects that something still needs. A refused file may be tried again for a week.

    One statement sees one moment: what is published, unpublished or restored meanwhile goes from
    one table to another, and is in none of them for who reads them one after another.
    """
    refused = Q(state=State.REJECTED, updated__gte=now - UNTOUCHED)
    needed = Upload.objects.filter(
        Q(state__in=(State.UPLOADING, *Upload.WORKING)) | (refused & ~Q(code="duplicate"))
    )
    named = needed.values_list("name").union(
        Asset.objects.values_list("name"),
        Job.objects.filter(status__in=Job.OPEN).values_list("name"),
        Export.objects.values_list("name"),
        _files(Draft.objects.all()),
        _files(Trashed.objects.all()),
    )
    return {name for (name,) in named}


def held() -> set[str]:
    """Names of the objects that drafts, published documents and the trash stand on."""
    named = Asset.objects.values_list("name").union(
        _files(Draft.objects.all()), _files(Trashed.objects.all())
    )
    return {name for (name,) in named}


def _files(rows: QuerySet[Any]) -> QuerySet[Any, tuple[str]]:
    """The names in `held`, a row each."""
    file = Func(F("held"), function="jsonb_array_elements", output_field=JSONField())
    names: QuerySet[Any, tuple[str]] = rows.annotate(file=file).values_list(KT("file__name"))
    return names


def _abort_orphans(owner: str, now: datetime) -> None:
    """Unfinished uploads of the bucket that no row goes on with; a second abort catches the part
    that was on its way during the first."""
    under_way = set(Upload.objects.filter(state=State.UPLOADING).values_list("name", "multipart"))
    under_way |= set(Export.objects.filter(state__in=Export.OPEN).values_list("name", "multipart"))
    bucket = assets()
    for name, multipart, started in bucket.unfinished(f"o/{owner}/"):
        if (name, multipart) not in under_way and started < now - GRACE:
            bucket.give_up(name, multipart)


def remove_all(owner: UUID) -> int:
    """Every byte that the bucket holds for an organization; gives how many objects there were.

    Cut off, it goes on with what is left.
    """
    bucket, removed = assets(), 0
    for held in batched(bucket.listing(_all_of(owner)), 1000):
        bucket.remove_all([each.name for each in held])
        removed += len(held)
    for name, multipart, _ in bucket.unfinished(_all_of(owner)):
        bucket.give_up(name, multipart)
    return removed


def is_empty(owner: UUID) -> bool:
    """Whether the bucket, asked again, knows nothing of an organization."""
    bucket = assets()
    held = next(bucket.listing(_all_of(owner)), None)
    return held is None and not bucket.unfinished(_all_of(owner))


def _all_of(owner: UUID) -> str:
    """A UUID and nothing else: what is no id would name more than one organization's."""
    return f"o/{UUID(str(owner))}/"
