"""Whole results of a real server: each of its organization, freed in time, never half as whole."""

import csv
import io
import json
import threading
import time

import pytest
import requests
from django.db import connection

from catalogs.stac import streams, transactions
from tenants.current import tenant_scope
from tenants.signup import create_organization
from tests.stac import documents

MANY = 6_000


def fill(organization, word: str, count: int) -> None:
    with tenant_scope(organization):
        made = transactions.create_collection(documents.collection("c"), "public")
        one = documents.item("first")
        one["properties"]["word"] = word
        first = transactions.create_item(made, one)
        with connection.cursor() as cursor:  # the same item many times: only the reading counts
            cursor.execute(
                "INSERT INTO stac_item (collection_id, id, body, revision, etag, created, updated,"
                ' lowest, highest, datetime, start, "end", properties, geometry)'
                " SELECT collection_id, 'n' || n, replace(body, '\"first\"', '\"n' || n || '\"'),"
                ' revision, etag, created, updated, lowest, highest, datetime, start, "end",'
                " properties, geometry FROM stac_item, generate_series(1, %s) AS n"
                " WHERE key = %s",
                [count, first.pk],
            )


def test_two_organizations_never_mix(live):
    other = create_organization(name="Neighbour", slug="neighbour-streams", owner=live.owner)
    fill(live.organization, "mine", 1500)
    fill(other, "theirs", 1500)
    addresses = {"mine": live.stac, "theirs": f"{live.url}{other.path}stac/"}
    found: dict[str, list[set[str]]] = {"mine": [], "theirs": []}

    def read(word: str) -> None:
        for form in ("ndjson", "csv", "ndjson"):
            answer = requests.get(f"{addresses[word]}search", {"f": form}, timeout=60)
            while answer.status_code == 503:  # only so many at once
                time.sleep(0.2)
                answer = requests.get(f"{addresses[word]}search", {"f": form}, timeout=60)
            assert answer.status_code == 200, answer.text
            rows = (
                [json.loads(line)["properties"] for line in answer.text.splitlines()]
                if form == "ndjson"
                else list(csv.DictReader(io.StringIO(answer.text)))
            )
            assert len(rows) == 1501
            found[word].append({row["word"] for row in rows})

    threads = [threading.Thread(target=read, args=(word,)) for word in found for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {word: [{word}] * 6 for word in found}


def test_who_leaves_makes_room(live):
    fill(live.organization, "x", MANY)
    address = f"{live.stac}search?f=ndjson"
    for _ in range(streams.AT_ONCE * 2):
        with requests.get(address, stream=True, timeout=60) as answer:
            assert answer.status_code == 200
            next(answer.iter_lines())
        time.sleep(0.5)
    deadline = time.monotonic() + 20
    while requests.get(address, timeout=60).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.5)
    answer = requests.get(address, timeout=60)
    assert answer.text.count("\n") == MANY + 1


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_breaks_off_is_not_taken_for_whole(live, encoding):
    """The database ends the reader's session in the middle of it."""
    fill(live.organization, "x", 30_000)
    answer = requests.get(
        f"{live.stac}search?f=ndjson",
        stream=True,
        timeout=60,
        headers={"Accept-Encoding": encoding},
    )
    lines = answer.iter_lines()
    assert json.loads(next(lines))["type"] == "Feature"
    assert any(_end_readers() or time.sleep(0.1) for _ in range(100))
    rest = list(lines)
    assert len(rest) < 30_000
    with pytest.raises(json.JSONDecodeError):
        json.loads(rest[-1])


def _end_readers() -> bool:
    """Whether a stream's session was there to be ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE"
            " 'idle in transaction%%' AND datname = current_database() AND query LIKE 'FETCH%%'"
        )
        return cursor.rowcount >= 1


def test_a_copy_of_a_connection_stays_in_the_schema(live):
    fill(live.organization, "x", 10)
    with tenant_scope(live.organization):
        copied = connection.copy()
    try:
        with copied.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM stac_item")
            assert cursor.fetchone() == (11,)
    finally:
        copied.close()
