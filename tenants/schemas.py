"""An organization's tables: made, and brought to this version, by the migrations of its apps.

All migrations of one organization are one transaction, with a row that says which ones it has: cut
off anywhere, it is as it was, and whoever asks again goes on with it.
"""

import hashlib
import io
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from tenants import dumps
from tenants.current import tenant_scope
from tenants.dumps import Identity
from tenants.models import Organization, SchemaTemplate, SchemaVersion

TEMPLATE = "t_template0000"  # no organization's: theirs are made of chance
LOCK_WAIT = "3s"  # for a table that requests use; then the next organization comes first
TRIES = 10  # of one organization whose tables are in use
MOST_FAILURES = 3  # a migration that is wrong is wrong for everyone


def make(organization: Organization) -> None:
    """In the caller's transaction: by the template, or where there is none by migrations.

    Migrations ask the catalogs of all schemas, so they take longer with each that is there.
    """
    template = SchemaTemplate.objects.filter(pk=fingerprint()).first()
    if template is None:
        _create(organization)
        _migrate(organization)
    else:
        old, new = Identity("", template.schema_name), Identity("", organization.schema_name)
        dumps.load_schema(template.sql.encode().splitlines(keepends=True), old, new)
    SchemaVersion.objects.create(organization=organization, fingerprint=fingerprint())


def _create(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(organization.schema_name)}")


def keep_template() -> None:
    """The empty tables of this version, as SQL; made once, of a schema that is nobody's."""
    model = Organization(schema_name=TEMPLATE, slug="template")
    if SchemaTemplate.objects.filter(pk=fingerprint()).exists():
        return
    _drop(model)  # of one that was cut off
    with transaction.atomic():
        _create(model)
        _migrate(model)
    with transaction.atomic(), io.BytesIO() as sql:
        dumps.one_moment()
        dumps.dump_schema(model, sql)
        text = sql.getvalue().decode()
    _drop(model)
    with transaction.atomic():
        words = {"schema_name": TEMPLATE, "sql": text}
        SchemaTemplate.objects.update_or_create(fingerprint=fingerprint(), defaults=words)
        SchemaTemplate.objects.exclude(fingerprint=fingerprint()).delete()


def _drop(organization: Organization) -> None:
    name = connection.ops.quote_name(organization.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def bring_up(organization: Organization) -> None:
    """One whose schema came from elsewhere, in the caller's transaction."""
    _migrate(organization)
    words = {"fingerprint": fingerprint(), "migrated": timezone.now()}
    SchemaVersion.objects.update_or_create(organization=organization, defaults=words)


def _migrate(organization: Organization) -> None:
    with tenant_scope(organization):
        executor = MigrationExecutor(connection)
        executor.recorder.ensure_schema()
        ours = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in _labels()]
        executor.migrate(ours)
        _note_migrations_of_shared_apps()


def _labels() -> set[str]:
    return {app.rpartition(".")[2] for app in settings.TENANT_APPS}


def _note_migrations_of_shared_apps() -> None:
    """They make no tables here; noted as done, django-tenants' own commands pass quickly."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " SELECT app, name, applied FROM public.django_migrations AS shared"
            " WHERE NOT EXISTS (SELECT FROM django_migrations AS own"
            "  WHERE own.app = shared.app AND own.name = shared.name)"
        )


@cache
def fingerprint() -> str:
    """Of the migrations that this version has for an organization's tables."""
    known = MigrationLoader(None).disk_migrations
    names = sorted(f"{app}.{name}" for app, name in known if app in _labels())
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def outdated() -> QuerySet[SchemaVersion]:
    """Of any state: who is suspended, or deleted and taken back, comes back to this version. Those
    that are being removed may have no schema any more."""
    left = SchemaVersion.objects.exclude(fingerprint=fingerprint())
    deleting = Q(organization__state=Organization.State.DELETING)
    return left.exclude(deleting & Q(organization__deletion_due__lte=Now()))


# All of them -----------------------------------------------------------------
@dataclass
class Run:
    """Several threads; each takes an organization that no other one, here or elsewhere, has."""

    told: Callable[[str], None]
    migrated: int = 0
    failed: dict[UUID, str] = field(default_factory=dict)  # and why
    tries: Counter[UUID] = field(default_factory=Counter)  # of those whose tables were in use

    def start(self, threads: int) -> None:
        _complete()
        with ThreadPoolExecutor(threads) as pool:
            for working in [pool.submit(self._work) for _ in range(threads)]:
                working.result()

    def _work(self) -> None:
        try:
            while len(self.failed) < MOST_FAILURES and self._left().exists():
                if not self._take_one():
                    time.sleep(0.2)  # the last ones are in other hands, which may be cut off
        finally:
            connection.close()

    def _left(self) -> QuerySet[SchemaVersion]:
        return outdated().exclude(pk__in=list(self.failed))

    def _take_one(self) -> bool:
        """False where all that is left is in other hands."""
        with transaction.atomic():
            free = self._left().select_for_update(skip_locked=True, of=("self",))
            version = free.select_related("organization").order_by("tried").first()
            if version is None:
                return False
            try:
                with transaction.atomic():
                    _take_over(version)
            except DatabaseError as fault:
                self._note(version.organization, fault)
                SchemaVersion.objects.filter(pk=version.pk).update(tried=timezone.now())
            else:
                self.migrated += 1
                self.told(f"{version.organization.slug}: migrated")
        return True

    def _note(self, organization: Organization, fault: DatabaseError) -> None:
        """Where tables are in use, others come first; all else goes to who runs this."""
        if getattr(fault.__cause__, "sqlstate", "") == "55P03":  # lock_not_available
            self.tries[organization.pk] += 1
            if self.tries[organization.pk] < TRIES:
                return
        self.failed[organization.pk] = str(fault)
        self.told(f"{organization.slug}: NOT migrated: {fault}".strip())


def _take_over(version: SchemaVersion) -> None:
    """In one transaction, by who holds the version's row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
    _migrate(version.organization)
    SchemaVersion.objects.filter(pk=version.pk).update(
        fingerprint=fingerprint(), migrated=timezone.now()
    )


def _complete() -> None:
    """Organizations that were made before versions were noted have none."""
    without = Organization.objects.filter(version=None)
    SchemaVersion.objects.bulk_create(
        [SchemaVersion(organization=organization, fingerprint="") for organization in without],
        ignore_conflicts=True,
    )
