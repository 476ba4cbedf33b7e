"""Filters by the front door: GET and POST /search, items of a collection, and its refusals."""

import json

import pytest
from pystac_client import Client

from catalogs.stac.conformance import CONFORMS_TO
from tests.stac import documents
from tests.stac.client import link

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
)

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CLOUDS = {"clear": 3, "hazy": 30.5, "grey": 90, "unknown": None}
LITTLE = {"op": "<", "args": [{"property": "eo:cloud_cover"}, 50]}


@pytest.fixture
def clouds(stac):
    """Four items in `c`, and one like the clearest in `other`."""
    stac.post("collections", documents.collection("c"))
    stac.post("collections", documents.collection("other"))
    for id, cover in CLOUDS.items():
        more = {} if cover is None else {"eo:cloud_cover": cover}
        stac.post("collections/c/items", documents.item(id, properties={"kind": id, **more}))
    stac.post("collections/other/items", documents.item("x", properties={"eo:cloud_cover": 3}))
    return stac


def found(answer):
    assert answer.status_code == 200, answer.content
    return sorted(item["id"] for item in answer.json()["features"])


def test_it_works(clouds):
    assert found(clouds("search", filter="eo:cloud_cover < 50")) == ["clear", "hazy", "x"]


def test_every_door_takes_every_language(clouds):
    text, tree = "eo:cloud_cover < 50", json.dumps(LITTLE)
    for more in ({"filter-lang": "cql2-text"}, {"filter-lang": "cql2-text", "filter-crs": CRS84}):
        assert found(clouds("search", filter=text, **more)) == ["clear", "hazy", "x"]
    asked = {"filter": tree, "filter-lang": "cql2-json"}
    assert found(clouds("search", **asked)) == ["clear", "hazy", "x"]
    assert found(clouds("collections/c/items", **asked)) == ["clear", "hazy"]
    assert found(clouds("collections/c/items", filter=text)) == ["clear", "hazy"]
    for body in (
        {"filter": LITTLE},
        {"filter": LITTLE, "filter-lang": "cql2-json", "filter-crs": CRS84},
        {"filter": text, "filter-lang": "cql2-text"},
    ):
        assert found(clouds.post("search", body)) == ["clear", "hazy", "x"]


def test_is_joined_with_all_else(clouds):
    assert found(clouds("search", filter="eo:cloud_cover < 50", collections="c")) == [
        "clear",
        "hazy",
    ]
    assert found(clouds("search", filter="eo:cloud_cover < 50", ids="grey,hazy")) == ["hazy"]
    assert found(clouds("search", filter="true", bbox="100,0,101,1")) == []


def test_pages_keep_the_filter(clouds):
    seen, page = [], clouds("search", filter="eo:cloud_cover < 50", limit=1).json()
    while page:
        seen += [item["id"] for item in page["features"]]
        following = link(page, "next")
        page = following and clouds(following["href"]).json()
    assert sorted(seen) == ["clear", "hazy", "x"]


def test_a_token_belongs_to_its_filter(clouds):
    page = clouds.post("search", {"filter": LITTLE, "limit": 1}).json()
    body = {"filter": True, "limit": 1, **link(page, "next")["body"]}
    assert clouds.post("search", body).status_code == 400


def test_unknown_properties_are_null(clouds):
    assert found(clouds("search", filter="nothing = 1")) == []
    assert len(found(clouds("search", filter="nothing IS NULL"))) == 5


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"filter": "eo:cloud_cover <"}, "filter"),
        ({"filter": "(" * 1600 + "a=1" + ")" * 1600}, "filter"),
        ({"filter": "pg_sleep(10) = 1"}, "filter"),
        ({"filter": "a = '\0'"}, "filter"),
        ({"filter": ""}, "filter"),
        ({"filter": "{", "filter-lang": "cql2-json"}, "filter"),
        ({"filter": "true", "filter-lang": "cql-text"}, "filter-lang"),
        (
            {"filter": "true", "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
            "filter-crs",
        ),
    ],
)
def test_refusals_name_the_parameter(clouds, asked, parameter):
    for path in ("search", "collections/c/items"):
        answer = clouds(path, **asked)
        assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_refusals_point_into_the_body(clouds):
    tree = {"op": "and", "args": [LITTLE, {"op": "=", "args": [{"property": "a"}, None]}]}
    answer = clouds.post("search", {"filter": tree})
    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/filter/args/1/args/1"
    for wrong in (5, [], [LITTLE]):
        assert clouds.post("search", {"filter": wrong}).status_code == 400


def test_private_items_stay_private(clouds, stranger):
    assert found(stranger("search", filter="eo:cloud_cover < 50")) == []
    assert stranger("collections/c/items", filter="true").status_code == 404


def test_pystac_client_filters(live_root):
    root, headers = live_root
    client = Client.open(root, headers=headers)
    ours = documents.collection("filtered")
    io = client._stac_io.session
    assert io.post(f"{root}collections", json=ours).status_code == 201
    for id, cover in (("clear", 3), ("grey", 90)):
        one = documents.item(id, properties={"eo:cloud_cover": cover})
        io.post(f"{root}collections/filtered/items", json=one).raise_for_status()
    asked = {"collections": ["filtered"], "filter": LITTLE}
    assert [item.id for item in client.search(**asked).items()] == ["clear"]
    asked["filter"] = "eo:cloud_cover < 50"
    assert [item.id for item in client.search(method="GET", **asked).items()] == ["clear"]
    told = client.get_collection("filtered").get_queryables()
    assert told["properties"]["eo:cloud_cover"]["maximum"] == 90
    assert "eo:cloud_cover" in client.get_queryables()["properties"]


def test_what_is_claimed_is_what_is_tested():
    cql2 = {uri.rpartition("/")[2] for uri in CONFORMS_TO if "/cql2/" in uri}
    assert cql2 == {
        "cql2-text",
        "cql2-json",
        "basic-cql2",
        "advanced-comparison-operators",
        "case-insensitive-comparison",
        "accent-insensitive-comparison",
        "basic-spatial-functions",
        "basic-spatial-functions-plus",
        "spatial-functions",
        "temporal-functions",
        "array-functions",
        "property-property",
        "arithmetic",
    }
