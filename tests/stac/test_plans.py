"""Searches use their indexes: plans are asserted, never seconds."""

import json
import math

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from catalogs.stac import browsing, paging, search, sorting, tiles, transactions
from catalogs.stac.cql2 import operands
from catalogs.stac.models import Collection, Item
from catalogs.stac.parameters import SearchParameters
from tests.stac import documents

ROWS = 20_000
SCATTER = """
INSERT INTO stac_item (collection_id, id, body, etag, revision, created, updated, west, south,
                       east, north, geometry, lowest, highest, datetime, start, "end", properties)
SELECT 'c' || n % 3, 'i' || n, '{{}}', '', 1, now(), now(), x, y, x + 1, y + 1,
       ST_MakeEnvelope(x, y, x + 1, y + 1, 4326), 0, 0, t, t, t,
       jsonb_build_object('eo:cloud_cover', (n * 31) % 1009 / 10.0)
FROM (SELECT n, (n * 7919) % 359 - 180.0 AS x, (n * 104729) % 179 - 90.0 AS y,
             timestamptz '2015-01-01Z' + n * interval '4 hours' AS t
      FROM generate_series(1, {rows}) n) AS scattered
"""


class Member:
    def has_perm(self, perm, obj=None):
        return True


class Reader:
    named_as = ("reader:1",)

    def has_perm(self, perm, obj=None):
        return perm != "stac.view_every_collection"


@pytest.fixture
def many(inside):
    for number in range(3):
        transactions.create_collection(documents.collection(f"c{number}"))
    with connection.cursor() as cursor:
        cursor.execute(SCATTER.format(rows=ROWS))
        cursor.execute("ANALYZE stac_item")


def plan(user=None, token=None, backward=False, **asked):
    wanted = SearchParameters.read(asked)
    sort, keys = wanted.pop("sortby", None), paging.LATEST
    if sort:
        kinds = [KINDS[by.name] for by in sort]
        keys = sorting.keys(sort, kinds, operands.name, paging.LATEST[1:])
    found = Item.objects.visible_to(user or Member()).search(**wanted)
    if token:
        found = found.filter(paging.Pager("", {}, keys).beyond(token, backward))
    ordered = found.order_by(*(key.order(backward) for key in keys))
    return ordered.values_list("body", *(key.read for key in keys))[:11].explain()


KINDS = {"datetime": ["time"], "id": ["string"], "eo:cloud_cover": ["number"]}


CASES = [
    ({}, "item_latest"),
    ({"collections": "c1"}, "item_latest"),
    ({"bbox": "10,50,11,51"}, "item_by_place"),
    ({"bbox": "179,50,-179,51"}, "item_by_place"),
    ({"intersects": '{"type":"Point","coordinates":[10.5,50.5]}'}, "item_by_place"),
    ({"datetime": "2016-01-01T00:00:00Z/2016-01-02T00:00:00Z"}, "item_by_time"),
    ({"ids": "i17"}, "one_item_per_id_in_collection"),
    ({"ids": "i17", "collections": "c1"}, "one_item_per_id_in_collection"),
]


def test_each_search_uses_its_index(many):
    for asked, index in CASES:
        told = plan(**asked)
        assert index in told, (asked, told)
        assert "Seq Scan on stac_item" not in told, (asked, told)
    # What a stranger sees uses it too.
    assert "item_by_place" in plan(user=AnonymousUser(), bbox="10,50,11,51")
    # And what a member sees of whom collections are hidden, which are few.
    for asked, index in CASES:
        told = plan(user=Reader(), **asked)
        assert index in told, (asked, told)
        assert "Seq Scan on stac_item" not in told, (asked, told)
        assert "hashed SubPlan" in told, (asked, told)
    # A late page starts where it is.
    late = plan(token=["2016-06-01T00:00:00+00:00", "c1", "i17"])
    assert "item_latest" in late
    assert "Index Cond: (COALESCE(datetime" in late


def test_a_month_long_ago_is_where_the_walk_begins(many):
    month = "2015-02-01T00:00:00Z/2015-03-01T00:00:00Z"
    for more in ({}, {"collections": "c1"}, {"collections": "c1,c2"}):
        for user in (Member(), Reader()):
            told = plan(user=user, datetime=month, **more)
            walks = "Index Cond: (COALESCE(datetime" in told or ") AND (COALESCE(datetime" in told
            assert walks or "item_by_time" in told, (more, told)
            assert "item_of_range" in told, (more, told)
    assert "item_latest_in_collection" in plan(datetime=month, collections="c1")
    assert "item_by_place" in plan(datetime=month, collections="c1", bbox="10,50,11,51")


def test_few_collections_are_looked_at_for_plans(inside):
    """PostgreSQL looks at a table by itself once fifty rows have changed, if nothing is said."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'stac_collection'::regclass")
        [(told,)] = cursor.fetchall()
    assert "autovacuum_analyze_threshold=0" in told


SORTED = [
    ("-datetime", "item_latest", ["2016-06-01T00:00:00+00:00", "c1", "i17"]),
    ("datetime", "item_earliest", ["2016-06-01T00:00:00+00:00", "c1", "i17"]),
    ("eo:cloud_cover", "item_clearest", ["20.5", "c1", "i17"]),
    ("id", "one_item_per_id_in_collection", ["i17", "c1"]),
    ("-id", "one_item_per_id_in_collection", ["i17", "c1"]),
]


def test_common_orders_use_their_index(many):
    for sortby, index, token in SORTED:
        for more in ({}, {"collections": "c1"}):
            told = plan(sortby=sortby, **more)
            assert index in told, (sortby, told)
            assert "Seq Scan on stac_item" not in told, (sortby, told)
        for backward in (False, True):
            late = plan(token=token, backward=backward, sortby=sortby)
            assert index in late, (sortby, late)
            assert "Index Cond" in late, (sortby, late)


def a_coast(vertices):
    """A ring around 10.5 E, 50.5 N whose every other corner is drawn in."""
    places = [(2 * math.pi * n / vertices, 0.2 + 0.1 * (n % 2)) for n in range(vertices)]
    ring = [[10.5 + far * math.cos(a), 50.5 + far * math.sin(a)] for a, far in places]
    return json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})


def test_large_questions_scan_no_table(many):
    ids = ",".join(f"i{n}" for n in range(1, 20_000, 20))
    for more in ({}, {"collections": "c1"}):
        assert "Seq Scan on stac_item" not in plan(ids=ids, **more)
    assert "item_by_place" in plan(intersects=a_coast(4_999))


def test_the_way_to_an_item_uses_an_index(many):
    home = Collection.objects.get(pk="c1")
    items = Item.objects.visible_to(Member()).filter(collection=home)
    for part in ("", "20", "2016", "2016-03", "2016-03-04", browsing.UNDATED):
        rows = browsing.Node("", home, items, part).rows
        for asked in (
            rows.order_by(search.MOMENT.desc(), "stac_id")[: browsing.MOST + 1],
            rows.filter(browsing.since(browsing.FIRST)).order_by(search.MOMENT.desc())[:1],
        ):
            told = asked.explain()
            assert "item_latest" in told, (part, told)
            assert "Seq Scan" not in told, (part, told)


def explained(tile, options="", user=None, **asked):
    found = Item.objects.visible_to(user or Member()).search(**SearchParameters.read(asked))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}FORMAT JSON) {tiles.statement(found, tile)}")
        return cursor.fetchone()[0][0]["Plan"]


def scans(plan):
    """The parts of a plan that read items."""
    if plan.get("Relation Name") == "stac_item":
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


def test_a_deep_tile_uses_the_index_of_places(many):
    for user in (Member(), AnonymousUser()):
        told = json.dumps(explained(tiles.Tile.at(8, 87, 135), user=user))
        assert "item_by_place" in told
        assert "Seq Scan" not in json.dumps(
            [each for each in scans(json.loads(told)) if each["Node Type"] != "Sample Scan"]
        )


def test_a_tile_reads_no_more_than_it_may(many, monkeypatch):
    """However many there are: pages of a sample, then rows up to the first bound."""
    monkeypatch.setattr(tiles, "MOST_DRAWN", 100)
    monkeypatch.setattr(tiles, "MOST_COUNTED", 300)
    monkeypatch.setattr(tiles, "SAMPLED", 50)
    for matrix in (0, 3, 5):
        plan = explained(tiles.Tile.at(matrix, 0, 0), "ANALYZE, ")
        read = sum(
            (each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"]
            for each in scans(plan)
        )
        assert read < ROWS / 4, (matrix, read)
