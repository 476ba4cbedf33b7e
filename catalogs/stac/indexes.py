"""Indexes for what searches of a catalog really ask, made and dropped while it is used.

A row says what there shall be; `settle` makes it so, as often as it is called, wherever the last
call was cut off. PostgreSQL keeps an index whose making ended early as an invalid one, which
serves nothing and is written on: it is noticed, dropped and made anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, models
from django.db.models.functions import Now

from . import asked
from .asked import Use
from .errors import Conflict, Invalid, NotFound
from .models import Asked, Item, PropertyIndex, Queryable
from .ranks import CLEAREST, NUMBER, TEXT, Rank

MOST = 8  # of a catalog: every write of an item writes them too
MOST_TRIES = 3
KEPT = timedelta(days=30)
TYPES = {NUMBER: {"number", "integer"}, TEXT: {"string"}}  # of JSON Schema, by kind

State = PropertyIndex.State
_rows = PropertyIndex.objects


class Again(Exception):
    """It could not be done now; it may be in a moment."""


# What there shall be -----------------------------------------------------------
def add(rank: Rank, by: str) -> PropertyIndex:
    """The row of an index that is to be made; one that failed is tried again. Call in a
    transaction, and `settle` after it."""
    with connection.cursor() as cursor:  # one at a time: two may not take the last place
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' indexes', 1))"
        )
    _check(rank)
    words = {"name": rank.name, "kind": rank.kind, "descending": rank.descending}
    found: PropertyIndex | None = _rows.filter(**words).first()
    if rank == CLEAREST or (found and found.state != State.FAILED):
        raise Conflict("There is an index like this already.")
    if found is None and _rows.count() >= MOST:
        raise Conflict(f"There are {MOST} indexes already. Drop one that is used little first.")
    if found:
        _rows.filter(pk=found.pk).update(state=State.BUILDING, tries=0, problem="", by=by)
        found.refresh_from_db()
    return found or PropertyIndex.objects.create(**words, by=by)


def _check(rank: Rank) -> None:
    """Only what items have is worth an index."""
    if rank.kind not in TYPES or "\0" in rank.name:
        raise Invalid("An index is on the numbers or the texts of a property.")
    types = {kind for row in _named(rank.name) for kind in row.kinds}
    if not types & TYPES[rank.kind]:
        raise Invalid("No item has such a property, with values of this kind.")


def _named(name: str) -> Any:
    return Queryable.objects.filter(name=name)


def remove(pk: int) -> PropertyIndex:
    """The row of one that is to be dropped; one that is being made is stopped. Call in a
    transaction, and `settle` after it."""
    found: PropertyIndex | None = _rows.select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.state = State.DROPPING
    found.save(update_fields=["state"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index"
            " WHERE index_relid = to_regclass(%s)",
            [found.relation],
        )
    return found


# Made so -----------------------------------------------------------------------
def settle(pk: int) -> None:
    """Makes the database be as the row says; outside of a transaction, and for as long as it
    takes. Raises `Again` where another try may help."""
    with _alone():
        if row := _rows.filter(pk=pk, state=State.BUILDING).first():
            _build(row)
        if row := _rows.filter(pk=pk, state=State.DROPPING).first():
            _drop(row)
            row.delete()


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time in a catalog. Who was cut off keeps this until PostgreSQL has noticed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(current_schema(), 2))")
        if not cursor.fetchone()[0]:
            raise Again("Another index of this catalog is being made.")
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout; RESET lock_timeout")
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(current_schema(), 2))")


def _build(row: PropertyIndex) -> None:
    row.tries += 1
    row.save(update_fields=["tries"])
    try:
        if not is_valid(row):
            _drop(row)
            _create(row)
    except DatabaseError as fault:
        if not connection.is_usable():
            raise
        _drop(row)
        _failed(row, str(fault).partition("\n")[0])
    else:
        _rows.filter(pk=row.pk, state=State.BUILDING).update(
            state=State.READY, ready=Now(), problem=""
        )


def _failed(row: PropertyIndex, problem: str) -> None:
    """Of one that is to be dropped meanwhile, nothing more is to be said."""
    mine = _rows.filter(pk=row.pk, state=State.BUILDING)
    if row.tries >= MOST_TRIES:
        mine.update(state=State.FAILED, problem=problem)
    elif mine.update(problem=problem):
        raise Again(problem)


def index(row: PropertyIndex) -> models.Index:
    """What the database shall have: the order of a search by this key, as paging.py makes it."""
    key = row.rank.key
    ordered = key.desc() if row.descending else key
    return models.Index(ordered, "collection", "stac_id", name=row.relation)


def _create(row: PropertyIndex) -> None:
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(Item, index(row), concurrently=True)  # type: ignore[call-arg]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stac_item")  # else no plan knows which values there are


def _drop(row: PropertyIndex) -> None:
    with connection.schema_editor(atomic=False) as editor:
        editor.remove_index(Item, index(row), concurrently=True)  # type: ignore[call-arg]


def is_valid(row: PropertyIndex) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [row.relation]
        )
        return bool(cursor.fetchone() == (True,))


def unsettled() -> list[PropertyIndex]:
    """What is not as its row says: being made or dropped, or lost where it was ready, as after a
    copy of the catalog was put back that does not hold it."""
    found = []
    for row in _rows.exclude(state=State.FAILED).order_by("pk"):
        if row.state == State.READY and not is_valid(row) and _begin_anew(row):
            row.state = State.BUILDING
        if row.open:
            found.append(row)
    return found


def _begin_anew(row: PropertyIndex) -> int:
    """Unless it was dropped since it was read: then its index is gone as it should be."""
    return _rows.filter(pk=row.pk, state=State.READY).update(state=State.BUILDING, tries=0)


# Counted -----------------------------------------------------------------------
def write() -> None:
    """Adds what was counted of this catalog to the rows of today, and learns what is ready."""
    taken = asked.take()
    try:
        if taken:
            _add(taken)
        ready = [row.rank for row in _rows.filter(state=State.READY)]
    except DatabaseError:
        asked.give_back(taken)
        raise
    asked.learn(ready)


def _add(taken: dict[Use, int]) -> None:
    """In one order, so that no two processes wait for each other in a circle; what no item has is
    left out, since anybody may ask for anything."""
    rows = [(*use, count) for use, count in taken.items()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [datetime.now(UTC).date(), *columns])


_ADD = """
INSERT INTO stac_asked AS old (day, name, kind, use, slowness, count)
SELECT %s, new.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::bigint[])
    AS new (name, kind, use, slowness, count)
WHERE EXISTS (SELECT FROM stac_queryable AS there WHERE there.name = new.name)
ORDER BY new.name COLLATE "C", new.kind, new.use, new.slowness
ON CONFLICT (day, name, kind, use, slowness) DO UPDATE SET count = old.count + EXCLUDED.count
"""


def forget() -> None:
    """Days that no advice looks at any more."""
    Asked.objects.filter(day__lte=datetime.now(UTC).date() - KEPT).delete()
