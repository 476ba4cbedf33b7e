"""A thread is in one organization at a time, whatever fails."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from tenants.current import cache_key, current_organization, tenant_scope
from tenants.models import Organization

THREADS = 8


def schema_in_use() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def divide_by_zero() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_it_works(acme, other):
    assert current_organization() is None
    with tenant_scope(acme):
        assert (current_organization(), schema_in_use()) == (acme, acme.schema_name)
        with tenant_scope(other):
            assert schema_in_use() == other.schema_name
        assert schema_in_use() == acme.schema_name
    assert (current_organization(), schema_in_use()) == (None, "public")


def test_an_exception_leaves_it(acme, other):
    with tenant_scope(acme):
        with pytest.raises(KeyError), tenant_scope(other):
            raise KeyError
        assert schema_in_use() == acme.schema_name


def test_there_is_no_other_way_in(acme):
    """django-tenants' context managers keep what was before on the class, for all threads."""
    with pytest.raises(TypeError, match="tenant_scope"):
        ExitStack().enter_context(acme)
    with pytest.raises(TypeError, match="tenant_scope"):
        Organization.activate(acme)


def test_a_statement_carries_its_schema(acme, other):
    """In one message with it: PostgreSQL runs nothing after what failed in a message."""
    with connection.cursor() as platform, tenant_scope(acme), connection.cursor() as cursor:
        for one, schema in ((cursor, acme.schema_name), (platform, "public"), (cursor, "t_")):
            one.execute("SELECT current_query()")
            assert one.fetchone()[0].startswith(f'SET search_path = "{schema}')
            one.execute("SHOW search_path")  # goes after it, alone
            assert one.fetchone()[0].startswith(schema)


def test_a_failed_transaction_runs_nothing(acme, other):
    with tenant_scope(acme), transaction.atomic():
        with suppress(DatabaseError):
            divide_by_zero()
        with tenant_scope(other), pytest.raises(DatabaseError, match="aborted"):
            schema_in_use()
        transaction.set_rollback(True)
    with tenant_scope(acme):
        assert schema_in_use() == acme.schema_name


def test_a_schema_name_is_never_sql(acme):
    with (
        pytest.raises(ValidationError),
        tenant_scope(Organization(schema_name='public"; SELECT 1; --')),
    ):
        schema_in_use()


def test_a_rolled_back_savepoint_changes_no_schema(acme, other):
    with tenant_scope(acme):
        with pytest.raises(DatabaseError), transaction.atomic(), tenant_scope(other):
            divide_by_zero()
        assert schema_in_use() == acme.schema_name


def test_tables_of_organizations_are_not_in_public(acme):
    """So that a lost organization is an error and never a leak."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema IN ('public', %s)",
            [acme.schema_name],
        )
        rows = cursor.fetchall()
    shared = {name for schema, name in rows if schema == "public"}
    own = {name for schema, name in rows if schema != "public"}
    assert own & shared == {"django_migrations"}
    assert "stac_item" in own


def test_no_key_leads_out_of_an_organization(acme):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint"
            " JOIN pg_class held ON held.oid = confrelid"
            " WHERE contype = 'f' AND connamespace = %s::regnamespace"
            " AND held.relnamespace <> connamespace",
            [acme.schema_name],
        )
        assert cursor.fetchall() == []


def test_cache_keys_carry_the_organization(acme, other):
    keys = {cache_key("k", "", 1)}
    for organization in (acme, other):
        with tenant_scope(organization):
            keys.add(cache_key("k", "", 1))
            assert str(organization.pk) in cache_key("k", "", 1)
    assert len(keys) == 3


def test_the_cache_itself_uses_them():
    assert settings.CACHES["default"]["KEY_FUNCTION"] == "tenants.current.cache_key"


@pytest.fixture
def two_organizations(django_db_setup, django_db_blocker):
    """Committed, so that every thread's connection sees them, each with a row that names it."""
    with django_db_blocker.unblock():
        made = list(Organization.objects.filter(slug__in=("acme", "other")))
        for organization in made:
            with tenant_scope(organization), connection.cursor() as cursor:
                cursor.execute("CREATE TABLE canary AS SELECT current_schema()::text AS home")
        yield made
        for organization in made:
            with tenant_scope(organization), connection.cursor() as cursor:
                cursor.execute("DROP TABLE canary")
        connection.close()


class Walker:
    """One thread that goes in and out of organizations, with every kind of trouble."""

    def __init__(self, organizations: list[Organization], seed: int) -> None:
        self.organizations = organizations
        self.dice = random.Random(seed)
        self.wrong = self.read = self.cancelled = 0

    def walk(self, switches: int) -> "Walker":
        for _ in range(switches):
            try:
                self.step()
            except KeyError:
                pass
            except DatabaseError:
                self.cancelled += 1
            if current_organization() is not None:
                self.wrong += 1
        connection.close()
        return self

    def step(self) -> None:
        organization = self.dice.choice(self.organizations)
        trouble = self.dice.random()
        with tenant_scope(organization):
            self.look(organization)
            if trouble < 0.1:
                raise KeyError
            if trouble < 0.2:
                with transaction.atomic():
                    self.look(organization)
                    self.stumble(organization)
            if trouble > 0.98:
                connection.close()  # back to the pool, and another one from it
        if trouble > 0.9:
            assert schema_in_use() == "public"

    def stumble(self, organization: Organization) -> None:
        try:
            with transaction.atomic():
                divide_by_zero()
        except DatabaseError:
            self.look(organization)

    def look(self, organization: Organization) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT home FROM canary")
            self.read += 1
            self.wrong += cursor.fetchone()[0] != organization.schema_name


def cancel_at_random(stop: threading.Event) -> None:
    dice = random.Random(0)
    while not stop.is_set():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user"
                " AND pid <> pg_backend_pid()"
            )
        time.sleep(dice.random() / 1000)
    connection.close()


@pytest.mark.parametrize("switches", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_threads_and_cancelled_statements_mix_nothing(two_organizations, switches):
    stop = threading.Event()
    with ThreadPoolExecutor(THREADS + 1) as pool:
        canceller = pool.submit(cancel_at_random, stop)
        walks = [
            pool.submit(Walker(two_organizations, seed).walk, switches // THREADS)
            for seed in range(THREADS)
        ]
        try:
            walkers = [walk.result() for walk in walks]
        finally:
            stop.set()
        canceller.result()
    assert sum(walker.wrong for walker in walkers) == 0
    assert sum(walker.read for walker in walkers) > switches * 0.9
    assert sum(walker.cancelled for walker in walkers) > switches // 2000


def test_the_pool_gives_connections_of_no_organization(two_organizations):
    """Also past Django: nothing but its own SET decides where a statement looks."""
    for organization in two_organizations:
        with tenant_scope(organization):
            schema_in_use()
            pool = connection.pool
            connection.close()
        with pool.connection() as raw:
            assert raw.execute("SHOW search_path").fetchone()[0] == '"$user", public'
