"""The latest items of a place come by its index, a page at a time, each once and in order."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.stac import bulk, near, shapes, transactions
from catalogs.stac.models import Collection
from tests.stac import documents

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
STEPS = (0, 0, 1, 40, 999_999, 1_000_000, 86_400_000_000)  # microseconds between two items


@pytest.fixture
def many(inside):
    """Two collections of items at three places, many in the same second, some at the same moment,
    some with a range of time or with nothing but that."""
    chance, moment, made = random.Random(7), FIRST, {"a": [], "b": []}
    for number in range(120):
        moment += timedelta(microseconds=chance.choice(STEPS))
        times = {"datetime": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"}
        if number % 17 == 0:
            ends = moment + timedelta(days=40)
            times |= {"start_datetime": times["datetime"], "end_datetime": f"{ends:%FT%TZ}"}
        if number % 34 == 0:
            times["datetime"] = None
        west = chance.choice((10, 11, 100))
        home = chance.choice("ab")
        times |= {"eo:cloud_cover": number % 10, "title": "A scene"}
        document = documents.item(f"{home}{number}", west=west, properties=times)
        made[home].append(document)
    for home, items in made.items():
        transactions.create_collection(documents.collection(home), Collection.Visibility.PUBLIC)
        bulk.create_items(Collection.objects.get(pk=home), items)


def order(feature):
    moment = feature["properties"]["datetime"] or ""
    return moment, [-ord(c) for c in feature["collection"] + feature["id"]]


def walk(stac, size, **asked):
    """All pages, and back again."""
    found, page = [], stac.get("search", limit=size, **asked)
    while True:
        found += page["features"]
        links = {each["rel"]: each["href"] for each in page["links"]}
        if "next" not in links:
            break
        page = stac.get(links["next"])
    back = list(reversed(page["features"]))
    while "prev" in links:
        page = stac.get(links["prev"])
        back += reversed(page["features"])
        links = {each["rel"]: each["href"] for each in page["links"]}
    assert [each["id"] for each in reversed(back)] == [each["id"] for each in found]
    return found


PLACE = {"bbox": "9,49,13,52"}
MONTH = {"datetime": "2020-01-05T00:00:00Z/2020-01-20T00:00:00Z"}


@pytest.mark.parametrize("size", [1, 7, 200])
@pytest.mark.parametrize(
    "more", [{}, {"collections": "a"}, MONTH, {"datetime": "2020-01-10T00:00:00Z/.."}]
)
def test_a_walk_finds_all_of_a_place_in_order(stac, many, size, more):
    found = walk(stac, size, **PLACE, **more)
    everything = stac.get("search", limit=1000, **more)["features"]
    expected = [each["id"] for each in everything if each["bbox"][0] < 50]
    assert [each["id"] for each in found] == expected
    assert expected


def test_a_shape_as_well(stac, many):
    shape = documents.square(9, 49, 4)
    by_shape = stac("search", "POST", {"intersects": shape, "limit": 30}).json()["features"]
    by_box = stac.get("search", limit=30, **PLACE)["features"]
    assert [each["id"] for each in by_shape] == [each["id"] for each in by_box]


FILTERS = [
    {"filter": "eo:cloud_cover < 5", "filter-lang": "cql2-text"},
    {"filter": "eo:cloud_cover = 3 OR datetime IS NULL", "filter-lang": "cql2-text"},
    {"filter": "eo:cloud_cover > 10", "filter-lang": "cql2-text"},
    {"query": '{"eo:cloud_cover":{"lte":2}}'},
]


@pytest.mark.parametrize("first", [1, 8, 1000])
@pytest.mark.parametrize("more", [{}, MONTH, {"collections": "a"}])
@pytest.mark.parametrize("filter", FILTERS)
def test_filters_find_all_however_many_rows_are_looked_through_first(
    stac, many, monkeypatch, first, more, filter
):
    monkeypatch.setattr(near, "FIRST", first)
    shapes._known.clear()
    found = walk(stac, 3, **PLACE, **more, **filter)
    shapes._known.clear()
    everything = stac.get("search", limit=1000, **more, **filter)["features"]
    assert [each["id"] for each in found] == [
        each["id"] for each in everything if each["bbox"][0] < 50
    ]


@pytest.mark.parametrize("where", [PLACE, {"intersects": documents.square(9, 49, 4)}])
@pytest.mark.parametrize("more", [{"filter": FILTERS[0]["filter"]}, {"q": ["scene"]}])
@pytest.mark.parametrize("asker", ["stac", "reader", "stranger"])
def test_everybody_finds_what_they_may_see(request, many, monkeypatch, asker, more, where):
    """Each asker's conditions stand in the SQL, in both of its parts."""
    asked = {"filter-lang": "cql2-text", "limit": 5, **more}
    found = []
    for first in (1, 1000):
        monkeypatch.setattr(near, "FIRST", first)
        shapes._known.clear()
        ask = request.getfixturevalue(asker)
        box = (
            {"bbox": [float(edge) for edge in where["bbox"].split(",")]}
            if "bbox" in where
            else where
        )
        features = ask("search", "POST", {**asked, **box}).json()["features"]
        found.append([each["id"] for each in features])
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_what_many_meet_is_found_among_the_first(stac, many):
    with CaptureQueriesContext(connection) as captured:
        stac.get("search", limit=3, **PLACE, **FILTERS[0])
    [sql] = [each["sql"] for each in captured if '"body"' in each["sql"]]
    told = explained(sql)
    assert "Index Scan using item_by_place" in told
    assert told.count("Sort Key") == 1  # of the page, at the end


def test_only_the_page_is_read(stac, many):
    with CaptureQueriesContext(connection) as captured:
        stac.get("search", limit=3, **PLACE)
    [sql] = [each["sql"] for each in captured if '"body"' in each["sql"]]
    told = explained(sql)
    assert "Index Scan using item_by_place" in told
    assert "Order By:" in told


def explained(sql):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())
