"""A real server that serves one organization touches no table of another: PostgreSQL says so."""

import time

import requests
from django.db import connection

from tenants.models import Organization
from tenants.signup import create_organization
from tests.stac.documents import collection


def counters(organization: Organization) -> dict[str, tuple[int, ...]]:
    """What PostgreSQL has seen happen to the organization's tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, seq_scan, coalesce(idx_scan, 0), n_tup_ins, n_tup_upd, n_tup_del"
            " FROM pg_stat_user_tables WHERE schemaname = %s",
            [organization.schema_name],
        )
        return {name: tuple(counts) for name, *counts in cursor.fetchall()}


def test_serving_one_touches_no_table_of_another(live):
    quiet = create_organization(name="Quiet", slug="quiet", owner=live.owner)
    before, own = settled(quiet), counters(live.organization)
    headers = {"Authorization": f"Bearer {live.key()}"}
    deadline = time.monotonic() + 30
    while counters(live.organization) == own and time.monotonic() < deadline:
        for path in ("collections", "search", "collections/none/items"):
            requests.get(live.stac + path, headers=headers, timeout=10)
        requests.post(f"{live.stac}collections", json=collection("c"), headers=headers, timeout=10)
    assert counters(live.organization) != own
    assert settled(quiet) == before


def settled(organization: Organization) -> dict[str, tuple[int, ...]]:
    """The counters, once nothing is late any more."""
    before, now = None, counters(organization)
    while before != now:
        time.sleep(1.1)
        before, now = now, counters(organization)
    return now
