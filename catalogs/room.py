"""Bytes of an organization: those that are here, and those promised to what is on its way."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Func, QuerySet, Sum, Value
from django.utils.module_loading import import_string

from catalogs.models import Draft, Export, Upload
from catalogs.stac.errors import Refused
from catalogs.stac.models import Asset, Collection, Job, Trashed

State = Upload.State
PLACES = ("published", "review", "refused", "bodies", "trash", "exports")  # of bytes in the bucket
# Takes the bytes that are promised in all; gives those that may be, None for any number. It may
# refuse with a sentence of its own.
type Reserve = Callable[[int], int | None]


class NoRoom(Refused):
    """The store has no room for this."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "NoRoom"


class _Sizes(Func):
    """The bytes of the files that a column names as JSON."""

    template = (
        "(SELECT sum((file->>'size')::bigint) FROM jsonb_array_elements(%(expressions)s) AS file)"
    )
    output_field = BigIntegerField()


def keeper(request: Any) -> Reserve:
    """Whoever keeps the quotas, asked about the organization of a request."""
    ask: Callable[[Any, int], int | None] = import_string(settings.UPLOAD_ROOM)
    return partial(ask, request.organization)


def promise(size: int, reserve: Reserve) -> None:
    """Refuses what would not fit beside what is promised already.

    Call in the transaction that writes it down: until that ends, nothing else is promised here.
    """
    room, promised = _reserve(size, reserve)
    if room is None or promised <= room:
        return
    left = room - (promised - size)
    raise NoRoom(
        f"This needs {readable(size)}, and {readable(max(left, 0))} of storage is left. "
        "Delete what is not needed, or ask for more."
    )


def _reserve(size: int, reserve: Reserve) -> tuple[int | None, int]:
    """Says to who keeps the quotas what is promised with `size` more; the room, and the promise."""
    with connection.cursor() as cursor:  # one at a time: two may not take the same room
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' room', 0))"
        )
    promised = promised_already() + size
    return reserve(promised), promised


@transaction.atomic
def settle(reserve: Reserve) -> None:
    """What ended since the last promise needs no room any more."""
    _reserve(0, reserve)


def promised_already() -> int:
    """To uploads whose parts are still on their way, bodies on their way to the bucket, and an
    export with files that is being made."""
    uploads = Upload.objects.filter(state=State.UPLOADING).aggregate(bytes=Sum("size"))
    bodies = _bodies().filter(name="").aggregate(bytes=Sum("size"))
    exports = Export.objects.filter(state__in=Export.OPEN).aggregate(bytes=Sum("size"))
    return sum(each["bytes"] or 0 for each in (uploads, bodies, exports))


def held() -> dict[str, int]:
    """The bytes that are in the bucket, by what holds them; one statement sees one moment, in
    which a file is in one place only."""
    # A refused file stays for a while; the others of its state are gone from the bucket.
    refused = Upload.objects.filter(state=State.REJECTED).exclude(code="duplicate")
    parts = [
        _sum("published", Asset.objects.all(), F("size")),
        _sum("review", Draft.objects.all(), _Sizes("held")),
        _sum("review", Upload.objects.filter(state__in=Upload.WORKING), F("size")),
        _sum("refused", refused, F("size")),
        _sum("bodies", _bodies().exclude(name=""), F("size")),
        _sum("trash", Trashed.objects.all(), _Sizes("held")),
        _sum("exports", Export.objects.filter(state=Export.State.DONE), F("size")),
    ]
    found = dict.fromkeys(PLACES, 0)
    for kind, size in parts[0].union(*parts[1:], all=True):
        found[kind] += int(size or 0)
    return found


def _sum(kind: str, rows: QuerySet[Any], size: Any) -> QuerySet[Any, tuple[str, int | None]]:
    every = rows.order_by().annotate(of=Value(kind)).values("of")
    summed: QuerySet[Any, tuple[str, int | None]]
    summed = every.annotate(bytes=Sum(size)).values_list("of", "bytes")
    return summed


def _bodies() -> QuerySet[Job]:
    """Of items that the worker has not written yet; without a name they are not in the bucket."""
    open_ones: QuerySet[Job] = Job.objects.filter(status__in=Job.OPEN)
    return open_ones


def items() -> int:
    """In all collections, as these have counted them."""
    return Collection.objects.aggregate(count=Sum("count"))["count"] or 0


def largest(collections: QuerySet[Any], most: int) -> list[Any]:
    """Those of them with the most bytes, then the most items; each with its `bytes`."""
    rows = collections.annotate(bytes=Sum("held_assets__size", default=0))
    few = rows.only("id", "title", "count").order_by("-bytes", "-count", "id")
    return list(few[:most])


def readable(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
