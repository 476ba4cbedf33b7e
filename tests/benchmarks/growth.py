"""One catalog at several sizes: the medians of each kind, measured in turn, and their picture.

The smallest is written through the API. The others are organizations of their own, filled by the
database with copies of its rows: with ids, times and places of their own, but with the documents
of the items that they are copies of. Their indexes are made at the end, as after an import.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import requests

from catalogs.stac import transactions
from catalogs.stac.models import Collection
from tenants.current import tenant_scope
from tenants.models import Organization, User
from tenants.signup import create_organization
from tests.benchmarks import data, questions
from tests.benchmarks.asking import Asked, ask
from tests.benchmarks.picture import lines
from tests.benchmarks.servers import OWNER, Ours

DEEP = 1_000  # pages of a walk
FIRST_PAGE, DEEP_PAGE = "page 1", f"page {DEEP:,}"
Medians = dict[str, float]  # milliseconds of each kind


def run(ours: Ours, words: argparse.Namespace) -> None:
    roots = {words.size: ours.root}
    for size in sorted(words.grow):
        organization = Organization.objects.filter(slug=f"bench-{size}").first()
        roots[size] = f"{ours.url}/o/bench-{size}/stac/"
        if organization is None:
            _fill(_make(size), ours.schema, words.size, size)
    found = _measure(ours, words, roots)
    _report(found)
    words.json.write_text(json.dumps({str(size): each for size, each in found.items()}, indent=1))
    kinds = {kind: [each[kind] for each in found.values()] for kind in found[words.size]}
    picture = words.json.with_suffix(".svg")
    title = "Median of an answer, in milliseconds, by the number of items"
    picture.write_text(lines(title, list(found), kinds))
    print(f"\nAll figures are in {words.json}, drawn in {picture}.")


def _make(size: int) -> str:
    """The schema of an organization with the collections, and no items yet."""
    owner = User.objects.get(email=OWNER)
    made = create_organization(name=f"Bench {size:,}", slug=f"bench-{size}", owner=owner)
    with tenant_scope(made):
        for id in data.COLLECTIONS:
            transactions.create_collection(data.collection(id), Collection.Visibility.PUBLIC)
    return str(made.schema_name)


def _owner(database: str = "gistac") -> "psycopg.Connection[tuple[object, ...]]":
    address = os.environ["BENCH_OWNER"].rsplit("/", 1)[0] + f"/{database}"
    options = "-c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=1"
    return psycopg.connect(address, autocommit=True, options=options)


def _fill(schema: str, source: str, there: int, size: int) -> None:
    """With `size` items, copies of those `there`."""
    base = there - there % len(data.COLLECTIONS)  # a number says in which collection an item is
    with _owner() as owner:
        owner.execute(f'SET search_path = "{schema}", public')
        indexes = owner.execute(_INDEXES, [schema]).fetchall()
        for name, _ in indexes:
            owner.execute(f'DROP INDEX "{schema}"."{name}"')
        print(f"copying {base:,} items to {size:,}", flush=True)
        owner.execute("SELECT setseed(0.5)")
        for first in range(0, size, base):
            place = {"first": first, "most": min(base, size - first)}
            owner.execute(_COPY.format(source=source), place)
        owner.execute(_SETTLE.format(source=source))
        print(f"making {len(indexes)} indexes", flush=True)
        with ThreadPoolExecutor(2) as two:
            list(two.map(_index, [str(definition) for _, definition in indexes]))
        owner.execute("VACUUM ANALYZE stac_item")


def _index(definition: str) -> None:
    with _owner() as owner:
        owner.execute(definition)


# Those that no constraint holds.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes AS i
WHERE schemaname = %s AND tablename = 'stac_item'
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
AND indexdef NOT LIKE 'CREATE UNIQUE%%'
"""
# Somewhere in the box that its collection lies in, some time in the years of all.
_COPY = f"""
INSERT INTO stac_item (collection_id, id, body, revision, etag, created, updated, west, south, east,
    north, geometry, lowest, highest, datetime, start, "end", properties)
SELECT collection_id, collection_id || '-' || lpad((number + %(first)s)::text, 9, '0'), body,
    revision, etag, created, updated, west + dx, south + dy, east + dx, north + dy,
    ST_Translate(geometry, dx, dy), lowest, highest, moment, moment, moment, properties
FROM (SELECT *, (right(id, 9))::bigint AS number,
        '{data.FIRST.isoformat()}'::timestamptz + random() * interval '{data.DAYS} days' AS moment,
        CASE collection_id WHEN 'aerial' THEN -124 + random() * 57 ELSE -180 + random() * 358 END
            - west AS dx,
        CASE collection_id WHEN 'aerial' THEN 25 + random() * 24 ELSE -60 + random() * 138 END
            - south AS dy
    FROM "{{source}}".stac_item) AS old
WHERE number < %(most)s
"""
_SETTLE = """
INSERT INTO stac_queryable (collection_id, name, kinds, format, lowest, highest, values)
SELECT collection_id, name, kinds, format, lowest, highest, values FROM "{source}".stac_queryable;
UPDATE stac_collection SET count = each.count
FROM (SELECT collection_id, count(*) FROM stac_item GROUP BY 1) AS each WHERE collection_id = id
"""


def _measure(ours: Ours, words: argparse.Namespace, roots: Mapping[int, str]) -> dict[int, Medians]:
    """Of each kind the least of the medians of all rounds; the sizes have a round in turn."""
    found: dict[int, Medians] = {size: {} for size in roots}
    # They are three organizations on one server, but do not wait for each other.
    alone = {"GISTAC_DEAR_AT_ONCE": str(words.connections), "GISTAC_DEAR_SHARE": "100"}
    with tempfile.TemporaryDirectory() as folder, ours.serving(Path(folder), alone):
        asked: dict[int, dict[str, list[str]]] = {}
        for size, root in roots.items():
            asked[size] = {kind: questions.of(kind, size, words.seed) for kind in questions.KINDS}
            asked[size] |= {FIRST_PAGE: ["search?limit=10"], DEEP_PAGE: [_deep(root)]}
        for kind in asked[words.size]:
            rounds: dict[int, list[Asked]] = {size: [] for size in roots}
            for size, root in [*roots.items()] * words.rounds:
                ask(root, asked[size][kind], words.connections, 3)  # warm
                rounds[size].append(ask(root, asked[size][kind], words.connections, words.seconds))
            for size, each in rounds.items():
                assert not any(one.faults for one in each), kind
                found[size][kind] = min(one.p50 for one in each)
            told = ", ".join(f"{size:,} items {each[kind]:.1f}" for size, each in found.items())
            print(f"{kind}, median in ms: {told}", flush=True)
    return found


def _deep(root: str) -> str:
    """The path of a late page, where `next` leads to."""
    at = f"{root}search?limit=10"
    with requests.Session() as session:
        for _ in range(DEEP - 1):
            links = session.get(at, timeout=60).json()["links"]
            at = next(link["href"] for link in links if link["rel"] == "next")
    return at.removeprefix(root)


def _report(found: Mapping[int, Medians]) -> None:
    sizes = list(found)
    print("\n| kind |" + "".join(f" {size:,} |" for size in sizes) + " times |")
    print("| --- |" + " --- |" * (len(sizes) + 1))
    for kind, first in found[sizes[0]].items():
        each = [found[size][kind] for size in sizes]
        told = "".join(f" {took:.1f} |" for took in each)
        print(f"| {kind} |{told} {each[-1] / first:.1f} |")
