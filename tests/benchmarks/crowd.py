"""Many organizations on one server: making them, asking one of them and all, migrating them.

What is asked is asked in turn of the database with all of them and of one that has the first alone.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection, transaction

from catalogs.stac import bulk, transactions
from catalogs.stac.models import Collection
from tenants.current import tenant_scope
from tenants.models import Organization, SchemaTemplate, User
from tenants.signup import create_organization
from tests.benchmarks import data, questions
from tests.benchmarks.asking import Asked, ask
from tests.benchmarks.servers import Ours
from tests.live import ROOT

FIRST = 3_000  # items of the organization that is asked, with others and without
EACH = 9  # items of each of the others
TIMED = 20  # organizations whose making is timed
BY_MIGRATIONS = 3
THREADS = 4
WARM = 3  # seconds in which each process of the server begins
ALONE = "alone"  # the database of the first organization alone
KINDS = ("latest", "bbox", "id")


def run(ours: Ours, words: argparse.Namespace) -> None:
    if not ours.is_loaded():
        ours.load(FIRST, words.seed)
        _copy_database()
    call_command("migrate_organizations", verbosity=0)  # makes the template, as set-up does
    creating(words.organizations)
    for database in (ALONE, "gistac"):
        address = os.environ["BENCH_OWNER"].rsplit("/", 1)[0] + f"/{database}"
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")  # or the server does it while it is asked
    asking(ours, words)
    migrating(words.organizations)


def _copy_database() -> None:
    connection.close()
    connection.close_pool()
    with psycopg.connect(os.environ["BENCH_OWNER"], autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {ALONE}")
        owner.execute(f"CREATE DATABASE {ALONE} TEMPLATE gistac OWNER gistac")


# Making them -----------------------------------------------------------------
def creating(count: int) -> None:
    print("\n| organizations there | by the template, ms | p95 | by migrations, ms |", flush=True)
    print("| --- | --- | --- | --- |")
    for present in (1, count // 2, count - TIMED):
        fill(present)
        took = [_timed(register) for _ in range(TIMED)]
        slowly = statistics.median(_timed(_by_migrations) for _ in range(BY_MIGRATIONS))
        median, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
        print(f"| {present:,} | {median:.0f} | {p95:.0f} | {slowly:.0f} |", flush=True)


def fill(count: int) -> None:
    missing = max(0, count - Organization.objects.count())
    with ThreadPoolExecutor(THREADS) as pool:
        for made in [pool.submit(_fill_one) for _ in range(missing)]:
            made.result()


def _fill_one() -> None:
    try:
        make()
    finally:
        connection.close()


def make() -> Organization:
    """By the product's own verbs: the organization, a public collection, a few items."""
    organization = register()
    id = data.COLLECTIONS[0]
    with tenant_scope(organization):
        kept = transactions.create_collection(data.collection(id), Collection.Visibility.PUBLIC)
        documents = data.items(3 * EACH, seed=1)
        bulk.create_items(kept, [one for one in documents if one["collection"] == id])
    return organization


def register() -> Organization:
    slug = f"of-{os.urandom(6).hex()}"
    owner = User.objects.create_user(f"{slug}@example.org", name="Owner")
    return create_organization(name=slug, slug=slug, owner=owner)


def _timed(verb: Callable[[], object]) -> float:
    began = time.perf_counter()
    verb()
    return (time.perf_counter() - began) * 1000


class _Undone(Exception):
    """What was made is taken back."""


def _by_migrations() -> None:
    """As it would be without a template of the tables."""
    try:
        with transaction.atomic():
            SchemaTemplate.objects.all().delete()
            register()
            raise _Undone
    except _Undone:
        pass


# Asking ----------------------------------------------------------------------
def asking(ours: Ours, words: argparse.Namespace) -> None:
    for kind in KINDS:
        paths = questions.of(kind, FIRST, words.seed)
        one = [f"bench/stac/{path}" for path in paths]
        rounds: dict[str, list[Asked]] = {ALONE: [], "gistac": []}
        for _ in range(words.rounds):
            for database, each in rounds.items():
                with serving(ours, database):
                    each.append(_ask(ours, one, words))
        p50, p95 = (
            {database: _median(each, name) for database, each in rounds.items()}
            for name in ("p50", "p95")
        )
        print(
            f"{kind}, one of {words.organizations:,}: p50 {p50['gistac']:.1f} ms,"
            f" alone {p50[ALONE]:.1f}, times {p50['gistac'] / p50[ALONE]:.2f};"
            f" p95 {p95['gistac']:.1f}, alone {p95[ALONE]:.1f}",
            flush=True,
        )
    _ask_all(ours, words)


def _ask_all(ours: Ours, words: argparse.Namespace) -> None:
    """Every connection comes through all schemas, and keeps what it learned of each."""
    slugs = list(Organization.objects.order_by("slug").values_list("slug", flat=True))
    everyone = [f"{slug}/stac/search?limit=10" for slug in slugs]
    one = [f"{slugs[0]}/stac/search?limit=10"]
    with serving(ours, "gistac"):
        for name, paths in (("one of them", one), ("all in turn", everyone), ("again", everyone)):
            found = _ask(ours, paths, words)
            print(
                f"search of {name}: {found.rate:,.0f}/s, p50 {found.p50:.1f} ms,"
                f" p95 {found.p95:.1f}; {_backends()}; {found.faults} faults",
                flush=True,
            )


def _ask(ours: Ours, paths: Sequence[str], words: argparse.Namespace) -> Asked:
    ask(f"{ours.url}/o/", paths, words.connections, WARM)
    return ask(f"{ours.url}/o/", paths, words.connections, words.seconds)


def serving(ours: Ours, database: str) -> AbstractContextManager[None]:
    address = os.environ["GISTAC_DATABASE_URL"].rsplit("/", 1)[0] + f"/{database}"
    return ours.serving(Path(tempfile.mkdtemp()), {"GISTAC_DATABASE_URL": address})


def _backends() -> str:
    """The connections of the server, and the memory of its own that each keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        sizes = sorted(_own_memory(pid) for (pid,) in cursor.fetchall())
    return f"{len(sizes)} connections of {sizes[0]:.0f} to {sizes[-1]:.0f} MB"


def _own_memory(pid: int) -> float:
    """Megabytes that it shares with nobody."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) / 1000 for row in rows if row.startswith("RssAnon:"))


def _median(rounds: list[Asked], name: str) -> float:
    return statistics.median(getattr(one, name) for one in rounds)


# Migrating -------------------------------------------------------------------
def migrating(count: int) -> None:
    _migrate("where all are at this version", 0)
    _migrate("with one new migration", 1)
    _migrate("with another one, killed at a third", 2, stop_after=count // 3)
    _migrate("the rest of it", 2)


def _migrate(told: str, later: int, stop_after: int | None = None) -> None:
    """A process of its own, of a version that has so many migrations more."""
    began, done = time.monotonic(), 0
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.later", str(later)],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            done += line.endswith(": migrated\n")
            if done == stop_after:
                process.kill()
    print(f"migrating {told}: {done:,} in {time.monotonic() - began:.1f} s", flush=True)
