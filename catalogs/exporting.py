"""Everything of a catalog as one zip in the bucket: asked for, written by the worker, kept a week.

A run writes while its row says that it may. One that was cut off begins again with a new name, so
what it had sent is nobody's, and the reaper clears it away.
"""

from datetime import timedelta
from typing import IO, cast

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django.db.utils import IntegrityError, InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from catalogs import audit, finished, room
from catalogs.archives import Archive
from catalogs.audit import Actor
from catalogs.models import Export
from catalogs.room import Reserve
from catalogs.stac.errors import Conflict, Full, NotFound, Refused
from catalogs.stac.models import Asset, Item
from catalogs.storage import Outgoing, StorageUnavailable, assets

OUTAGES = (StorageUnavailable, OperationalError, InterfaceError, Full)
SILENT = timedelta(seconds=120)
BEAT = timedelta(seconds=3)
KEPT = timedelta(days=7)
BYTES_OF_ITEM = 3000  # in a zip: the document, its names, its row of the table
MOST_RUNS = 8
State = Export.State


class Stale(Exception):
    """Another run has it now: this one must write no more."""


def start(
    owner: str,
    *,
    title: str,
    root: str,
    with_files: bool,
    actor: Actor,
    reserve: Reserve = lambda promised: None,
) -> Export:
    """One at a time: two would be the same. It takes the place of the last of its kind."""
    try:
        with transaction.atomic():
            made: Export = Export.objects.create(
                title=title,
                root=root,
                with_files=with_files,
                by=actor.name,
                actor_kind=actor.kind,
                actor_id=actor.id,
            )
            Export.objects.exclude(state__in=Export.OPEN).filter(with_files=with_files).delete()
            if with_files:
                _promise(made, reserve)
            files = str(with_files).lower()
            audit.record(actor, "catalog.export", export=str(made.pk), files=files)
            _defer(made, owner)
    except IntegrityError:
        raise Conflict("An export is being made already. Wait until it is there.") from None
    return made


def _promise(export: Export, reserve: Reserve) -> None:
    """Only what has the files asks for room: whoever is at a limit may leave."""
    files = Asset.objects.aggregate(bytes=Sum("size", default=0))["bytes"]
    size = files + Item.objects.count() * BYTES_OF_ITEM
    try:
        room.promise(size, reserve)
    except Refused as full:
        full.message += " An export that lists the files needs no room for them."
        raise
    export.size = size
    export.save(update_fields=["size"])


def _defer(export: Export, owner: str) -> None:
    write.defer(organization=owner, export=str(export.pk), attempt=export.attempt)


@app.task(
    name="catalogs.export",
    queue="export",
    retry=RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=OUTAGES),
)
def write(organization: str, export: str, attempt: int) -> None:
    try:
        run = _Run(organization, export, attempt)
        with Outgoing(assets(), run.row.name, "application/zip", run.begun) as out:
            archive = Archive(
                cast(IO[bytes], out),
                title=run.row.title,
                root=run.row.root,
                with_files=run.row.with_files,
                told=run.alive,
            )
            archive.write()
        counts = {"items": archive.items, "files": archive.files}
        run.end(state=State.DONE, progress=100, size=out.tell(), **counts)
    except Stale:
        return


class _Run:
    def __init__(self, owner: str, export: str, attempt: int) -> None:
        with transaction.atomic():
            rows = Export.objects.select_for_update().filter(pk=export, attempt=attempt)
            row = rows.filter(state__in=Export.OPEN).first()
            if row is None:
                raise Stale
            row.run, row.state = row.run + 1, State.RUNNING
            row.name = f"o/{owner}/x/{export}-{attempt}-{row.run}.zip"
            row.beat = timezone.now()
            if row.run > MOST_RUNS:
                row.state, row.problem = State.FAILED, "Every run of it was cut off."
            row.save()
            if row.state == State.FAILED:
                finished.exported(row)
        self.row, self.total = row, max(1, _parts(row))
        if row.state == State.FAILED:
            raise Stale

    def begun(self, multipart: str) -> None:
        self.note(multipart=multipart)

    def alive(self, written: int) -> None:
        now = timezone.now()
        if self.row.beat and now - self.row.beat > BEAT:
            self.row.beat = now
            self.note(progress=min(99, written * 100 // self.total))

    def end(self, **fields: object) -> None:
        with transaction.atomic():
            self.note(finished=Now(), **fields)
            finished.exported(Export.objects.get(pk=self.row.pk))

    def note(self, **fields: object) -> None:
        mine = {"pk": self.row.pk, "attempt": self.row.attempt, "run": self.row.run}
        if not Export.objects.filter(**mine, state=State.RUNNING).update(beat=Now(), **fields):
            raise Stale


def _parts(export: Export) -> int:
    """Items to be written, and files to be copied."""
    files = Asset.objects.count() if export.with_files else 0
    return Item.objects.count() + files


def fetch(export: Export, filename: str, *, actor: Actor) -> str:
    """Where the zip is, for minutes."""
    if export.state != State.DONE:
        raise NotFound
    audit.record(actor, "catalog.export.fetch", export=str(export.pk))
    return assets().url(export.name, filename=filename, media_type="application/zip")


def sweep(owner: str) -> list[str]:
    """Gives those whose worker is gone to another. Cheap: to be called every few seconds."""
    silent = Q(beat__lt=Now() - SILENT) | Q(beat=None, created__lt=Now() - SILENT)
    lost = Export.objects.filter(silent, state__in=Export.OPEN)
    return [str(export.pk) for export in lost if _restart(export, owner)]


def _restart(export: Export, owner: str) -> bool:
    with transaction.atomic():
        mine = {"export": str(export.pk), "attempt": export.attempt}
        if ProcrastinateJob.objects.filter(status="todo", args__contains=mine).exists():
            return False
        rows = Export.objects.filter(
            pk=export.pk, attempt=export.attempt, run=export.run, state__in=Export.OPEN
        )
        if not rows.update(attempt=F("attempt") + 1, beat=Now()):
            return False
        export.refresh_from_db()
        _defer(export, owner)
    return True


def forget() -> None:
    """Those that are over for a week; their zips are nobody's then."""
    old = Export.objects.exclude(state__in=Export.OPEN)
    old.filter(created__lt=timezone.now() - KEPT).delete()
