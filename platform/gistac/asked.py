"""Writes what each organization's searches asked of properties, a while after they did."""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from catalogs.stac import asked, indexes
from tenants.current import tenant_scope
from tenants.models import Organization

log = logging.getLogger("gistac.asked")
WRITE_EVERY = 10  # seconds


def write() -> None:
    """A process that was killed has lost ten seconds of counts at most. One schema that cannot be
    written, as while it is migrated, keeps no other waiting."""
    for schema in asked.keepers():
        try:
            _write(schema)
        except (DatabaseError, InterfaceError) as fault:
            log.warning("what searches of %s asked for is written later: %s", schema, fault)


def _write(schema: str) -> None:
    rows = Organization.objects.filter(state=Organization.State.ACTIVE, schema_name=schema)
    if organization := rows.first():
        with tenant_scope(organization):
            indexes.write()
    else:
        asked.drop(schema)


def keep_writing() -> None:
    """Called once in each process that serves requests."""
    threading.Thread(target=_write_for_ever, name="asked", daemon=True).start()


def _write_for_ever() -> None:
    while True:
        time.sleep(WRITE_EVERY)
        try:
            write()
        finally:
            connection.close()  # back to the pool
