"""Indexes are made while the catalog is used, by a job that may be cut off anywhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from catalogs import indexing
from catalogs.audit import Actor
from catalogs.stac import index_advice, indexes, transactions
from catalogs.stac.models import PropertyIndex
from catalogs.stac.ranks import NUMBER, TEXT, Rank
from tenants.current import tenant_scope
from tests import jobs
from tests.stac.documents import collection, item

ADA = Actor("user", "1", "Ada")


@pytest.fixture
def owner(live) -> Iterator[str]:
    """The test runs in the schema of a catalog whose rows are committed."""
    with tenant_scope(live.organization):
        home = transactions.create_collection(collection("c"))
        for n in range(5):
            properties = {"gsd": n + 1, "it's 100%": "x" * 5000}
            transactions.create_item(home, item(f"i{n}", properties=properties))
        yield str(live.organization.pk)


def test_it_works(owner):
    for rank in (Rank("gsd", NUMBER, descending=True), Rank("it's 100%", TEXT)):
        row = indexing.make(owner, rank, actor=ADA)
        assert not indexes.is_valid(row)
        assert jobs.run_deferred() == 1
        row.refresh_from_db()
        assert (row.state, row.tries, indexes.is_valid(row)) == ("ready", 1, True)
        indexes.settle(row.pk)  # twice is once
        assert indexing.sweep(owner) == []
    home = PropertyIndex.objects.first()
    assert home is not None
    indexing.drop(owner, home.pk, actor=ADA)
    jobs.run_deferred()
    assert not indexes.is_valid(home)
    assert PropertyIndex.objects.count() == 1


@pytest.fixture
def cut_off(owner, live) -> PropertyIndex:
    """One whose making was ended half way: PostgreSQL has an invalid index of it."""
    row = indexing.make(owner, Rank("gsd", NUMBER), actor=ADA)
    with being_made(live, row) as process, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])
    return row


def held(live) -> psycopg.Connection:
    """A transaction that writes items: no index becomes ready while it is open."""
    database = connection.settings_dict
    writer = psycopg.connect(
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"],
        host=database["HOST"],
        port=database["PORT"],
    )
    writer.execute(f'LOCK TABLE "{live.organization.schema_name}".stac_item IN ROW EXCLUSIVE MODE')
    return writer


def settle(live, pk: int) -> None:
    with tenant_scope(live.organization):
        try:
            indexes.settle(pk)
        except indexing.OUTAGES:
            pass
        finally:
            connection.close()


def maker(row: PropertyIndex) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_progress_create_index WHERE index_relid = to_regclass(%s)",
            [row.relation],
        )
        found = cursor.fetchone()
    return found and found[0]


def wait_for(asked: Callable[[], int | None]) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := asked():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def exists(row: PropertyIndex) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [row.relation])
        return bool(cursor.fetchone()[0])


def test_what_was_cut_off_is_noticed_and_made_anew(cut_off, owner):
    assert exists(cut_off)
    assert not indexes.is_valid(cut_off)
    assert jobs.run_deferred() == 1  # a dead worker's job goes to another one
    cut_off.refresh_from_db()
    assert (cut_off.state, cut_off.tries, indexes.is_valid(cut_off)) == ("ready", 2, True)


def test_one_that_was_lost_is_made_anew(cut_off, owner):
    jobs.run_deferred()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {cut_off.relation}")
    assert len(indexing.sweep(owner)) == 1
    assert indexing.sweep(owner) == []  # it has a job
    jobs.run_deferred()
    assert indexes.is_valid(cut_off)


@contextmanager
def being_made(live, row: PropertyIndex) -> Iterator[int]:
    """A thread makes it, and cannot end; gives the process of PostgreSQL that is at it."""
    thread = threading.Thread(target=settle, args=(live, row.pk))
    with held(live):
        thread.start()
        yield wait_for(lambda: maker(row))
    thread.join()


def test_one_that_is_being_made_is_stopped(owner, live):
    row = indexing.make(owner, Rank("gsd", NUMBER), actor=ADA)
    with being_made(live, row):
        with pytest.raises(indexes.Again):
            indexes.settle(row.pk)  # another one is at it
        told = index_advice.made()
        assert told[0].progress is not None
        indexing.drop(owner, row.pk, actor=ADA)
    jobs.run_deferred()
    assert not exists(row)
    assert not PropertyIndex.objects.exists()


def test_one_that_fails_again_and_again_leaves_nothing(owner, live):
    row = indexing.make(owner, Rank("gsd", NUMBER), actor=ADA)
    for _ in range(indexes.MOST_TRIES):
        with being_made(live, row) as process, connection.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(%s)", [process])
    row.refresh_from_db()
    assert (row.state, exists(row)) == ("failed", False)
    assert "cancel" in row.problem
    jobs.run_deferred()  # its job has nothing to do
    assert indexing.sweep(owner) == []
    indexing.make(owner, row.rank, actor=ADA)
    jobs.run_deferred()
    assert indexes.is_valid(row)
