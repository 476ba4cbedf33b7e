"""django-tenants' PostGIS backend, made to fail closed, and to cost no trip of its own."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

import psycopg
from django_tenants.postgresql_backend import base
from django_tenants.utils import quote_schema_name
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

# What may share its message with the SET before it: all but what runs in no transaction.
_JOINED = ("SELECT", "INSERT", "UPDATE", "DELETE")
_OF_NO_SCHEMA = ("SAVEPOINT", "RELEASE", "ROLLBACK")
FRESH = 1.0  # seconds for which a connection that has just served is taken to be alive


class Cursor(psycopg.ClientCursor[Any]):
    """Every statement is sent with the schema that it is for, in one message.

    PostgreSQL runs nothing of a message after what failed in it, so a statement runs in its own
    schema or not at all, whatever the connection was used for before.
    """

    path = "SET search_path = DEFAULT;"  # for whoever takes a connection past Django

    def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
        if _begins(query, ("SET search_path",)):
            self.path = f"{query};"  # django-tenants sends a cursor to look elsewhere, and back
            return super().execute(query)
        if self._has_failed() or _begins(query, _OF_NO_SCHEMA):
            return super().execute(query, params, **more)
        if not _begins(query, _JOINED):
            self._look()
            return super().execute(query, params, **more)
        super().execute(self.path + query, params, **more)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], **more: Any) -> None:
        self._look()
        super().executemany(query, params_seq, **more)

    def copy(self, statement: Any, *words: Any, **more: Any) -> Any:
        self._look()
        return super().copy(statement, *words, **more)

    def _look(self) -> None:
        if not self._has_failed():
            super().execute(self.path)

    def _has_failed(self) -> bool:
        """Only a rollback can follow, and everything else fails."""
        return self.connection.info.transaction_status == TransactionStatus.INERROR


def _begins(query: Any, words: tuple[str, ...]) -> bool:
    return isinstance(query, str) and query.startswith(words)


class Operations(base.DatabaseWrapper.ops_class):  # type: ignore[misc]
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """As it was asked; where it was sent to is not a part of it."""
        executed: str = super().last_executed_query(cursor, sql, params)
        return executed.removeprefix(getattr(cursor, "path", ""))


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """Runs nothing in another organization's schema, whatever fails.

    django-tenants sets the path in a statement of its own, goes on when that fails, and the next
    one then runs in the schema before it.
    """

    ops_class = Operations

    @property
    def keeper(self) -> str:
        """Whose catalog is read: each may take so much of a process, and no more."""
        return str(self.schema_name)

    def copy(self, alias: str | None = None) -> "DatabaseWrapper":
        """Another connection that stays where this one stands: for what outlives its request."""
        copied: DatabaseWrapper = super().copy(alias)
        if self.tenant is not None:
            copied.set_tenant(self.tenant, self.include_public_schema)
        return copied

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Once for each connection, not each time that the pool gives it away."""
        if clear_caches or not getattr(pg_connection, "knows_geometry", False):
            super().register_geometry_adapters(pg_connection, clear_caches)
            pg_connection.knows_geometry = True

    def create_cursor(self, name: str | None = None) -> Any:
        paths = ", ".join(quote_schema_name(path) for path in self._get_cursor_search_paths())
        switch = f"SET search_path = {paths};"
        if name:  # it can say nothing but its own query
            with self.connection.cursor() as first:
                first.execute(switch.removesuffix(";"))
        cursor = super().create_cursor(name)
        cursor.path = switch
        return cursor

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Cursors do it themselves."""

    @property
    def pool(self) -> Any:
        if options := self.settings_dict["OPTIONS"].get("pool"):
            options["check"] = _check
        return super().pool

    def _close(self) -> None:
        """A stream that broke off goes back without a transaction; what is lost, the pool drops."""
        if self.connection is not None and self.pool and not self.connection.closed:
            with suppress(psycopg.Error):
                self.connection.rollback()
            self.connection.served = time.monotonic()
        super()._close()


def _check(connection: "psycopg.Connection[Any]") -> None:
    """Asked by the pool before it gives a connection away: raises where the server dropped it."""
    if time.monotonic() - getattr(connection, "served", 0.0) > FRESH:
        ConnectionPool.check_connection(connection)
