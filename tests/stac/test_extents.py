"""A collection's extent and item_assets follow its items."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.stac import transactions
from catalogs.stac.models import Item
from tests.stac import documents
from tests.stac.schemas import assert_valid


@pytest.fixture
def derived(inside):
    """A collection whose extent is its items'."""
    document = documents.collection()
    del document["extent"]
    return transactions.create_collection(document, derived=True)


def extent(stac):
    found = stac.get("collections/c")
    assert_valid(found)
    spatial, temporal = found["extent"]["spatial"], found["extent"]["temporal"]
    return spatial["bbox"][0], temporal["interval"][0]


WORLD = [-180, -90, 180, 90], [None, None]


def dated(id, year, **more):
    return documents.item(id, properties={"datetime": f"{year}-01-01T00:00:00Z"}, **more)


def test_it_works(stac, derived):
    assert extent(stac) == WORLD
    transactions.create_item(derived, dated("a", 2020))
    first = "2020-01-01T00:00:00Z"
    assert extent(stac) == ([10, 50, 11, 51], [first, first])
    transactions.create_item(derived, dated("b", 2022, west=-20, south=-5))
    assert extent(stac) == ([-20, -5, 11, 51], [first, "2022-01-01T00:00:00Z"])
    transactions.delete_item(Item.objects.get(stac_id="b"))
    assert extent(stac) == ([10, 50, 11, 51], [first, first])
    transactions.delete_item(Item.objects.get(stac_id="a"))
    assert extent(stac) == WORLD


def test_moving_an_item(stac, derived):
    item = transactions.create_item(derived, dated("a", 2020))
    transactions.replace_item(item, dated("a", 2021, west=100))
    assert extent(stac) == ([100, 50, 101, 51], ["2021-01-01T00:00:00Z"] * 2)


def test_across_the_antimeridian(stac, derived):
    transactions.create_item(derived, documents.item("a", west=178))
    transactions.create_item(derived, documents.item("b", west=179))
    transactions.create_item(derived, documents.item("c", west=-180))
    assert extent(stac)[0] == [178, 50, -179, 51]
    transactions.delete_item(Item.objects.get(stac_id="a"))
    # Beside each other, but none of them crosses: the sum does not guess.
    assert extent(stac)[0] == [-180, 50, 180, 51]


def test_items_without_a_place(stac, derived):
    transactions.create_item(derived, documents.nowhere())
    assert extent(stac) == ([-180, -90, 180, 90], ["2020-01-01T00:00:00Z"] * 2)


def test_item_assets(stac, derived):
    assets = {
        "data": {"href": "a", "type": "image/tiff", "roles": ["data"], "gsd": 5},
        "bare": {"href": "b"},
    }
    transactions.create_item(derived, documents.item(assets=assets))
    assert stac.get("collections/c")["item_assets"] == {
        "data": {"title": "data", "type": "image/tiff", "roles": ["data"]}
    }


def test_an_authors_extent_only_grows(stac, inside):
    given = {
        "spatial": {"bbox": [[0, 40, 20, 60], [0, 40, 5, 45], [10, 50, 20, 60]]},
        "temporal": {"interval": [["2020-01-01T00:00:00.000Z", None]]},
    }
    made = transactions.create_collection(documents.collection(extent=given))
    transactions.create_item(made, documents.item("inside"))
    assert stac.get("collections/c")["extent"] == given
    transactions.create_item(made, dated("outside", 2010, west=30))
    assert stac.get("collections/c")["extent"] == {
        "spatial": {"bbox": [[0, 40, 31, 60], *given["spatial"]["bbox"][1:]]},
        "temporal": {"interval": [["2010-01-01T00:00:00Z", None]]},
    }
    transactions.delete_item(Item.objects.get(stac_id="outside"))
    assert extent(stac)[0] == [0, 40, 31, 60]


def test_an_item_inside_costs_no_write_of_the_document(stac, derived):
    transactions.create_item(derived, dated("a", 2020))
    etag = stac("collections/c")["ETag"]
    with CaptureQueriesContext(connection) as asked:
        transactions.create_item(derived, dated("b", 2020))
    writes = [each["sql"] for each in asked if 'UPDATE "stac_collection"' in each["sql"]]
    assert [sql for sql in writes if 'SET "count" = 2, "contents" = ' not in sql] == []
    assert stac("collections/c")["ETag"] == etag


def test_collections_are_found_by_the_extent_of_their_items(stac, derived):
    transactions.create_item(derived, dated("a", 2020))

    def found(**query):
        return [each["id"] for each in stac.get("collections", **query)["collections"]]

    assert found(bbox="10,50,11,51", datetime="2020-01-01T00:00:00Z") == ["c"]
    assert found(bbox="20,50,21,51") == found(datetime="2021-01-01T00:00:00Z") == []


def test_a_footprint_that_is_cut_at_the_antimeridian_is_as_wide_as_it_is(stac, derived):
    """The sum of these longitudes is not exact."""
    east = [[180, -15.355911], [179.27517799999998, -15.345454], [179.25694899999996, -16.335986]]
    east += [[180, -16.34738], [180, -15.355911]]
    west = [[-180, -16.34738], [-179.71667, -16.351724], [-179.70343, -15.36019]]
    west += [[-180, -15.355911], [-180, -16.34738]]
    shape = {"type": "MultiPolygon", "coordinates": [[east], [west]]}
    bbox = [179.256949, -16.351724, -179.70343, -15.345454]
    transactions.create_item(derived, documents.item("cut", geometry=shape, bbox=bbox))
    assert extent(stac)[0] == [179.25694899999996, -16.351724, -179.70343, -15.345454]
