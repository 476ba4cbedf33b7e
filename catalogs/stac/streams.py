"""Whole results, sent while they are read: by a cursor of the database, in constant memory."""

import threading
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from .errors import Full
from .shapes import leave_texts

ROWS = 200  # read and sent at a time
AT_ONCE = 2  # of one process: each holds a thread and a connection for as long as its reader reads
# A reader that takes nothing for so long is given up; each step has the usual statement_timeout.
PATIENCE = "5min"

EACH = 1  # of these, those of one keeper, where a process serves many


class Room:
    """The places of a process. Whose catalog is read, a database backend says as its `keeper`;
    one that says nothing serves one catalog, which may have them all."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.taken: Counter[object] = Counter()

    def take(self, keeper: object) -> bool:
        with self.lock:
            if self.taken.total() >= AT_ONCE or (keeper and self.taken[keeper] >= EACH):
                return False
            self.taken[keeper] += 1
            return True

    def give_back(self, keeper: object) -> None:
        with self.lock:
            self.taken[keeper] -= 1


_room = Room()


class Place:
    """One of the places of this process, kept until it is given back. Raises `Full`."""

    def __init__(self, keeper: object) -> None:
        self.keeper, self.kept = keeper, False
        if not _room.take(keeper):
            raise Full("Many are reading whole results just now. Try again soon.")
        self.kept = True

    def give_back(self) -> None:
        """As often as one likes."""
        if self.kept:
            self.kept = False
            _room.give_back(self.keeper)

    def __del__(self) -> None:
        self.give_back()  # of an answer that never came to be sent


class Rows:
    """The first column of a query, read in pieces on a connection of its own.

    A stream outlives its view, and what middleware has set up for the request. So it shares no
    connection: a copy is taken here, inside the view. A database backend that knows more of where
    it stands than Django's (a schema, a role) says so in its `copy`. All that is read is of one
    moment (REPEATABLE READ), however often it is gone through.

    Inside a transaction the stream belongs to it, and sees what it sees.
    """

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows
        self.owned = False
        self.connection: BaseDatabaseWrapper = connections[rows.db]
        if self.connection.in_atomic_block:
            return
        self.place = Place(getattr(self.connection, "keeper", None))
        self.owned = True
        self.connection = self.connection.copy()
        self.connection.inc_thread_sharing()  # a server may send from another thread

    def __iter__(self) -> Iterator[list[Any]]:
        """All rows from the first, `ROWS` at a time; texts as `leave_texts` has them."""
        if self.owned:
            self._begin()
        compiler = self.rows.query.get_compiler(connection=self.connection)
        try:
            question = compiler.as_sql()
        except EmptyResultSet:
            return
        with self.connection.chunked_cursor() as cursor:
            leave_texts(cursor)
            cursor.execute(*question)
            while found := cursor.fetchmany(ROWS):
                yield [row[0] for row in found]

    def _begin(self) -> None:
        if self.connection.connection is not None:
            return
        self.connection.set_autocommit(False)
        with self.connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE}'")

    def __del__(self) -> None:
        self.close()  # of an answer that never came to be sent

    def close(self) -> None:
        """Gives everything back, at the end or when the reader has left; as often as one likes."""
        if self.owned:
            self.owned = False
            try:
                self.connection.close()
            finally:
                self.place.give_back()


class Stream:
    """The body of an answer. Django closes it at the end, and also when the asker has left.

    The first part is made at once, so that what goes wrong early is refused with its own status.
    What breaks later must not look complete: `broken` is sent, and the fault goes on to the log.
    """

    def __init__(
        self, rows: Rows, parts: Generator[bytes, None, None], broken: bytes = b""
    ) -> None:
        self.rows = rows
        self.parts = parts
        self.broken = broken
        try:
            self.first = next(parts, b"")
        except BaseException:
            rows.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield self.first
            yield from self.parts
        except GeneratorExit:
            raise
        except BaseException:
            yield self.broken
            raise
        finally:
            self.close()

    def close(self) -> None:
        self.parts.close()
        self.rows.close()
