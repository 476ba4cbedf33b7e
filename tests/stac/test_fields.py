"""`fields` (STAC API Fields extension 1.0.0, "Include/Exclude Semantics")."""

import itertools
import json

import pytest

from tests.stac import documents
from tests.stac.client import link
from tests.stac.pages import walk
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
)

DEFAULT = {
    "type", "stac_version", "id", "collection", "geometry", "bbox", "links", "assets", "properties",
}  # fmt: skip
ENVELOPE = {"type", "id", "collection", "links"}
PROPERTIES = {
    "title": "T",
    "eo:cloud_cover": 5,
    "proj:shape": [1, 2],
    "a.b": 1,
    "a": {"b": 2, "c": {"d": 3, "e.f": 4}},
    "created": "2020-01-01T00:00:00Z",
}


@pytest.fixture
def home(stac):
    stac.post("collections", documents.collection("c"))
    more = {"stac_extensions": [], "odd": {"x": 1}}
    whole = documents.item("i", properties=PROPERTIES, **more)
    whole["assets"]["thumb.png"] = {"href": "https://example.org/t.png", "title": "Small"}
    assert stac.post("collections/c/items", whole).status_code == 201
    return stac


def by_post(home, fields):
    answer = home("search", "POST", {"fields": fields})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/geo+json"
    [item] = answer.json()["features"]
    return item


def by_get(home, fields):
    [item] = home.get("search", fields=fields)["features"]
    assert home.get("collections/c/items", fields=fields)["features"] == [item]
    return item


def whole(home):
    return home.get("collections/c/items/i")


def test_it_works(home):
    found = by_get(home, "properties.eo:cloud_cover,assets.data.href")
    assert found.keys() == ENVELOPE | {"properties", "assets"}
    assert found["properties"] == {"eo:cloud_cover": 5}
    assert found["assets"] == {"data": {"href": "https://example.org/a.tif"}}
    assert found["links"] == whole(home)["links"]


NOTHING: list[dict] = [{}, {"include": None}, {"include": []}]
NONE_OUT: list[dict] = [{}, {"exclude": None}, {"exclude": []}]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(NOTHING, NONE_OUT)))
def test_nothing_said_is_the_default(home, one, other):
    found = by_post(home, {**one, **other})
    assert found.keys() == DEFAULT
    assert found["properties"] == {"datetime": "2020-01-01T00:00:00Z"}
    assert found == by_get(home, "")
    assert_valid(home.get("search", fields=""))


@pytest.mark.parametrize("none_out", NONE_OUT)
def test_include_alone_is_that(home, none_out):
    found = by_post(home, {"include": ["geometry", "properties.title"], **none_out})
    assert found.keys() == ENVELOPE | {"geometry", "properties"}
    assert found["properties"] == {"title": "T"}
    for text in ("geometry,properties.title", "+geometry,%2Bproperties.title"):
        [item] = home.get(f"search?fields={text}")["features"]
        assert item == found


def test_exclude_alone_by_post_is_everything_else(home):
    found, all_of_it = by_post(home, {"exclude": ["geometry", "properties.a"]}), whole(home)
    assert found.keys() == all_of_it.keys() - {"geometry"}
    assert found["properties"].keys() == all_of_it["properties"].keys() - {"a"}
    assert found["odd"] == {"x": 1}


@pytest.mark.parametrize("include", [[], None])
def test_exclude_with_an_empty_include_is_the_default_less_that(home, include):
    found = by_post(home, {"exclude": ["geometry"], "include": include})
    assert found.keys() == DEFAULT - {"geometry"}
    assert found["properties"] == {"datetime": "2020-01-01T00:00:00Z"}
    assert found == by_get(home, "-geometry")
    assert by_get(home, "-properties").keys() == DEFAULT - {"properties"}


def test_the_longest_path_decides_and_include_first(home):
    found = by_post(home, {"exclude": ["properties"], "include": ["properties.title"]})
    assert found.keys() == ENVELOPE | {"properties"}
    assert found["properties"] == {"title": "T"}
    assert found == by_get(home, "-properties,+properties.title")
    found = by_post(home, {"include": ["properties"], "exclude": ["properties.a", "properties.t"]})
    assert found["properties"].keys() == PROPERTIES.keys() - {"a"} | {"datetime"}
    found = by_post(home, {"include": ["geometry"], "exclude": ["geometry", "bbox"]})
    assert found.keys() == ENVELOPE | {"geometry"}
    deep = {"include": ["properties", "properties.a.c.d"], "exclude": ["properties.a"]}
    assert by_post(home, deep)["properties"]["a"] == {"c": {"d": 3}}


def test_what_is_always_sent_can_be_excluded(home):
    assert by_post(home, {"include": ["bbox"], "exclude": ["links", "collection"]}).keys() == {
        "type",
        "id",
        "bbox",
    }
    assert "id" not in by_post(home, {"exclude": ["id"]})


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("properties.a.b", {"a.b": 1, "a": {"b": 2}}),
        ("properties.a.c.e.f", {"a": {"c": {"e.f": 4}}}),
        ("properties.proj:shape", {"proj:shape": [1, 2]}),
        ("eo:cloud_cover", {"eo:cloud_cover": 5}),
        ("title", {"title": "T"}),
        ("a.c.d", {"a": {"c": {"d": 3}}}),
    ],
)
def test_names_may_hold_dots_and_leave_properties_out(home, path, properties):
    assert by_post(home, {"include": [path]})["properties"] == properties


def test_asset_keys_may_hold_dots(home):
    found = by_post(home, {"include": ["assets.thumb.png.title"]})
    assert found["assets"] == {"thumb.png": {"title": "Small"}}


@pytest.mark.parametrize("path", ["none", "properties.none", "id.x", "bbox.0", ".", "..", "", "é%"])
def test_what_is_not_there_is_no_error(home, path):
    assert by_post(home, {"include": [path]}).keys() == ENVELOPE
    assert by_post(home, {"exclude": [path]}) == whole(home)


@pytest.mark.parametrize(
    "fields",
    [
        None, 5, True, "id", [], ["id"], {"include": "id"}, {"include": [1]}, {"include": False},
        {"exclude": {}}, {"exclude": [None]}, {"includes": ["id"]}, {"include": ["a"] * 101},
        {"include": ["a" * 513]}, {"exclude": ["a.b.c.d.e.f.g.h.i.j.k"]},
    ],
)  # fmt: skip
def test_what_is_no_choice_is_400(stranger, fields):
    answer = stranger("search", "POST", {"fields": fields})
    assert answer.status_code == 400, answer.content
    assert answer.json()["parameter"] == "fields"


def test_a_lone_surrogate_names_nothing(home):
    body = json.dumps({"fields": {"include": ["\ud800"]}}).encode()
    assert home("search", "POST", body).status_code in (200, 400)


def test_pages_go_on(home):
    for number in range(5):
        home.post("collections/c/items", documents.item(f"n{number}"))
    body = {"fields": {"exclude": ["links", "id"]}, "sortby": [{"field": "id"}], "limit": 2}
    first = home("search", "POST", body).json()
    assert all("id" not in item for item in first["features"])
    page = home.get("search", fields="id", sortby="id", limit=2)
    assert walk(home, page) == ["c/i", *(f"c/n{number}" for number in range(5))]
    assert link(page, "self")["href"].endswith("fields=id&sortby=id&limit=2")


def test_addresses_are_those_of_the_asker(home):
    found = by_get(home, "links,assets")
    assert {each["href"] for each in found["links"] if each["rel"] == "self"} == {
        f"{home.root}collections/c/items/i"
    }
    assert "\\u0001" not in home("search", fields="links").content.decode()
