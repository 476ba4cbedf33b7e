"""Bodies of items that are written beside the requests: begun, run, cancelled, told.

A strict job writes in one transaction. A lenient one commits batch by batch, with how far it came
in the same transaction: cut off, it goes on from there. A run writes only while the row has the
attempt and run that it was given, so one that was thought dead and is not can spoil nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import IO, Any

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from . import bulk, formats, links, times, transactions
from .bodies import Body
from .bulk import Method, Outcome, Plan, Report
from .components import COUNTS
from .documents import Document
from .errors import Busy, Conflict, NotFound, Refused
from .models import Collection, Job, JobRefusal
from .sight import asker

MOST_TOLD = 100  # refusals in the job's own document; its report has all
MOST_REPORTED = 50_000  # refusals in one part of the report
MOST_WAITING = 100  # jobs that are not over
MOST_RUNS = 12  # of one attempt
BEAT = 5  # seconds between signs of life
KEPT = timedelta(days=7)  # how long one that is over can be asked for
ARRIVES = timedelta(hours=1)  # within this a body is kept, or its sender was cut off

Status = Job.Status


class Stale(Exception):
    """Another run has the job now, or it was cancelled: this one must write no more."""


def start(collection: Collection, body: Body, plan: Plan, user: Any) -> Job:
    """The row of a job whose body is not kept yet; only so many may wait. Call in a transaction."""
    with connection.cursor() as cursor:  # one at a time: two may not take the same place
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' jobs', 0))"
        )
    if Job.objects.filter(status__in=Job.OPEN).count() >= MOST_WAITING:
        raise Busy("Many bodies wait to be written already. Send this one later.")
    made: Job = Job.objects.create(
        collection=collection.pk,
        method=plan.method,
        lenient=plan.lenient,
        upgrade=plan.upgrade,
        media_type=body.media_type,
        size=body.size,
        asker=asker(user),
        by=str(user)[:254],
    )
    return made


def keep(job: Job, name: str) -> bool:
    """Its body is kept under this name in storages["assets"]; whether it is still wanted."""
    job.name = name
    return bool(Job.objects.filter(pk=job.pk, status=Status.ACCEPTED).update(name=name))


def dismiss(job: Job) -> Job:
    """Cancelled before its end; what it has written stays."""
    with transaction.atomic():
        locked = _locked(job)
        if locked is None:
            raise NotFound
        if not locked.open:
            raise Conflict(f"This job is over: it is {locked.status}.")
        locked.status, locked.finished = Status.DISMISSED, timezone.now()
        locked.save()
    return locked


def _locked(job: Job) -> Job | None:
    """Its row; a run that writes has it locked, and a request does not wait for long."""
    try:
        with transaction.atomic():
            found: Job | None = Job.objects.select_for_update().filter(pk=job.pk).first()
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise Busy("Its items are being written just now. Try again in a moment.") from fault
        raise
    return found


class Run:
    """One run of one attempt at a job: the only way in which it writes."""

    def __init__(self, job: str, attempt: int) -> None:
        self.pk, self.attempt, self.run = job, attempt, 0
        self.beaten = time.monotonic()
        self.report = Report()

    def begin(self) -> Job:
        """From now on this run alone may write; a body that ends every run is given up."""
        with transaction.atomic():
            rows = Job.objects.select_for_update().filter(pk=self.pk, attempt=self.attempt)
            row: Job | None = rows.filter(status__in=Job.OPEN).first()
            if row is None:
                raise Stale
            self.run = row.run + 1
            Job.objects.filter(pk=self.pk).update(
                run=self.run,
                status=Status.RUNNING,
                started=row.started or Now(),
                beat=Now(),  # else one that waited long would be thought lost at once
                updated=Now(),
            )
        if self.run > MOST_RUNS:
            raise Conflict("Every run of this job was cut off. Send the items in smaller parts.")
        self.report.counts.update(row.counts)
        return row

    def write(self, **fields: Any) -> None:
        mine = Job.objects.filter(pk=self.pk, attempt=self.attempt, run=self.run)
        if not mine.filter(status__in=Job.OPEN).update(beat=Now(), updated=Now(), **fields):
            raise Stale
        self.beaten = time.monotonic()

    def alive(self, done: float) -> None:
        """Say so now and then, with how much is done (0 to 1)."""
        if time.monotonic() - self.beaten >= BEAT:
            self.write(progress=min(99, int(done * 100)))

    def keep(self, outcomes: list[Outcome]) -> None:
        """Call in the transaction that writes them."""
        self.report.add(outcomes)
        self.report.outcomes.clear()
        refused = [outcome for outcome in outcomes if outcome.status >= 400]
        JobRefusal.objects.bulk_create(
            JobRefusal(
                job_id=self.pk,
                index=outcome.index,
                item=outcome.id,
                status=outcome.status,
                code=outcome.code,
                description=outcome.description or "",
                pointer=outcome.pointer,
            )
            for outcome in refused
        )

    def end(self, status: str, **fields: Any) -> None:
        counts = dict(self.report.counts)
        self.write(status=status, counts=counts, finished=Now(), **fields)


def run(
    job: str,
    attempt: int,
    opened: Callable[[Job], AbstractContextManager[IO[bytes]]],
    ended: Callable[[Job], None] = lambda job: None,
) -> None:
    """Writes the body of a job; `opened` gives it, `ended` is called in the last transaction.

    Refusals end up in the job; what a later run may find mended (a status of 500 and more) is
    raised.
    """
    mine = Run(job, attempt)
    try:
        row = mine.begin()
        with opened(row) as file:
            _write(mine, row, Body(file, row.media_type, row.size), ended)
    except Stale:
        return
    except Refused as fault:
        if fault.status >= 500:
            raise
        with transaction.atomic():
            mine.report.counts = Counter(Job.objects.get(pk=job).counts)  # what is committed
            mine.end(Status.FAILED, problem=_problem(fault))
            ended(Job.objects.get(pk=job))


def _problem(fault: Refused) -> Document:
    told = {"status": int(fault.status), "code": fault.code, "description": fault.message}
    return told | ({"pointer": fault.pointer} if fault.pointer else {})


def _write(mine: Run, row: Job, body: Body, ended: Callable[[Job], None]) -> None:
    home = Collection.objects.filter(pk=row.collection).first()
    if home is None:
        raise NotFound(f"The collection {row.collection!r} is gone.")
    plan = Plan(Method(row.method), row.lenient, row.upgrade)
    looked = bulk.look_through(home, body, plan)
    if plan.lenient:
        with closing(bulk.beside(looked)) as batches:
            _piece_by_piece(mine, row, body, plan, batches)
    else:
        waiting = bulk.ahead(looked, lambda: mine.alive(body.done() / 2))
    with transaction.atomic():
        mine.write(progress=99)  # locks the row: it cannot be cancelled any more
        if not plan.lenient:
            locked = transactions.lock(home.pk)
            for batch in waiting:
                mine.keep(bulk.put(locked, batch, body, plan))
        mine.end(Status.SUCCESSFUL, progress=100)
        ended(Job.objects.get(pk=row.pk))


def _piece_by_piece(
    mine: Run, row: Job, body: Body, plan: Plan, batches: Iterable[list[bulk.Looked]]
) -> None:
    for batch in batches:
        new = [looked for looked in batch if looked.index >= row.done]
        mine.alive(body.done())
        if not new:
            continue
        with transaction.atomic():
            mine.write()  # locks the row first: this run alone
            locked = transactions.lock(row.collection)
            mine.keep(bulk.put(locked, new, body, plan))
            counts, done = dict(mine.report.counts), new[-1].index + 1
            mine.write(counts=counts, done=done, progress=min(99, int(body.done() * 100)))


def forget() -> None:
    """Those that are over for long, and those whose body never came."""
    Job.objects.exclude(status__in=Job.OPEN).filter(finished__lt=timezone.now() - KEPT).delete()
    Job.objects.filter(status__in=Job.OPEN, name="", created__lt=timezone.now() - ARRIVES).delete()


def told(job: Job, root: str) -> Document:
    """As OGC API Processes 1 (7.12) tells of a job, with what became of its items."""
    counts = {name: job.counts.get(name.capitalize(), 0) for name in COUNTS}
    document = {
        "jobID": str(job.pk),
        "type": "process",
        "processID": "write-items",
        "status": job.status,
        "message": job.sentence,
        "progress": job.progress,
        "created": times.text(job.created),
        "started": job.started and times.text(job.started),
        "finished": job.finished and times.text(job.finished),
        "updated": times.text(job.updated),
        "collection": job.collection,
        "method": job.method,
        "handling": "lenient" if job.lenient else "strict",
        "received": sum(counts.values()),
        **counts,
        "problem": job.problem or None,
        "links": _links(job, root),
    }
    return {name: value for name, value in document.items() if value is not None}


def _links(job: Job, root: str) -> list[links.Link]:
    own, home = f"{root}jobs/{job.pk}", root + links.collection_path(job.collection)
    return [
        links.link("self", own, links.JSON, "This job"),
        links.link("report", f"{own}/report", formats.NDJSON.media_type, "What was refused"),
        links.link("collection", home, links.JSON, "Its home"),
        links.to_root(root),
    ]
