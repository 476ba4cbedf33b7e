"""What happens to a file once its bytes are here: one job, in the worker.

A job writes only while the row still has the attempt number that the job was given, so a job that
was thought dead and is not can spoil nothing.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.db.utils import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from catalogs.models import Upload
from catalogs.rasters.formats import Refusal, refusal_for_bytes
from catalogs.rasters.refusals import CRASHED, Rejected
from catalogs.stac.models import Asset
from catalogs.storage import StorageUnavailable, assets

MOST_RUNS = 12  # of one job: outages are retried 10 times
BEAT = 5  # seconds between signs of life
OUTAGES = (StorageUnavailable, OperationalError, InterfaceError)

State = Upload.State


class Stale(Exception):
    """Another attempt has the file now, or it was given up: this job must write no more."""


def defer(upload: Upload) -> None:
    """Ask for the job. Call in the transaction that sets the state: both commit, or neither."""
    take_in.defer(organization=str(upload.owner), upload=str(upload.pk), attempt=upload.attempt)


@app.task(
    name="catalogs.take_in",
    queue="files",
    retry=RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=OUTAGES),
)
def take_in(organization: str, upload: str, attempt: int) -> None:
    """Check, describe and convert one file; ends in review or with a refusal."""
    work = Work(upload, attempt)
    try:
        work.begin()
        _take_in(work)
    except Rejected as rejected:
        work.reject(rejected.refusal)
    except Stale:
        return


class Work:
    """One attempt at one upload: the only way in which the job writes."""

    def __init__(self, upload: str, attempt: int) -> None:
        self.pk, self.attempt, self.run = upload, attempt, 0
        self.beaten = time.monotonic()

    @property
    def upload(self) -> Upload:
        return Upload.objects.get(pk=self.pk)

    def begin(self) -> None:
        """From now on this run alone may write; a file that ends every run is given up."""
        with transaction.atomic():
            row = (
                Upload.objects.select_for_update()
                .filter(pk=self.pk, attempt=self.attempt, state__in=Upload.WORKING)
                .first()
            )
            if row is None:
                raise Stale
            self.run = row.run + 1
            Upload.objects.filter(pk=self.pk).update(run=self.run)
        self.write(state=State.CHECKING, progress=0)
        if self.run > MOST_RUNS:
            raise Rejected(CRASHED)

    def write(self, **fields: Any) -> None:
        rows = Upload.objects.filter(
            pk=self.pk, attempt=self.attempt, run=self.run, state__in=Upload.WORKING
        ).update(beat=Now(), updated=Now(), **fields)
        if not rows:
            raise Stale
        self.beaten = time.monotonic()

    def alive(self, done: float) -> None:
        """Say so now and then, with how much of this state is done (0 to 1)."""
        if time.monotonic() - self.beaten >= BEAT:
            self.write(progress=max(0, min(100, round(done * 100))))

    def reject(self, refusal: Refusal) -> None:
        self.write(
            state=State.REJECTED,
            code=refusal.code,
            problem=refusal.problem,
            advice=refusal.advice,
        )


def _take_in(work: Work) -> None:
    upload = work.upload
    if refusal := refusal_for_bytes(assets().read(upload.name, 0, 64)):
        raise Rejected(refusal)
    _refuse_what_is_here(work, fingerprint(upload, work.alive))


def fingerprint(upload: Upload, alive: Callable[[float], None]) -> str:
    """The SHA-256 of the file, as a multihash (0x12: sha2-256, 0x20: 32 bytes)."""
    digest, seen = hashlib.sha256(), 0
    for chunk in assets().chunks(upload.name):
        digest.update(chunk)
        seen += len(chunk)
        alive(seen / upload.size)
    return "1220" + digest.hexdigest()


def _refuse_what_is_here(work: Work, checksum: str) -> None:
    """The same bytes are taken once; of two at the same time, one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [checksum])
        work.write(checksum=checksum)
        duplicate = _already_here(work, checksum)
        if duplicate is None:
            return
        where, filename = duplicate
        work.write(
            state=State.REJECTED,
            code="duplicate",
            problem=f"The same file is already here, as {filename}.",
            advice="Nothing needs to be done.",
            duplicate=where,
        )
    raise Stale


def _already_here(work: Work, checksum: str) -> tuple[dict[str, str], str] | None:
    asset = Asset.objects.filter(checksum=checksum, item__isnull=False).first()
    if asset is not None and asset.item is not None:
        where = {"collection": asset.collection_id, "item": asset.item.stac_id}
        return where, asset.item.stac_id
    other = (
        Upload.objects.filter(checksum=checksum, state__in=(*Upload.WORKING, State.REVIEW))
        .exclude(pk=work.pk)
        .first()
    )
    return ({"upload": str(other.pk)}, other.filename) if other else None
