"""An upload's life until its bytes are here: start, sign, finish, abort, retry.

The row is written before the bucket is asked, and the bucket's own list of parts is the truth.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from catalogs import audit, finished, intake, room
from catalogs.audit import Actor
from catalogs.models import Draft, Upload
from catalogs.rasters.formats import advice_for_name
from catalogs.room import Reserve
from catalogs.stac.errors import Conflict, Invalid, NotFound, Unprocessable
from catalogs.stac.models import Collection
from catalogs.stac.search import CollectionQuerySet
from catalogs.storage import LARGEST_FILE, Part, StorageUnavailable, assets, part_length

MOST_SIGNED = 50  # part URLs in one request
SIGNED_SECONDS = 900

State = Upload.State
# Control characters, marks that turn the reading direction, lone surrogates.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class WrongFile(Unprocessable):
    """A file that the catalog cannot take, told before a byte moves."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class WrongState(Conflict):
    """The upload is past, or not yet at, the point where this can be done."""

    code = "WrongState"


class Busy(Conflict):
    """Another request is at it just now."""

    code = "Busy"


class PartsMissing(Conflict):
    """Not all parts have arrived."""

    code = "PartsMissing"


def start(
    filename: str,
    size: int,
    owner: str,
    actor: Actor,
    *,
    collection: str = "",
    title: str = "",
    homes: CollectionQuerySet | None = None,
    reserve: Reserve = lambda promised: None,
) -> Upload:
    """Reserve room, write the row, then open the upload in the bucket.

    `homes` are the collections that its actor may see, where they may not see all.
    """
    filename = plain_name(filename)
    _refuse_what_cannot_be(filename, size)
    seen = Collection.objects.all() if homes is None else homes
    if collection and not seen.filter(pk=collection).exists():
        raise NotFound(f"There is no collection {collection!r}.")
    key = uuid.uuid4()
    with transaction.atomic():
        room.promise(size, reserve)
        upload = Upload(
            id=key,
            owner=uuid.UUID(owner),
            filename=filename,
            size=size,
            name=f"o/{owner}/u/{key}/{uuid.uuid4()}.tif",
            collection=collection,
            title=title[:200],
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name[:254],
        )
        upload.save(force_insert=True)
        audit.record(actor, "upload.start", upload=str(key), filename=filename)
    try:
        upload.multipart = assets().begin(upload.name, "image/tiff")
    except StorageUnavailable:
        abort(upload)  # its room is free again
        raise
    upload.save(update_fields=["multipart", "updated"])
    return upload


def plain_name(filename: str) -> str:
    """The last part of what the browser says, without control characters, as people see it."""
    last = PurePath(filename.replace("\\", "/")).name
    clean = _UNSEEN.sub("", last)
    stem, dot, extension = clean.strip().rpartition(".")
    if dot and len(clean) > 200:
        clean = f"{stem[: 199 - len(extension)]}.{extension}"
    return clean.strip()[:200]


def _refuse_what_cannot_be(filename: str, size: int) -> None:
    if not filename:
        raise Invalid("The file has no name.")
    if size == 0:
        raise WrongFile(f"{filename} is empty: it has no bytes.", code="empty")
    if size < 0:
        raise Invalid("A file cannot be smaller than nothing.")
    if size > LARGEST_FILE:
        raise WrongFile(f"{filename} is larger than the store can hold (5 TiB).", code="too-large")
    if advice := advice_for_name(filename):
        raise WrongFile(f"{filename}: {advice.problem} {advice.advice}", code=advice.code)


def sign(upload: Upload, parts: list[int]) -> list[str]:
    """Where to PUT each of these parts, in their order."""
    if upload.state != State.UPLOADING or not upload.multipart:
        raise WrongState(f"{upload.filename} takes no more parts. {upload.sentence}")
    if not 1 <= len(parts) <= MOST_SIGNED:
        raise Invalid(f"Ask for 1 to {MOST_SIGNED} parts at a time.")
    if any(not 1 <= number <= upload.part_count for number in parts):
        raise Invalid(f"{upload.filename} has parts 1 to {upload.part_count}.")
    bucket = assets()
    Upload.objects.filter(pk=upload.pk).update(updated=Now())  # someone goes on with it
    return [
        bucket.part_url(
            upload.name,
            upload.multipart,
            number,
            part_length(upload.size, number),
            expires=SIGNED_SECONDS,
        )
        for number in parts
    ]


def received(upload: Upload) -> list[Part]:
    """The parts that the bucket has; all of them once the upload is finished."""
    if upload.state != State.UPLOADING:
        numbers = range(1, upload.part_count + 1)
        return [Part(number, part_length(upload.size, number), "") for number in numbers]
    return assets().parts(upload.name, upload.multipart) or []


def finish(upload: Upload) -> Upload:
    """All parts are sent. Asked once or ten times, one after another or at once: done once.

    The bucket may take its time: no row is locked and no transaction open meanwhile.
    """
    with _alone(upload):
        found = Upload.objects.get(pk=upload.pk)
        if not _waits_for_its_end(found):
            return found
        _assemble(found)
        with transaction.atomic():
            claimed = _claimed(upload)
            if _waits_for_its_end(claimed):
                claimed.finished = Now()
                _hand_over(claimed)
    return Upload.objects.get(pk=upload.pk)


def _waits_for_its_end(upload: Upload) -> bool:
    if upload.state == State.ABORTED:
        raise WrongState(f"{upload.filename} was cancelled.")
    return upload.state == State.UPLOADING


@contextmanager
def _alone(upload: Upload) -> Iterator[None]:
    """One request at a time goes on. The lock is the session's: it ends with a killed process."""
    key = f"{upload.pk} finish"
    with connection.cursor() as cursor, _busy_if_locked(upload):
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def _claimed(upload: Upload) -> Upload:
    with _busy_if_locked(upload):
        return Upload.objects.select_for_update().get(pk=upload.pk)


@contextmanager
def _busy_if_locked(upload: Upload) -> Iterator[None]:
    try:
        yield
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise Busy(f"{upload.filename} is being worked on. Ask again in a moment.") from fault
        raise


def _assemble(upload: Upload) -> None:
    """Make the object of its parts, and believe only what the bucket says of both."""
    bucket = assets()
    parts = bucket.parts(upload.name, upload.multipart) if upload.multipart else None
    if parts is not None:
        _refuse_wrong_parts(upload, parts)
        bucket.complete(upload.name, upload.multipart, parts)
    size = bucket.held_size(upload.name)
    if size is None:
        _waits_for_its_end(Upload.objects.get(pk=upload.pk))  # or was cancelled at this moment
        raise WrongState(f"The store has lost the parts of {upload.filename}. Upload it again.")
    if size != upload.size:
        raise WrongState(
            f"{upload.filename} should have {upload.size} bytes, and {size} arrived. "
            "Upload it again."
        )


def _refuse_wrong_parts(upload: Upload, parts: list[Part]) -> None:
    here = {part.number: part.size for part in parts}
    wrong = [
        number
        for number in range(1, upload.part_count + 1)
        if here.get(number) != part_length(upload.size, number)
    ]
    if wrong:
        some = ", ".join(str(number) for number in wrong[:10]) + (" ..." if wrong[10:] else "")
        raise PartsMissing(
            f"{len(wrong)} of {upload.part_count} parts of {upload.filename} are missing: {some}."
        )


def _hand_over(upload: Upload) -> None:
    """Into the worker's hands: the new state and its job commit together."""
    upload.state = State.CHECKING
    upload.code = upload.problem = upload.advice = ""
    upload.duplicate = {}
    upload.progress = upload.run = 0
    upload.attempt += 1
    upload.beat = None
    upload.save()
    intake.defer(upload)


def abort(upload: Upload, actor: Actor = audit.SYSTEM) -> Upload:
    """Give it up in any state before publication; what the bucket holds is swept away."""
    with transaction.atomic():
        claimed = _claimed(upload)
        if claimed.state == State.ABORTED:
            return claimed
        if claimed.state == State.PUBLISHED:
            raise WrongState(f"{claimed.filename} is published. Unpublish it first.")
        under_way = claimed.state == State.UPLOADING
        claimed.state = State.ABORTED
        claimed.attempt += 1  # a job that is at it may write no more
        claimed.save()
        audit.record(actor, "upload.abort", upload=str(claimed.id), filename=claimed.filename)
        Draft.objects.filter(upload=claimed).delete()
        finished.read(claimed)  # it may have been the last that the others waited for
    if under_way and claimed.multipart:
        assets().give_up(claimed.name, claimed.multipart)
    return claimed


def retry(upload: Upload, actor: Actor = audit.SYSTEM) -> Upload:
    """Read a rejected file again."""
    held = assets().held_size(upload.name)
    with transaction.atomic():
        claimed = _claimed(upload)
        if claimed.working:
            return claimed
        if claimed.state != State.REJECTED:
            raise WrongState(f"{claimed.filename} cannot be tried again. {claimed.sentence}")
        if held != claimed.size:
            raise WrongState(f"The bytes of {claimed.filename} are gone. Upload it again.")
        audit.record(actor, "upload.retry", upload=str(claimed.id), filename=claimed.filename)
        _hand_over(claimed)
    return Upload.objects.get(pk=upload.pk)
