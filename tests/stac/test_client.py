"""pystac-client walks the whole catalog over a real server."""

import pystac
import pytest
import requests
from pystac_client import Client

from tests.stac import documents


@pytest.fixture
def filled(live_root):
    root, headers = live_root
    session = requests.Session()
    session.headers.update(headers)
    for name in ("a", "b +é"):
        answer = session.post(f"{root}collections", json=documents.collection(name))
        assert answer.status_code == 201, answer.text
        features = [documents.item(f"i {n}", west=n * 2) for n in range(13)]
        items = f"{answer.headers['Location']}/items"
        sent = session.post(items, json={"type": "FeatureCollection", "features": features})
        assert sent.status_code == 201, sent.text
    return Client.open(root, headers=headers)


def test_it_works(filled):
    assert filled.conforms_to("ITEM_SEARCH")
    assert [each.id for each in filled.get_collections()] == ["a", "b +é"]
    found = filled.get_collection("b +é")
    assert len(list(found.get_items())) == 13
    assert found.get_item("i 3").collection_id == "b +é"
    for method in ("GET", "POST"):
        search = filled.search(method=method, limit=4, bbox=[0, 0, 60, 60])
        assert len({(item.collection_id, item.id) for item in search.items()}) == 26
        few = filled.search(method=method, limit=4, max_items=7, collections=["a"])
        assert len(list(few.items())) == 7
    shape = documents.square(0.5, 50.5, 0.1)
    assert len(list(filled.search(intersects=shape, datetime="2020").items())) == 2
    assert [each.id for each in filled.get_children()] == ["a", "b +é"]


def test_what_it_reads_is_valid(filled):
    for collection in filled.get_collections():
        collection.validate()
        next(collection.get_items()).validate()
    assert isinstance(filled, pystac.Catalog)


def test_it_sorts_chooses_fields_and_queries(filled):
    for method in ("GET", "POST"):
        down = filled.search(method=method, limit=4, collections=["a"], sortby="-id")
        assert [item.id for item in down.items()] == sorted(f"i {n}" for n in range(13))[::-1]
        by_both = [
            {"field": "collection", "direction": "desc"},
            {"field": "id", "direction": "asc"},
        ]
        search = filled.search(method=method, limit=4, sortby=by_both, max_items=14)
        assert [item.collection_id for item in search.items()] == ["b +é"] * 13 + ["a"]
        few = filled.search(method=method, limit=4, collections=["a"], fields=["id", "bbox"])
        found = list(few.items_as_dicts())
        assert len(found) == 13
        assert all(each.keys() == {"type", "id", "collection", "links", "bbox"} for each in found)
        less = filled.search(method=method, ids=["i 1"], collections=["a"], fields="-geometry")
        [item] = less.items_as_dicts()
        assert "geometry" not in item
        asked = filled.search(method=method, query={"id": {"in": ["i 1", "i 2"]}})
        assert len(list(asked.items())) == 4
        texts = ["id=i 3", "datetime>=2020-01-01T00:00:00Z"]
        assert len(list(filled.search(method=method, query=texts).items())) == 2
