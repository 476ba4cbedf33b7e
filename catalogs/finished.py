"""Who started a long job and left is told when it has ended, by whom the setting names.

Called in the transaction that ends a job: it ends once, however often it is tried, and so it is
told of once. What is over within a minute is still watched by who started it.
"""

from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from catalogs.audit import Actor
from catalogs.models import Export, Upload
from catalogs.stac.models import Job

QUICK = timedelta(minutes=1)
STALLED = timedelta(minutes=30)  # an upload that sends no part for so long is waited for no more
State = Upload.State


class Tell(Protocol):
    """The setting TELL_FINISHED: `page` is a path below the organization's root."""

    def __call__(self, kind: str, id: str, /, *, title: str, text: str, page: str) -> None: ...


def _tell(actor: Actor, begun: datetime, title: str, text: str, page: str) -> None:
    if timezone.now() - begun < QUICK:
        return
    tell: Tell = import_string(settings.TELL_FINISHED)
    tell(actor.kind, actor.id, title=title, text=text, page=page)


def written(job: Job, actor: Actor) -> None:
    """A program waits for its answer itself; the maker of its key is told of a failure."""
    has_failed = job.status == Job.Status.FAILED
    if actor.kind != "user" and not has_failed:
        return
    counts = (f"{count:,} {name.lower()}" for name, count in sorted(job.counts.items()) if count)
    text = job.sentence if has_failed else f"{job.sentence} Of the items: {', '.join(counts)}."
    title = f"Items for {job.collection} {'could not be' if has_failed else 'are'} written"
    _tell(actor, job.created, title, text, "jobs/")


def exported(export: Export) -> None:
    actor = Actor(export.actor_kind, export.actor_id, export.by)
    if export.state == Export.State.DONE:
        text = f"{export.items:,} items are in it. It can be fetched for a week."
        return _tell(actor, export.created, "Your export is ready", text, "settings/export/")
    return _tell(actor, export.created, "Your export failed", export.problem, "settings/export/")


def read(upload: Upload) -> None:
    """Once none of a person's files is on its way any more: of all that were taken in since."""
    if upload.actor_kind != "user":
        return
    with connection.cursor() as cursor:  # of the last two that end at once one sees both
        key = f" files of {upload.actor_id}"
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || %s, 0))", [key]
        )
    mine = Upload.objects.filter(actor_kind="user", actor_id=upload.actor_id, told=False)
    sending = Q(state=State.UPLOADING, updated__gt=timezone.now() - STALLED)
    if mine.filter(sending | Q(state__in=Upload.WORKING)).exists():
        return
    # Who is at one of them just now is not waited for.
    ended = list(mine.exclude(state=State.UPLOADING).select_for_update(skip_locked=True))
    Upload.objects.filter(pk__in=[each.pk for each in ended]).update(told=True)
    files = [each for each in ended if each.state != State.ABORTED]
    refused = sum(each.state == State.REJECTED for each in files)
    if files:
        actor = Actor(upload.actor_kind, upload.actor_id, upload.actor_name)
        begun = min(each.finished or each.created for each in files)  # when its bytes were here
        _tell(actor, begun, _title(len(files)), _outcome(len(files), refused), "drop/")


def _title(files: int) -> str:
    return "Your file is read" if files == 1 else f"Your {files:,} files are read"


def _outcome(files: int, refused: int) -> str:
    if not refused:
        return "They are ready to be looked over and published, or published already."
    if refused == files:
        return "None could be taken. The page says of each why."
    return f"{files - refused:,} could be taken, {refused:,} could not. The page says of each why."
