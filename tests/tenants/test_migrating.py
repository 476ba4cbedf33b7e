"""Every organization's schema comes to this version, whatever cuts the way there off."""

import contextlib
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tenants import schemas
from tenants.current import tenant_scope
from tenants.models import Organization, SchemaTemplate, SchemaVersion, User
from tenants.signup import create_organization
from tests.live import ROOT, server_environment

FIRST = [("stac", "0001_initial"), ("catalogs", "0001_initial")]

# Everything that makes a schema, with its own name left out.
SHAPE = """
SELECT 'column', table_name || '.' || column_name,
    concat_ws(' ', data_type, is_nullable, column_default, generation_expression)
  FROM information_schema.columns WHERE table_schema = %(schema)s
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = %(schema)s::regnamespace AND contype <> 'n'
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc
    WHERE pronamespace = %(schema)s::regnamespace
"""


def shape(organization: Organization) -> set[tuple[str, ...]]:
    name = organization.schema_name
    with connection.cursor() as cursor:
        cursor.execute(SHAPE, {"schema": name})
        return {tuple(part.replace(name, "own") for part in row) for row in cursor.fetchall()}


def at_first(slug: str) -> Organization:
    """An organization as the first version made it."""
    with transaction.atomic():
        made: Organization = Organization.objects.create(name=slug, slug=slug)
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{made.schema_name}"')
        with tenant_scope(made):
            executor = MigrationExecutor(connection)
            executor.recorder.ensure_schema()
            executor.migrate(FIRST)
    return made


@pytest.fixture
def old(django_db_setup, django_db_blocker) -> Iterator:
    """`old(4)` commits organizations of the first version; they are removed afterwards."""
    with django_db_blocker.unblock():
        made: list[Organization] = []
        has_template()

        def make(count: int) -> list[Organization]:
            made.extend(at_first(f"old-{n}") for n in range(count))
            return made

        yield make
        for organization in made:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA IF EXISTS "{organization.schema_name}" CASCADE')
            organization.delete()
        SchemaTemplate.objects.all().delete()
        connection.close()


def has_template() -> None:
    """Then none is made."""
    SchemaTemplate.objects.create(fingerprint=schemas.fingerprint(), schema_name="t_x", sql="")


def migrate(**options: object) -> str:
    said = io.StringIO()
    call_command("migrate_organizations", stdout=said, **options)
    return said.getvalue()


def run_and_kill(seconds: float) -> bool:
    """Another process migrates, and is killed so long after it was at work; whether it was."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "migrate_organizations"],
        env={**os.environ, **server_environment("http://testserver"), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        begun = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    return "all organizations" not in begun


@pytest.mark.parametrize(
    ("organizations", "kills"),
    [(4, 1), pytest.param(30, 5, marks=pytest.mark.long)],
)
def test_killed_on_the_way_all_arrive_at_the_same_version(old, organizations, kills):
    made = old(organizations)
    acme = Organization.objects.get(slug="acme")
    before, after = shape(made[0]), shape(acme)
    assert before != after
    dice = random.Random(4)
    for _ in range(kills):
        run_and_kill(dice.uniform(0, 0.3))
        for organization in made:  # each wholly old, or wholly new
            assert shape(organization) in (before, after)
    migrate()
    assert not schemas.outdated().exists()
    assert [shape(organization) == shape(acme) for organization in made] == [True] * len(made)
    assert {version.fingerprint for version in SchemaVersion.objects.all()} == {
        schemas.fingerprint()
    }


def test_what_is_current_is_skipped_in_one_statement(acme, django_assert_max_num_queries):
    SchemaVersion.objects.update(fingerprint=schemas.fingerprint())
    has_template()
    with django_assert_max_num_queries(5):
        assert "0 migrated" in migrate()


def test_a_failure_is_told_and_the_others_go_on(old):
    broken, well = old(2)
    with connection.cursor() as cursor:  # in the way of a later migration
        cursor.execute(f'ALTER TABLE "{broken.schema_name}".stac_item RENAME TO gone')
    with pytest.raises(CommandError, match="1 migrated; 1 are not at this version"):
        migrate(threads=1)
    acme = Organization.objects.get(slug="acme")
    assert shape(well) == shape(acme)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{broken.schema_name}".gone RENAME TO stac_item')
    assert "1 migrated" in migrate()
    assert shape(broken) == shape(acme)


def test_tables_in_use_are_waited_for_and_the_way_is_free_meanwhile(old, monkeypatch):
    monkeypatch.setattr(schemas, "LOCK_WAIT", "50ms")
    monkeypatch.setattr(schemas, "TRIES", 2)
    used, free = old(2)
    with contextlib.closing(connection.copy()) as reader:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute(f'SELECT FROM "{used.schema_name}".stac_item')
        with pytest.raises(CommandError, match="1 migrated; 1 are not"):
            migrate(threads=1)
    assert "1 migrated" in migrate()
    assert shape(used) == shape(free)


def test_a_version_belongs_to_one_organization(acme):
    with pytest.raises(DatabaseError), transaction.atomic():
        SchemaVersion.objects.create(organization=acme, fingerprint="twice")


def test_made_by_the_template_it_is_as_made_by_migrations(old):
    cyd = User.objects.get(email="cyd@example.org")
    acme = Organization.objects.get(slug="acme")
    SchemaTemplate.objects.all().delete()
    schemas.keep_template()
    made = create_organization(name="Quick", slug="quick", owner=cyd)
    old(0).append(made)
    assert shape(made) == shape(acme)
    assert migrations_of(made) == migrations_of(acme)
    assert not schemas.outdated().filter(pk=made.pk).exists()


def migrations_of(organization: Organization) -> list[tuple[str, str]]:
    with tenant_scope(organization), connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        return list(cursor.fetchall())


def test_a_template_of_another_version_is_not_used(acme, cyd):
    SchemaTemplate.objects.create(fingerprint="old", schema_name="t_x", sql="broken")
    made = create_organization(name="Slow", slug="slow", owner=cyd)
    assert shape(made) == shape(acme)
