"""/search by GET and by POST: what it takes, what it refuses, what it finds."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
)


@pytest.fixture
def filled(stac):
    for name in ("a", "b"):
        stac.post("collections", documents.collection(name))
        for number in range(3):
            item = documents.item(f"i{number}", west=10 * number)
            item["properties"]["datetime"] = f"202{number}-01-01T00:00:00Z"
            assert stac.post(f"collections/{name}/items", item).status_code == 201
    return stac


def test_it_works(filled):
    answer = filled("search")
    assert answer["Content-Type"] == "application/geo+json"
    found = answer.json()
    assert_valid(found)
    assert found["numberMatched"] == len(found["features"])
    assert [(each["collection"], each["id"]) for each in found["features"]] == [
        ("a", "i2"), ("b", "i2"), ("a", "i1"), ("b", "i1"), ("a", "i0"), ("b", "i0"),
    ]  # fmt: skip
    assert link(found, "root")["href"] == filled.root
    assert link(found, "self")["href"] == f"{filled.root}search"


CASES = [
    ({"ids": ["i1"]}, 2),
    ({"ids": ["i1", "i2", "none"]}, 4),
    ({"ids": []}, 0),
    ({"collections": ["a"]}, 3),
    ({"collections": ["a", "nothing"]}, 3),
    ({"collections": "a"}, 3),
    ({"ids": ["i1"], "collections": ["a"], "bbox": [0, 0, 1, 1]}, 0),
    ({"bbox": [9, 49, 12, 52]}, 2),
    ({"datetime": "2021-01-01T00:00:00Z"}, 2),
    ({"datetime": "2021-01-01T00:00:00Z/.."}, 4),
    ({"limit": 2}, 2),
    ({"limit": 1_000_000}, 6),
    ({"bbox": None, "intersects": None}, 6),
    ({"intersects": {"type": "Point", "coordinates": [10.5, 50.5]}}, 2),
    ({"ids": ["i1"], "datetime": "2020-01-01T00:00:00Z"}, 0),
]


@pytest.mark.parametrize(("asked", "count"), CASES)
def test_post_and_get_find_the_same(filled, asked, count):
    posted = filled("search", "POST", asked)
    assert posted.status_code == 200, posted.content
    found = posted.json()
    assert_valid(found)
    assert len(found["features"]) == count
    if asked.get("ids") == []:
        return
    query = {name: as_text(value) for name, value in asked.items() if value is not None}
    assert filled.get("search", **query)["features"] == found["features"]


def as_text(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *(("limit", bad) for bad in ("0", "-1", "ten", "", "1.5", "1e2", "٣", "9" * 40)),
        *(("bbox", bad) for bad in ("", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d",
                                    "100,1,105,0", "0,0,181,1", "0,-91,1,1", "nan,0,1,1",
                                    "0,0,inf,1", "0,0,9,1,1,1", "0 0 1 1", "1_0,0,20,1",
                                    "٠,0,1,1", "0x1,0,2,1", "1e,0,2,1")),
        ("filter", "gsd > ٣"),
        *(("intersects", bad) for bad in ("{", "[]", "1", "{}", '{"type":"Circle"}')),
        *(("token", bad) for bad in ("nonsense", "", "é", "a:b:c", "." * 5000)),
        ("ids", "a\x00b"),
        ("collections", "\x00"),
        ("f", "xml"),
        ("colour", "red"),
        ("sortby", "colour"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(stranger, parameter, value):
    answer = stranger("search", **{parameter: value})
    assert answer.status_code == 400, answer.content
    assert answer.json()["parameter"] == parameter


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0}, {"limit": "ten"}, {"limit": True}, {"limit": 1.5}, {"limit": [1]},
        {"bbox": [1, 2, 3]}, {"bbox": 5}, {"bbox": [True, 0, 1, 1]}, {"bbox": ["a", 0, 1, 1]},
        {"bbox": [[0, 0], [1, 1]]}, {"bbox": {}}, {"ids": [1]}, {"ids": {}}, {"ids": 5},
        {"collections": [None]}, {"datetime": 5}, {"datetime": []}, {"token": 5},
        {"intersects": []}, {"filter": {}}, {"bbox": [0, 0, 1, 1], "intersects": {}},
        {"ids": ["a"] * 2000},
    ],
)  # fmt: skip
def test_wrong_bodies_are_400(stranger, body):
    answer = stranger("search", "POST", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["parameter"] in body


def test_bbox_and_intersects_together_are_400(stranger):
    shape = json.dumps({"type": "Point", "coordinates": [0, 0]})
    assert stranger("search", bbox="0,0,1,1", intersects=shape).status_code == 400


def test_a_parameter_twice_is_400(stranger):
    assert stranger("search?ids=a&ids=b").status_code == 400


def test_a_limit_that_was_cut_is_told(filled):
    assert "limit=10000" in link(filled.get("search", limit=20_000), "self")["href"]


def test_one_question_to_the_database_for_a_page(filled, stranger, inside):
    for client in (filled, stranger):
        for method, more in (
            ("GET", {}),
            ("GET", {"limit": 1, "collections": "a"}),  # with the number of them all
            ("POST", {"body": {"bbox": [0, 0, 50, 60]}}),
        ):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client("search", method, **more)
            assert len([each["sql"] for each in asked if "stac_" in each["sql"]]) == 1


def test_items_have_no_serializer_and_are_sent_as_stored(filled):
    one = filled.get("collections/a/items/i1")
    [found] = filled.get("search", ids="i1", collections="a")["features"]
    assert found == one
