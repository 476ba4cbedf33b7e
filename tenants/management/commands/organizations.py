"""Lists the organizations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.models import Count, Max, QuerySet

from tenants import schemas
from tenants.models import Organization

COLUMNS = ("slug", "state", "members", "keys", "items", "database", "last active", "version")


class Command(BaseCommand):
    help = "Lists all organizations: state, members, keys, items (about), bytes in the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", choices=Organization.State.values)

    def handle(self, *args: Any, **options: Any) -> None:
        found = all_in_full()
        if options["state"]:
            found = found.filter(state=options["state"])
        sizes = sizes_by_schema()
        lines = [COLUMNS, *(line(each, *sizes.get(each.schema_name, (0, 0))) for each in found)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for cells in lines:
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            self.stdout.write("  ".join(padded).rstrip())


def all_in_full() -> QuerySet[Organization]:
    found = Organization.objects.select_related("version").order_by("slug")
    full: QuerySet[Organization] = found.annotate(
        people=Count("memberships", distinct=True),
        programs=Count("keys", distinct=True),
        last_active=Max("memberships__last_active"),
        last_used=Max("keys__last_used"),
    )
    return full


def sizes_by_schema() -> dict[str, tuple[int, int]]:
    """Items, as far as PostgreSQL knows without counting, and bytes of all tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname, coalesce(max(reltuples) FILTER (WHERE relname = 'stac_item'), 0),"
            " sum(pg_total_relation_size(pg_class.oid)) FROM pg_class"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE relkind = 'r' AND nspname LIKE 't\\_%' GROUP BY nspname"
        )
        return {name: (max(0, int(items)), int(size)) for name, items, size in cursor.fetchall()}


def line(organization: Any, items: int, size: int) -> tuple[str, ...]:
    seen = [day for day in (organization.last_active, organization.last_used) if day]
    version = getattr(organization, "version", None)
    current = version is not None and version.fingerprint == schemas.fingerprint()
    due = organization.deletion_due
    return (
        organization.slug,
        f"{organization.state} until {due:%Y-%m-%d}" if due else organization.state,
        str(organization.people),
        str(organization.programs),
        str(items),
        f"{size / 1e6:.1f} MB",
        f"{max(seen):%Y-%m-%d %H:%M}" if seen else "never",
        "current" if current else "to migrate",
    )
