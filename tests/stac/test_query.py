"""`query` (STAC API Query extension 1.0.0), by GET and by POST."""

import json

import pytest

from tests.stac import documents

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#query",
)

ITEMS = [
    {"res": 0.6, "platform": "landsat-8", "n": 1, "ok": True, "when": "2020-01-01T00:00:00Z"},
    {"res": 10, "platform": "LANDSAT-9", "n": "1", "when": "2020-01-01T01:00:00+02:00"},
    {"res": 30, "platform": "50%_\\", "n": None, "ok": False, "when": "2021-01-01T00:00:00Z"},
    {"platform": "é", "datetime": "2022-01-01T00:00:00Z", "res": "0.6", "eo:cloud_cover": 3},
]


@pytest.fixture
def filled(stac):
    stac.post("collections", documents.collection("c"))
    features = [documents.item(f"i{n}", properties=each) for n, each in enumerate(ITEMS)]
    sent = {"type": "FeatureCollection", "features": features}
    assert stac.post("collections/c/items", sent).status_code == 201
    return stac


def ids(page):
    return sorted(item["id"] for item in page["features"])


CASES = [
    ({"res": {"eq": 10}}, "1"),
    ({"res": {"eq": 10.0}}, "1"),
    ({"properties.res": {"eq": 10}}, "1"),
    ({"res": {"eq": "0.6"}}, "03"),
    ({"res": {"eq": 0.6}}, "0"),
    ({"res": {"neq": 10}}, "02"),
    ({"res": {"neq": "0.6"}}, "12"),
    ({"res": {"gt": "5"}}, "12"),
    ({"res": {"lt": "5"}}, "03"),
    ({"res": {"lte": 10}}, "01"),
    ({"res": {"gt": 10}}, "2"),
    ({"res": {"gte": 10, "lt": 30}}, "1"),
    ({"res": {"in": [10, 30, 5]}}, "12"),
    ({"res": {"in": ["0.6", "30"]}}, "023"),
    ({"n": {"eq": 1}}, "0"),
    ({"n": {"eq": "1"}}, "01"),
    ({"ok": {"eq": True}}, "0"),
    ({"ok": {"neq": True}}, "2"),
    ({"platform": {"startsWith": "landsat"}}, "0"),
    ({"platform": {"endsWith": "-9"}}, "1"),
    ({"platform": {"contains": "%_"}}, "2"),
    ({"platform": {"contains": "%"}}, "2"),
    ({"platform": {"endsWith": "\\"}}, "2"),
    ({"platform": {"startsWith": "5", "contains": "0"}}, "2"),
    ({"platform": {"startsWith": ""}}, "0123"),
    ({"platform": {"in": ["é", "none"]}}, "3"),
    ({"id": {"eq": "i1"}}, "1"),
    ({"id": {"in": ["i1", "i2"]}, "res": {"lt": 20}}, "1"),
    ({"collection": {"eq": "c"}}, "0123"),
    ({"datetime": {"gt": "2021-01-01T00:00:00Z"}}, "3"),
    ({"properties.datetime": {"lte": "2020-01-01T00:00:00Z"}}, "012"),
    ({"when": {"lt": "2020-01-01T00:00:00Z"}}, "1"),
    ({"when": {"eq": "2019-12-31T23:00:00Z"}}, "1"),
    ({"when": {"startsWith": "2021"}}, "2"),
    ({"eo:cloud_cover": {"lt": 10}}, "3"),
    ({"nothing": {"eq": 1}}, ""),
    ({"nothing": {"neq": 1}}, ""),
    ({}, "0123"),
    ({"res": {}}, "0123"),
]


@pytest.mark.parametrize(("query", "found"), CASES)
def test_each_operator(filled, query, found):
    wanted = [f"i{n}" for n in found]
    answer = filled("search", "POST", {"query": query})
    assert answer.status_code == 200, answer.content
    assert ids(answer.json()) == wanted
    assert ids(filled.get("search", query=json.dumps(query))) == wanted
    assert ids(filled.get("collections/c/items", query=json.dumps(query))) == wanted


def test_it_is_anded_with_all_else(filled):
    body = {"query": {"res": {"gte": 10}}, "filter": "res < 20", "filter-lang": "cql2-text"}
    assert ids(filled("search", "POST", body).json()) == ["i1"]
    assert ids(filled("search", "POST", {**body, "ids": ["i2"]}).json()) == []


@pytest.mark.parametrize(
    "query",
    [
        5, True, [], "res", [{"res": {"eq": 1}}], {"res": 5}, {"res": [1]}, {"res": None},
        {"res": {"is": 1}}, {"res": {"eq": None}}, {"res": {"eq": []}}, {"res": {"eq": {}}},
        {"res": {"in": 5}}, {"res": {"in": []}}, {"res": {"in": [[1]]}}, {"res": {"in": [1] * 101}},
        {"res": {"startsWith": 5}}, {"res": {"contains": None}}, {"": {"eq": 1}},
        {"a\x00b": {"eq": 1}}, {"a": {"eq": "\x00"}}, {"bbox": {"eq": 1}},
        {"geometry": {"eq": "x"}},
        {"id": {"eq": 5}}, {"id": {"lt": True}}, {"datetime": {"gt": "yesterday"}},
        {"datetime": {"gt": 5}}, {"datetime": {"startsWith": "2020"}}, {"\ud800": {"eq": 1}},
        {"a": {"eq": "\ud800"}}, {"a": {"eq": "\ud8001"}}, {"a": {"eq": "x" * 70_000}},
        {f"p{n}": {"eq": 1} for n in range(100)}, {"a": {"contains": "x", "op": 1}},
        {"res": {"and": [{"eq": 1}]}}, {"op": "and", "args": []},
    ],
)  # fmt: skip
def test_what_is_no_query_is_400(stranger, query):
    answer = stranger("search", "POST", json.dumps({"query": query}).encode())
    assert answer.status_code == 400, answer.content
    assert answer.json().get("parameter", "query") in ("query", None)


@pytest.mark.parametrize("number", ["1e400", "9" * 50, "-0", "1e-400", "٣", "NaN", "1" * 5000])
def test_texts_near_numbers(filled, number):
    assert filled("search", "POST", {"query": {"res": {"eq": number}}}).status_code == 200


@pytest.mark.parametrize(
    "number", [b"1" + b"0" * 30, b"1e400", b"-" + b"9" * 4000, b"NaN", b"1e308"]
)
def test_numbers_near_no_numbers(filled, number):
    answer = filled("search", "POST", b'{"query":{"res":{"eq":%s}}}' % number)
    assert answer.status_code in (200, 400), answer.content


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", "null", '{"a":{"eq":1},"a":{"eq":2}}', "x" * 999]
)
def test_what_is_no_json_by_get_is_400(stranger, text):
    answer = stranger("search", query=text)
    assert answer.status_code == 400, answer.content
    assert answer.json()["parameter"] == "query"


def test_collections_may_come_as_one_text(filled):
    body = {"collections": "c", "query": {"res": {"gte": 30}}}
    assert ids(filled("search", "POST", body).json()) == ["i2"]
