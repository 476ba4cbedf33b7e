"""Collections: searched by place, time, words and filters (Collection Search 1.0.0-rc.1)."""

import json

import pytest
import requests
from django.db import connection
from pystac_client import Client

from catalogs.stac import cql2, transactions
from catalogs.stac.cql2 import collections
from catalogs.stac.models import Collection
from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#query",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#filter",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#fields",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#sort",
    "https://api.stacspec.org/v1.1.0/collection-search#sort",
    "https://api.stacspec.org/v1.1.0/collection-search#sortables",
)


def extent(bbox, start, end):
    return {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [[start, end]]}}


ICE = documents.collection(
    "ice",
    title="Ice of Gréenland",
    keywords=["ice", "polar"],
    license="CC0-1.0",
    extent=extent([-60, 60, -20, 84], "2010-01-01T00:00:00Z", "2015-12-31T00:00:00Z"),
    summaries={"gsd": {"minimum": 10, "maximum": 60}, "platform": ["sentinel-2a", "sentinel-2b"]},
    providers=[{"name": "ESA", "roles": ["producer", "host"]}, {"name": "Nobody"}],
)
SAND = documents.collection(
    "sand",
    title="sand",
    keywords=["desert"],
    extent=extent([0, 10, 40, 30], "2020-01-01T00:00:00Z", None),
    summaries={"gsd": {"minimum": 1, "maximum": 3}, "platform": ["landsat-8"]},
    **{"sci:doi": "10.1/x", "rank": 5},
)
WORLD = documents.collection("world", description="All of it.")


@pytest.fixture
def three(inside):
    for document in (ICE, SAND, WORLD):
        transactions.create_collection(document, Collection.Visibility.PUBLIC)


def ids(client, **query):
    return [each["id"] for each in client.get("collections", **query)["collections"]]


FILTERS = [
    ("id = 'ice'", ["ice"]),
    ("id > 'ice'", ["sand", "world"]),
    ("title = 'sand'", ["sand"]),
    ("ACCENTI(CASEI(title)) LIKE ACCENTI(CASEI('ICE%greenl%'))", ["ice"]),
    ("title IS NULL", ["world"]),
    ("description = 'All of it.'", ["world"]),
    ("license IN ('CC0-1.0', 'MIT')", ["ice"]),
    ("A_CONTAINS(keywords, ('polar'))", ["ice"]),
    ("A_OVERLAPS(keywords, ('polar', 'desert'))", ["ice", "sand"]),
    ("A_CONTAINS(summaries.platform, ('landsat-8'))", ["sand"]),
    ("summaries.gsd.minimum <= 1", ["sand"]),
    ("summaries.gsd.maximum - summaries.gsd.minimum > 10", ["ice"]),
    ("NOT summaries.gsd.minimum <= 1", ["ice"]),
    ("A_CONTAINS(providers.name, ('ESA'))", ["ice"]),
    ("A_CONTAINS(providers.roles, ('host'))", ["ice"]),
    ("\"sci:doi\" = '10.1/x' AND rank BETWEEN 1 AND 5", ["sand"]),
    ("nothing_has_this = 1", []),
    ("S_INTERSECTS(geometry, POINT(20 20))", ["sand", "world"]),
    ("S_WITHIN(geometry, BBOX(-70, 50, 0, 90))", ["ice"]),
    ("S_DISJOINT(extent.spatial, BBOX(-70, 50, -10, 90))", ["sand"]),
    ("NOT S_INTERSECTS(geometry, POINT(20 20))", ["ice"]),
    ("T_INTERSECTS(datetime, INTERVAL('2012-01-01', '2013-01-01'))", ["ice", "world"]),
    ("T_AFTER(datetime, DATE('2016-01-01'))", ["sand"]),
    ("T_DURING(extent.temporal, INTERVAL('2000-01-01', '2016-01-01'))", ["ice"]),
    ("T_DISJOINT(datetime, INTERVAL('2016-01-01', '2016-02-01'))", ["ice", "sand"]),
    ("datetime < TIMESTAMP('2016-01-01T00:00:00Z')", ["ice"]),
    ("datetime > DATE('2016-01-01')", ["sand"]),
    ("start_datetime >= DATE('2020-01-01')", ["sand"]),
    ("end_datetime IS NULL", ["sand", "world"]),
    ("datetime IS NULL", []),
]


@pytest.mark.parametrize(("filter", "expected"), FILTERS)
def test_filter(stranger, three, filter, expected):
    assert ids(stranger, filter=filter) == expected


def test_filter_in_json_and_together_with_all_else(stranger, three):
    asked = '{"op": "=", "args": [{"property": "title"}, "sand"]}'
    assert ids(stranger, **{"filter": asked, "filter-lang": "cql2-json"}) == ["sand"]
    found = stranger.get("collections", filter="id <> 'x'", q="ice,sand", bbox="1,11,2,12",
                         datetime="2021-01-01T00:00:00Z", limit=5)  # fmt: skip
    assert [each["id"] for each in found["collections"]] == ["sand"]
    assert (found["numberMatched"], found["numberReturned"]) == (1, 1)
    assert_valid(found)


@pytest.mark.parametrize("filter", ["title =", "bbox = 1", "S_INTERSECTS(title, POINT(1 1))",
                                    "A_CONTAINS(id, ('a'))", "geometry = 'x'", "id + 1 = 2",
                                    "T_DURING(datetime, DATE('2020-01-01'))"])  # fmt: skip
def test_a_bad_filter_gets_a_sentence(stranger, filter):
    answer = stranger("collections", filter=filter)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "filter")
    assert answer.json()["description"].endswith(".")


def test_private_ones_are_never_found(stranger, reader, three):
    Collection.objects.filter(pk="sand").update(visibility="members")
    for query in ({"filter": "title = 'sand'"}, {"q": "desert"}, {"bbox": "1,11,2,12"}):
        found = stranger.get("collections", **query)
        assert "sand" not in [each["id"] for each in found["collections"]]
        assert found["numberMatched"] == len(found["collections"])
        assert "sand" in ids(reader, **query)


ORDERS = [
    ("-id", ["world", "sand", "ice"]),
    ("+title", ["ice", "sand", "world"]),
    ("-title", ["sand", "ice", "world"]),
    ("license,-id", ["world", "sand", "ice"]),
    ("datetime", ["world", "ice", "sand"]),
    ("-start_datetime", ["sand", "ice", "world"]),
    ("-end_datetime", ["ice", "sand", "world"]),
    ("summaries.gsd.minimum", ["sand", "ice", "world"]),
    ("-rank", ["sand", "ice", "world"]),
]


@pytest.mark.parametrize(("sortby", "expected"), ORDERS)
def test_sort_and_page_by_it(stranger, three, sortby, expected):
    assert ids(stranger, sortby=sortby) == expected
    page, seen = stranger.get("collections", sortby=sortby, limit=1), []
    while True:
        assert page["numberMatched"] == 3
        seen += [each["id"] for each in page["collections"]]
        following = link(page, "next")
        if not following:
            break
        page = stranger.get(following["href"])
    assert seen == expected
    assert [each["id"] for each in stranger.get(link(page, "prev")["href"])["collections"]]


def test_what_there_is_to_ask_and_to_sort_by(stac, stranger, three):
    Collection.objects.filter(pk="sand").update(visibility="members")
    page = stranger.get("collections")
    asked = link(page, "http://www.opengis.net/def/rel/ogc/1.0/queryables")["href"]
    sorted_by = link(page, "http://www.opengis.net/def/rel/ogc/1.0/sortables")["href"]
    assert stranger(asked)["Content-Type"] == "application/schema+json"
    queryables, sortables = stranger.get(asked), stranger.get(sorted_by)
    assert (queryables["$id"], sortables["$id"]) == (asked, sorted_by)
    assert queryables["additionalProperties"] is True
    assert sortables["additionalProperties"] is False
    told = queryables["properties"]
    assert told["summaries.platform"]["type"] == "array"
    assert told["summaries.gsd.minimum"]["type"] == "number"
    assert "summaries.gsd.minimum" in sortables["properties"]
    assert "summaries.platform" not in sortables["properties"]
    # What only a private collection has is no stranger's to know.
    for document in (told, sortables["properties"]):
        assert not {"sci:doi", "rank"} & document.keys()
    assert "rank" in stac.get(asked)["properties"]
    assert stranger("collections", sortby="rank").status_code == 400
    for name in sortables["properties"]:
        assert len(ids(stranger, sortby=name)) == 2, name
    for name in told:
        if name != "geometry":
            ids(stranger, filter=f'"{name}" IS NOT NULL')


@pytest.mark.parametrize("sortby", ["keywords", "nothing", "geometry", "", "+", "id,id"])
def test_what_cannot_be_sorted_by_is_refused(stranger, three, sortby):
    answer = stranger("collections", sortby=sortby)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "sortby")


def test_query(stranger, three):
    def asked(**query):
        return ids(stranger, query=json.dumps(query))

    assert asked(title={"eq": "sand"}) == ["sand"]
    assert asked(title={"startsWith": "Ice"}, license={"in": ["CC0-1.0"]}) == ["ice"]
    assert asked(**{"summaries.gsd.minimum": {"gte": 1, "lt": "5"}}) == ["sand"]
    assert asked(id={"neq": "ice"}) == ["sand", "world"]
    posted = stranger.post("collections-search", {"query": {"rank": {"gt": 4}}}).json()
    assert [each["id"] for each in posted["collections"]] == ["sand"]
    assert stranger("collections", query='{"id": {"like": "x"}}').status_code == 400


def test_fields(stranger, three):
    def sent(fields):
        [found] = stranger.get("collections", filter="id = 'ice'", fields=fields)["collections"]
        return found

    assert sent("title,summaries.gsd").keys() == {"type", "id", "links", "title", "summaries"}
    assert sent("summaries.gsd")["summaries"] == {"gsd": {"minimum": 10, "maximum": 60}}
    assert "links" not in sent("-links")
    whole = stranger.post("collections-search", {"fields": {"exclude": ["extent"]}}).json()
    assert [{"extent", "id"} & each.keys() for each in whole["collections"]] == [{"id"}] * 3
    page = stranger.get("collections", fields="id", limit=1)
    assert stranger.get(link(page, "next")["href"])["collections"][0]["id"] == "sand"


def test_long_questions_go_by_post(stranger, three):
    def posted(body):
        answer = stranger.post("collections-search", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    assert [c["id"] for c in posted({})["collections"]] == ["ice", "sand", "world"]
    assert [c["id"] for c in posted({"q": "polar desert"})["collections"]] == ["ice", "sand"]
    assert posted({"q": ["polar desert"]})["collections"] == []
    body = {
        "filter": {"op": "<>", "args": [{"property": "id"}, "sand"]},
        "sortby": [{"field": "id", "direction": "desc"}],
        "bbox": [-180, -90, 180, 90],
        "limit": 1,
    }
    first = posted(body)
    assert [c["id"] for c in first["collections"]] == ["world"]
    more = link(first, "next")
    assert (more["method"], more["merge"]) == ("POST", True)
    second = posted(body | more["body"])
    assert [c["id"] for c in second["collections"]] == ["ice"]
    assert link(second, "next") is None
    assert stranger.get("collections-search", q="ice")["collections"][0]["id"] == "ice"
    for wrong in ([], "x", {"limit": 0}, {"unknown": 1}, {"filter": "x ="}, {"q": 5}):
        assert stranger.post("collections-search", wrong).status_code == 400


def test_pystac_client_searches_collections(live_root):
    root, headers = live_root
    for document in (ICE, SAND, WORLD):
        requests.post(f"{root}collections", json=document, headers=headers).raise_for_status()
    client = Client.open(root, headers=headers)

    def found(**asked):
        return [each.id for each in client.collection_search(**asked).collections()]

    assert found(q="ice,desert") == ["ice", "sand"]
    assert found(q="polar OR desert", sortby="-id", limit=1) == ["sand", "ice"]
    assert found(filter="summaries.gsd.minimum < 5") == ["sand"]
    assert found(bbox=[1, 11, 2, 12], datetime="2022-01-01", sortby=["-title"]) == ["sand", "world"]
    assert client.collection_search(q="ice").matched() == 1


@pytest.mark.usefixtures("inside")
def test_indexes_are_used():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for filter in ("title = 'a'", "A_CONTAINS(keywords, ('a'))"):
        found = Collection.objects.filter(cql2.condition(filter, names=collections.name))
        assert "collection_by_property" in found.values("pk").explain()
