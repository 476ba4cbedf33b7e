"""Older documents: refused as they are, brought to STAC 1.1.0 where that is asked for."""

import json

import pytest

from tests.stac import documents


def old(**more):
    """An Item as STAC 0.9 had it."""
    return documents.item(
        stac_version="0.9.0",
        stac_extensions=["eo", "view"],
        properties={"eo:cloud_cover": 5, "eo:gsd": 10, "license": "proprietary"},
        **more,
    )


@pytest.fixture
def home(stac):
    assert stac.post("collections", documents.collection()).status_code == 201
    return stac


def test_it_works(home):
    answer = home.post("collections/c/items", old(), upgrade="true")
    assert answer.status_code == 201
    found = home.get("collections/c/items/i")
    assert found["stac_version"] == "1.1.0"
    assert found["properties"]["license"] == "other"
    assert found["properties"]["eo:cloud_cover"] == 5
    assert all(each.startswith("https://") for each in found["stac_extensions"])


@pytest.mark.parametrize("version", ["0.8.1", "0.9.0", "1.0.0-rc.1", "1.1.0-beta.1", None])
def test_without_asking_nothing_is_altered(home, version):
    answer = home.post("collections/c/items", old() | {"stac_version": version})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/stac_version")
    assert "?upgrade=true" in answer.json()["description"]


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0"])
def test_what_is_taken_as_it_is(home, version):
    document = documents.item(stac_version=version, properties={"license": "proprietary"})
    assert home.post("collections/c/items", document).status_code == 201
    found = home.get("collections/c/items/i")
    assert (found["stac_version"], found["properties"]["license"]) == (version, "proprietary")


def test_one_of_today_stays_as_it_is(home):
    document = documents.item(stac_extensions=["https://extensions.example/x.json"])
    assert home.post("collections/c/items", document, upgrade="true").status_code == 201
    assert home.get("collections/c/items/i")["stac_extensions"] == document["stac_extensions"]


def test_each_way_of_writing(home):
    many = {"type": "FeatureCollection", "features": [old(id="a"), old(id="b")]}
    assert home.post("collections/c/items", many, upgrade="true").status_code == 201
    lines = "\n".join(json.dumps(old(id=id)) for id in "de").encode()
    kind = {"content_type": "application/x-ndjson"}
    assert home.post("collections/c/items", lines, upgrade="true", **kind).status_code == 201
    assert sorted(home.ids()) == ["a", "b", "d", "e"]
    answer = home("collections/c/items/a", "PUT", old(id="a"), upgrade="true")
    assert answer.status_code == 204
    assert home.get("collections/c/items/a")["stac_version"] == "1.1.0"


def test_collections(home):
    document = documents.collection("d", stac_version="0.9.0", license="various")
    del document["type"]
    assert home.post("collections", document).status_code == 400
    assert home.post("collections", document, upgrade="true").status_code == 201
    found = home.get("collections/d")
    assert (found["type"], found["license"]) == ("Collection", "other")
    assert home("collections/d", "PUT", document, upgrade="true").status_code == 204


ODD = {
    "a list": [],
    "nothing": {},
    "numbers": old() | {"stac_version": 9},
    "no properties": {**old(), "properties": None},
    "extensions": old() | {"stac_extensions": 5},
    "extensions of numbers": old() | {"stac_extensions": [5, None, {}]},
    "assets": old() | {"assets": ["eo"]},
    "an asset": old() | {"assets": {"a": 5}},
    "links": old() | {"links": {"a": 5}},
    "a version to come": old() | {"stac_version": "2.0.0"},
    "a version of words": old() | {"stac_version": "yesterday"},
}


@pytest.mark.parametrize("document", ODD.values(), ids=ODD)
def test_odd_ones_are_refused(home, document):
    answer = home.post("collections/c/items", document, upgrade="true")
    assert answer.status_code == 400, answer.content
    assert answer.json()["description"].endswith(".")


def test_an_odd_one_among_many_is_named(home):
    many = {"type": "FeatureCollection", "features": [old(id="a"), {"stac_version": "0.9.0"}]}
    answer = home.post("collections/c/items", many, upgrade="true")
    assert answer.status_code == 400
    assert answer.json()["pointer"].startswith("/features/1")
