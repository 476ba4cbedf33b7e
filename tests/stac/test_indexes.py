"""Indexes on properties are on what searches ask, and what searches ask is counted."""

import json

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from catalogs.stac import asked, cql2, index_advice, indexes, paging, sorting, transactions
from catalogs.stac.cql2 import operands
from catalogs.stac.errors import Refused
from catalogs.stac.models import Asked, Item, PropertyIndex, Queryable
from catalogs.stac.ranks import NUMBER, TEXT, Rank
from tests.stac import documents
from tests.stac.cql2_items import CITIES, seed

ODD = 's2:"it\'s" 100% 雲 \\ %s {} ' + "x" * 200
ROWS = """
INSERT INTO stac_item (collection_id, id, body, etag, revision, created, updated, lowest, highest,
                       datetime, start, "end", properties)
SELECT 'c', 'i' || n, '{}', '', 1, now(), now(), 0, 0, t, t, t,
       jsonb_build_object('gsd', (n * 31) %% 1009 / 10.0, %s::text, 'v' || (n * 31) %% 1009)
FROM (SELECT n, timestamptz '2015-01-01Z' + n * interval '4 hours' AS t
      FROM generate_series(1, 10000) n) AS all_of_them
"""


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(asked, "_catalogs", {})


def ready(*ranks: Rank) -> list[PropertyIndex]:
    """As `settle` leaves them; inside a transaction, so not concurrently."""
    rows = [
        PropertyIndex.objects.create(
            name=rank.name, kind=rank.kind, descending=rank.descending, state="ready"
        )
        for rank in ranks
    ]
    with connection.schema_editor(atomic=False) as editor:
        for row in rows:
            editor.add_index(Item, indexes.index(row))
    indexes.write()
    return rows


@pytest.fixture
def many(inside):
    transactions.create_collection(documents.collection("c"))
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [ODD])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made before they are checked


def filtered(tree) -> str:
    return Item.objects.filter(cql2.condition(tree, cql2.JSON)).values("key").explain()


def ordered(by: sorting.By, kind: str, token=None, backward=False) -> str:
    keys = sorting.keys([by], [[kind]], operands.name, paging.LATEST[1:])
    found = Item.objects.all()
    if token:
        found = found.filter(paging.Pager("", {}, keys).beyond(token, backward))
    return found.order_by(*(key.order(backward) for key in keys)).values("body")[:11].explain()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "low", "high"), [("gsd", NUMBER, 3, 97.5), (ODD, TEXT, "v101", "v95")]
)
def test_it_is_used(many, name, kind, low, high, descending):
    rank = Rank(name, kind, descending)
    (row,) = ready(rank)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stac_item")
    this = {"property": name}
    for tree in (
        {"op": "<", "args": [this, low]},
        {"op": "<=", "args": [this, low]},
        {"op": "=", "args": [this, low]},
        {"op": ">", "args": [this, high]},
        {"op": "<=", "args": [high, this]},
        {"op": "between", "args": [this, low, low]},
        {"op": "in", "args": [this, [low, high]]},
    ):
        told = filtered(tree)
        assert row.relation in told, (tree, told)
        assert "Index Cond" in told, (tree, told)
    by = sorting.By(name, descending)
    assert row.relation in ordered(by, kind)
    token = {NUMBER: "20.5", TEXT: ("bv3" if descending else "av3")}[kind]
    for backward in (False, True):
        late = ordered(by, kind, [token, "c", "i17"], backward)
        assert row.relation in late
        assert "Index Cond" in late
    assert "Sort" not in ordered(by, kind)


def test_it_finds_the_same(inside):
    """Whatever a property holds: numbers, texts, nothing, other kinds, long texts."""
    seed()
    texts = [*(city[0] for city in CITIES), "x" * 255, "x" * 256, "x" * 300, "zz"]
    home = Item.objects.first().collection
    for n, long in enumerate(texts[-4:]):
        transactions.create_item(home, documents.item(f"long-{n}", properties={"name": long}))
    questions = [
        {"op": op, "args": [{"property": name}, value]}
        for name, values in (("name", texts), ("population", [0, -5, 2.5, 1e300, 128512, 17]))
        for value in values
        for op in ("<", "<=", "=", "<>", ">=", ">")
    ]
    plain = [answer(question) for question in questions]
    assert sum(map(len, plain)) > 500
    for descending in (False, True):
        asked.learn([Rank("name", TEXT, descending), Rank("population", NUMBER, descending)])
        for question, expected in zip(questions, plain, strict=True):
            assert answer(question) == expected, (question, descending)


def answer(question) -> list[str]:
    found = Item.objects.filter(cql2.condition(question, cql2.JSON))
    return sorted(found.values_list("stac_id", flat=True))


def test_searches_are_counted(stac, stranger, inside):
    stac.post("collections", documents.collection("c"))
    for n in range(3):
        properties = {"gsd": n + 1, "platform": f"p{n}"}
        stac.post("collections/c/items", documents.item(f"i{n}", properties=properties))
    asked._catalogs.clear()
    for query in (
        {"filter": "gsd < 10 AND platform = 'p1' AND nobody.has.it < 3"},
        {"filter": "gsd > 10 OR gsd < 1", "sortby": "-gsd"},
        {"sortby": "-properties.platform"},
        {"query": json.dumps({"gsd": {"lte": 5}})},
        {"filter": "datetime > DATE('2020-01-01') AND gsd IS NULL", "sortby": "datetime"},
    ):
        assert stac("search", **query).status_code == 200, query
    stranger("search", filter="gsd = 1")
    stac("collections", filter="gsd = 1")
    assert not Asked.objects.exists()
    indexes.write()
    stac("search", filter="gsd = 1")
    indexes.write()
    counts: dict[tuple[str, ...], int] = {}
    for row in Asked.objects.all():
        key = (row.name, row.kind, row.use)
        counts[key] = counts.get(key, 0) + row.count
    assert counts == {
        ("gsd", "number", "filter"): 5,
        ("gsd", "number", "falling"): 1,
        ("platform", "string", "filter"): 1,
        ("platform", "string", "falling"): 1,
    }


def test_what_cannot_be_written_is_written_later(inside):
    Queryable.objects.create(
        collection=transactions.create_collection(documents.collection("c")), name="gsd"
    )
    with asked.counted([cql2.condition("gsd < 1")], []):
        pass
    with pytest.raises(ProgrammingError), transaction.atomic():
        away()
    indexes.write()
    assert Asked.objects.get().count == 1


def away() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stac_asked RENAME TO away")
    indexes.write()


def test_advice(inside):
    home = transactions.create_collection(documents.collection("c"))
    for n in range(20):
        transactions.create_item(home, documents.item(f"i{n}", properties={"gsd": n + 1, "a": "b"}))
    day = index_advice.datetime.now(index_advice.UTC).date()
    for name, kind, use, slowness, count in (
        ("gsd", NUMBER, "falling", 10, 4),
        ("gsd", NUMBER, "filter", 10, 8),
        ("a", TEXT, "filter", 3, 1000),
        ("eo:cloud_cover", NUMBER, "filter", 12, 50),
    ):
        words = {"name": name, "kind": kind, "use": use, "slowness": slowness}
        Asked.objects.create(day=day, **words, count=count)
    Asked.objects.create(day=day - indexes.KEPT, **words, count=7)
    cloud, gsd, a = index_advice.wanted()
    assert (cloud.rank.name, cloud.searches, cloud.has_index, cloud.worth) == (
        "eo:cloud_cover",
        50,
        True,
        False,
    )
    assert (gsd.rank, gsd.filters, gsd.sorts) == (Rank("gsd", NUMBER, descending=True), 8, 4)
    assert gsd.worth
    assert 0.5 < gsd.median < 1
    assert 20 * 50 < gsd.size < 20 * 200
    assert (a.rank, a.worth) == (Rank("a", TEXT), False)
    indexes.forget()
    assert Asked.objects.count() == 4


def test_what_is_refused(inside):
    home = transactions.create_collection(documents.collection("c"))
    numbers = {f"n{n}": n for n in range(indexes.MOST + 1)}
    transactions.create_item(home, documents.item("i", properties=numbers))
    for rank in (
        Rank("n1", TEXT),
        Rank("n1", "time"),
        Rank("n1", ""),
        Rank("nothing", NUMBER),
        Rank("", NUMBER),
        Rank("n1\0", NUMBER),
        Rank("eo:cloud_cover", NUMBER),
    ):
        with pytest.raises(Refused):
            indexes.add(rank, "ada")
    made = [indexes.add(Rank(f"n{n}", NUMBER), "ada") for n in range(indexes.MOST)]
    with pytest.raises(Refused, match="already"):
        indexes.add(Rank("n0", NUMBER), "ada")
    with pytest.raises(Refused, match="Drop one"):
        indexes.add(Rank(f"n{indexes.MOST}", NUMBER), "ada")
    PropertyIndex.objects.filter(pk=made[0].pk).update(state="failed", tries=3, problem="Full.")
    again = indexes.add(Rank("n0", NUMBER), "ada")
    assert (again.pk, again.state, again.tries, again.problem) == (made[0].pk, "building", 0, "")
    indexes.remove(again.pk)
    with pytest.raises(Refused):
        indexes.remove(0)
