"""Summaries of a collection that follows its items; what its author wrote stays."""

import pytest

from catalogs.stac import transactions
from catalogs.stac.models import Item
from tests.stac import documents
from tests.stac.schemas import assert_valid


@pytest.fixture
def derived(inside):
    return transactions.create_collection(documents.collection(), derived=True)


def add(collection, id, **properties):
    return transactions.create_item(collection, documents.item(id, properties=properties))


def summaries(stac):
    found = stac.get("collections/c")
    assert_valid(found)
    return found.get("summaries")


def test_they_follow_the_items(stac, derived):
    assert summaries(stac) is None
    add(derived, "a", gsd=10, platform="one", instruments=["x", "y"], title="A title",
        **{"eo:cloud_cover": 5, "proj:code": "EPSG:32632", "proj:epsg": 32632})  # fmt: skip
    add(derived, "b", gsd=2.5, platform="two", instruments=["y", "z"], other=3)
    whole = {
        "gsd": {"minimum": 2.5, "maximum": 10},
        "platform": ["one", "two"],
        "instruments": ["x", "y", "z"],
        "eo:cloud_cover": {"minimum": 5, "maximum": 5},
        "proj:code": ["EPSG:32632"],
    }
    assert summaries(stac) == whole
    transactions.delete_item(Item.objects.get(stac_id="a"))
    assert summaries(stac) == {
        "gsd": {"minimum": 2.5, "maximum": 2.5},
        "platform": ["two"],
        "instruments": ["y", "z"],
    }
    transactions.update_item(Item.objects.get(stac_id="b"), {"properties": {"instruments": ["q"]}})
    assert summaries(stac)["instruments"] == ["q"]
    transactions.delete_item(Item.objects.get(stac_id="b"))
    assert summaries(stac) is None


def test_what_adds_nothing_writes_nothing(stac, derived):
    add(derived, "a", gsd=10, platform="one")
    etag = stac("collections/c")["ETag"]
    add(derived, "b", gsd=10, platform="one")
    assert stac("collections/c")["ETag"] == etag


def test_those_of_the_author_stay(stac, derived):
    add(derived, "a", gsd=10, platform="one")
    transactions.update_collection(derived, {"summaries": {"gsd": [10, 20], "mine": ["x"]}})
    add(derived, "b", gsd=5, platform="one", mission="new")
    found = summaries(stac)
    assert found == {"gsd": [10, 20], "mine": ["x"], "platform": ["one"], "mission": ["new"]}
    transactions.update_collection(derived, {"summaries": None})
    add(derived, "c", gsd=1, platform="two")
    assert summaries(stac) is None


def test_a_collection_that_does_not_follow_has_its_authors_alone(inside, stac):
    home = transactions.create_collection(documents.collection(summaries={"gsd": [1]}))
    add(home, "a", gsd=10, platform="one")
    assert summaries(stac) == {"gsd": [1]}


def test_texts_of_lists_are_queryable(stac, derived):
    def told():
        return stac.get("collections/c/queryables")["properties"]["tags"]

    add(derived, "a", tags=["x", "y"])
    assert told() == {"title": "tags", "type": "array", "items": {"enum": ["x", "y"]}}
    add(derived, "b", tags="z")
    assert told() == {"title": "tags", "type": ["array", "string"]}
    transactions.delete_item(Item.objects.get(stac_id="b"))
    add(derived, "d", tags=["y"])
    transactions.delete_item(Item.objects.get(stac_id="a"))
    assert derived.queryables.get(name="tags").values == ["y"]


def test_many_of_one_kind_are_left_out(stac, derived):
    for number in range(51):
        add(derived, f"i{number}", platform=f"p{number}")
    assert summaries(stac) is None
