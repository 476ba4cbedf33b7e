"""Queryables follow the items, as they are written and as they go."""

import pytest

from tests.stac import documents
from tests.stac.client import link

PROVES = ("http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",)

REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


@pytest.fixture
def home(stac):
    stac.post("collections", documents.collection("c"))
    return stac


def add(stac, id, **properties):
    answer = stac.post("collections/c/items", documents.item(id, properties=properties))
    assert answer.status_code == 201, answer.content


def told(stac, path="collections/c/queryables"):
    return stac.get(path)["properties"]


def test_it_works(home):
    add(home, "a", platform="one", gsd=10, ok=True)
    answer = home("collections/c/queryables")
    assert answer["Content-Type"] == "application/schema+json"
    found = answer.json()
    assert found["$id"] == f"{home.root}collections/c/queryables"
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (found["type"], found["additionalProperties"]) == ("object", True)
    properties = found["properties"]
    assert properties["platform"] == {"title": "platform", "type": "string", "enum": ["one"]}
    assert properties["gsd"] == {"title": "gsd", "type": "integer", "minimum": 10, "maximum": 10}
    assert properties["ok"] == {"title": "ok", "type": "boolean"}
    assert properties["geometry"]["$ref"] == "https://geojson.org/schema/Geometry.json"
    assert {"id", "collection", "datetime"} <= properties.keys()


def test_an_empty_collection_has_what_every_item_has(home):
    assert told(home).keys() == {"id", "collection", "geometry", "datetime"}


def test_types_bounds_and_values_grow(home):
    add(home, "a", platform="one", gsd=10, odd="x", when="2020-01-01T00:00:00Z", tags=["a"])
    add(home, "b", platform="two", gsd=0.5, odd=1, when="2021-01-01T00:00:00Z", of={"x": 1})
    found = told(home)
    assert found["platform"]["enum"] == ["one", "two"]
    assert found["gsd"] == {"title": "gsd", "type": "number", "minimum": 0.5, "maximum": 10}
    assert found["odd"] == {
        "title": "odd",
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 1,
    }
    assert found["when"] == {"title": "when", "type": "string", "format": "date-time"}
    assert (found["tags"]["type"], found["of"]["type"]) == ("array", "object")


def test_many_values_are_no_enum(home):
    features = [documents.item(f"i{n}", properties={"serial": f"s{n}"}) for n in range(51)]
    home.post("collections/c/items", {"type": "FeatureCollection", "features": features})
    assert told(home)["serial"] == {"title": "serial", "type": "string"}


def test_what_goes_is_forgotten(home):
    add(home, "a", platform="one", gsd=10, only="here")
    add(home, "b", platform="two", gsd=20)
    add(home, "c", platform="two", gsd=30)
    home("collections/c/items/a", "DELETE")
    found = told(home)
    assert "only" not in found
    assert found["platform"]["enum"] == ["two"]
    assert (found["gsd"]["minimum"], found["gsd"]["maximum"]) == (20, 30)


def test_what_changes_is_followed(home):
    add(home, "a", platform="one", gsd=10)
    patch = {"properties": {"platform": "two", "gsd": 5}}
    home("collections/c/items/a", "PATCH", patch, "application/merge-patch+json")
    found = told(home)
    assert found["platform"]["enum"] == ["two"]
    assert (found["gsd"]["minimum"], found["gsd"]["maximum"]) == (5, 5)


def test_the_whole_is_over_what_may_be_seen(home, stranger):
    home.post("collections", documents.collection("d"))
    add(home, "a", platform="one", gsd=10)
    more = documents.item("x", properties={"platform": "two", "gsd": 0.5})
    home.post("collections/d/items", more)
    found = told(home, "queryables")
    assert found["platform"]["enum"] == ["one", "two"]
    assert found["gsd"] == {"title": "gsd", "type": "number", "minimum": 0.5, "maximum": 10}
    assert "platform" not in told(stranger, "queryables")
    assert stranger("collections/c/queryables").status_code == 404


def test_links_lead_there(home):
    assert link(home.get(), REL)["href"] == f"{home.root}queryables"
    own = link(home.get("collections/c"), REL)
    assert own["href"] == f"{home.root}collections/c/queryables"
    assert own["type"] == "application/schema+json"


def test_hostile_names_and_values_are_kept_out(home):
    add(home, "a", **{"n" * 300: 1, "eo:cloud_cover": "x" * 5000, "long": "y" * 5000})
    found = told(home)
    assert "n" * 300 not in found
    assert "enum" not in found["long"]


def test_each_queryable_can_be_asked(home):
    add(home, "a", platform="one", gsd=10, ok=True, when="2020-01-01T00:00:00Z", tags=["a"])
    for name in told(home):
        for wanted in ("IS NULL", "IS NOT NULL"):
            assert home("search", filter=f'"{name}" {wanted}').status_code == 200, name
