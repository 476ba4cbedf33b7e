"""django-tenants' PostGIS backend, made to fail closed."""

from typing import Any

import psycopg
from django_tenants.postgresql_backend import base
from django_tenants.utils import quote_schema_name
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """Runs nothing in another organization's schema, whatever fails.

    django-tenants goes on when `SET search_path` fails, and the statement then runs in the
    schema before it. Here the failure is the statement's own.
    """

    _setting_search_path: bool

    def copy(self, alias: str | None = None) -> "DatabaseWrapper":
        """Another connection that stays where this one stands: for what outlives its request."""
        copied: DatabaseWrapper = super().copy(alias)
        if self.tenant is not None:
            copied.set_tenant(self.tenant, self.include_public_schema)
        return copied

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or (base.get_limit_set_calls() and self._path_is_set()):
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            self.search_path_set_schemas = None  # only a rollback can follow
            return
        paths = self._get_cursor_search_paths()
        names = ", ".join(quote_schema_name(path) for path in paths)
        self.search_path_set_schemas = None
        self._setting_search_path = True
        own = self.connection.cursor() if cursor is None else cursor
        try:
            own.execute(f"SET search_path = {names}")
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()
        self.search_path_set_schemas = paths

    def _path_is_set(self) -> bool:
        return self.search_path_set_schemas is not None

    def _close(self) -> None:
        """A connection goes back to the pool in its resting schema, or closed."""
        if self.connection is not None and self.pool and not self.connection.closed:
            try:
                self.connection.rollback()
                self.connection.autocommit = True
                self.connection.execute("RESET search_path")
            except psycopg.Error:
                self.connection.close()  # the pool throws a closed one away
        super()._close()
