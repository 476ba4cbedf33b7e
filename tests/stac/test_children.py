"""/children (STAC API Children 1.0.0-rc.2)."""

import pytest

from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0-rc.2/children",
    "https://api.stacspec.org/v1.0.0-rc.2/children#type-filter",
)


@pytest.fixture
def three(stac):
    for id in ("a", "b", "c"):
        assert stac.post("collections", documents.collection(id)).status_code == 201
    return stac


def ids(found):
    return [each["id"] for each in found["children"]]


def test_it_works(three):
    found = three.get("children")
    assert ids(found) == ["a", "b", "c"]
    for each in found["children"]:
        assert_valid(each)
        assert each == three.get(link(each, "self")["href"])
    assert link(found, "self")["href"] == f"{three.root}children"
    assert link(found, "root")["href"] == three.root
    assert link(three.get(), "children")["href"] == f"{three.root}children"


def test_pages_go_on_by_key(three):
    found = three.get("children", limit=2)
    assert ids(found) == ["a", "b"]
    three.post("collections", documents.collection("aa"))
    found = three.get(link(found, "next")["href"])
    assert ids(found) == ["c"]
    assert link(found, "next") is None
    assert ids(three.get(link(found, "prev")["href"])) == ["aa", "b"]


def test_types_are_chosen(three):
    assert ids(three.get("children", type="Collection")) == ["a", "b", "c"]
    assert ids(three.get("children", type="Catalog")) == []


def test_a_hundred_are_on_a_page_and_further_ones_are_a_catalog(stac):
    for number in range(102):
        stac.post("collections", documents.collection(f"c{number:03}"))
    landing = [each["title"] for each in stac.get()["links"] if each["rel"] == "child"]
    assert len(landing) == 101
    assert landing[-1] == "Further collections"
    first = stac.get("children")
    assert len(first["children"]) == 100
    last = stac.get(link(first, "next")["href"])
    assert ids(last) == ["c100", "c101", "after-c099"]
    catalog = stac.get("children", type="Catalog")["children"]
    assert [each["id"] for each in catalog] == ["after-c099"]
    assert_valid(catalog[0])
    beyond = stac.get(link(catalog[0], "self")["href"])
    assert [each["title"] for each in beyond["links"] if each["rel"] == "child"] == ["c100", "c101"]
    assert len(ids(stac.get("children", type="Collection", limit=1000))) == 102


@pytest.mark.parametrize("type", ["", "Feature", "catalog", "Catalog,Collection"])
def test_other_types_are_refused(stranger, type):
    answer = stranger("children", type=type)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "type"


def test_strangers_see_what_is_public(three, stranger):
    assert ids(stranger.get("children")) == []
