"""What happens to a file once its bytes are here: one job, in the worker.

A job writes only while the row still has the attempt number that the job was given, so a job that
was thought dead and is not can spoil nothing.
"""

import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.db.utils import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from catalogs import finished, found
from catalogs.models import Intake, Upload
from catalogs.rasters import reader
from catalogs.rasters.formats import Refusal, refusal_for_bytes
from catalogs.rasters.refusals import CRASHED, Rejected
from catalogs.stac.models import Asset, Collection
from catalogs.stac.sight import NAMED
from catalogs.stac.transactions import HeldFile
from catalogs.storage import StorageUnavailable, assets

MOST_RUNS = 12  # of one job: outages are retried 10 times
SPARE = 1024**3  # bytes of disk that a conversion leaves free
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
        words = {"code": refusal.code, "problem": refusal.problem, "advice": refusal.advice}
        self.end(state=State.REJECTED, **words)

    @transaction.atomic
    def end(self, **fields: Any) -> None:
        self.write(**fields)
        finished.read(self.upload)


def _take_in(work: Work) -> None:
    upload = work.upload
    if refusal := refusal_for_bytes(assets().read(upload.name, 0, 64)):
        raise Rejected(refusal)
    with TemporaryDirectory(prefix="gistac-") as folder:
        source, checksum = _fetch(upload, Path(folder) / "in.tif", work.alive)
        _refuse_what_is_here(work, checksum)
        work.write(state=State.DESCRIBING, progress=0)
        answer = reader.run(
            "describe",
            source,
            reader.describing(upload.size),
            alive=work.alive,
            filename=upload.filename,
        )
        held = [HeldFile("data", upload.name, upload.size, checksum, found.GEOTIFF)]
        if answer.document["cog"]:
            held = [replace(held[0], media_type=found.COG)]
        elif Intake.of(upload.collection).convert:
            held += _convert(work, upload, source, Path(folder), answer.document["notes"])
        held.append(_keep_thumbnail(work, upload, answer.attachment))
    with transaction.atomic():
        work.end(state=State.REVIEW, progress=100)
        found.make(upload, answer.document, held)


def _fetch(upload: Upload, path: Path, alive: Callable[[float], None]) -> tuple[reader.Source, str]:
    """The bytes as the reader gets them, and their SHA-256 (a multihash: 0x12, 0x20, digest)."""
    digest, seen = hashlib.sha256(), 0
    copied = upload.size <= settings.COPY_TO_READ
    with path.open("wb") as copy:
        for chunk in assets().chunks(upload.name):
            digest.update(chunk)
            seen += len(chunk)
            if copied:
                copy.write(chunk)
            alive(seen / upload.size)
    read = partial(assets().read, upload.name)
    return reader.Source(upload.size, path if copied else None, read), "1220" + digest.hexdigest()


def _convert(
    work: Work, upload: Upload, source: reader.Source, folder: Path, notes: list[str]
) -> list[HeldFile]:
    """A Cloud Optimized GeoTIFF beside the original; what cannot be converted stays as it is."""
    work.write(state=State.CONVERTING, progress=0)
    made = folder / "out"
    made.mkdir()
    if disk_usage(folder).free < 2 * upload.size + SPARE:
        notes.append("No Cloud Optimized copy was made: the server has too little working space.")
        return []
    try:
        reader.run("convert", source, reader.converting(upload.size), alive=work.alive, folder=made)
    except Rejected as rejected:
        notes.append(f"No Cloud Optimized copy was made. {rejected.refusal.problem}")
        return []
    return [_keep(work, upload, "cog", made / "cog.tif", found.COG)]


def _keep(work: Work, upload: Upload, key: str, path: Path, media_type: str) -> HeldFile:
    """A file made by this run, under a name that no other run writes to."""
    name = f"{upload.folder}{uuid.uuid4()}{path.suffix}"
    with path.open("rb") as file:
        checksum = "1220" + hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        name = assets().store(name, file, partial(work.alive, 1))
    return HeldFile(key, name, path.stat().st_size, checksum, media_type)


def _keep_thumbnail(work: Work, upload: Upload, picture: bytes) -> HeldFile:
    with TemporaryDirectory(prefix="gistac-") as folder:
        path = Path(folder) / "thumbnail.webp"
        path.write_bytes(picture)
        return _keep(work, upload, "thumbnail", path, "image/webp")


def _refuse_what_is_here(work: Work, checksum: str) -> None:
    """The same bytes are taken once; of two at the same time, one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || %s, 0))",
                [checksum],
            )
        work.write(checksum=checksum)
        duplicate = _already_here(work, checksum)
        if duplicate is None:
            return
        where, filename = duplicate
        work.end(
            state=State.REJECTED,
            code="duplicate",
            problem=f"The same file is already here, as {filename}.",
            advice="Nothing needs to be done.",
            duplicate=where,
        )
    raise Stale


def _already_here(work: Work, checksum: str) -> tuple[dict[str, str], str] | None:
    """What is in other collections for named ones is not told of."""
    others = Collection.objects.filter(visibility=NAMED).exclude(pk=work.upload.collection)
    held = Asset.objects.exclude(collection__in=others)
    asset = held.filter(checksum=checksum, item__isnull=False).first()
    if asset is not None and asset.item is not None:
        where = {"collection": asset.collection_id, "item": asset.item.stac_id}
        return where, asset.item.stac_id
    other = (
        Upload.objects.filter(checksum=checksum, state__in=(*Upload.WORKING, State.REVIEW))
        .exclude(Q(pk=work.pk) | Q(collection__in=others.values("pk")))
        .first()
    )
    return ({"upload": str(other.pk)}, other.filename) if other else None
