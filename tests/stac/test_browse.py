"""Every item is reached from the landing page by child and item links (STAC API Browseable)."""

from collections import Counter

import pystac
import pytest
import requests
from pystac.stac_io import DefaultStacIO

from catalogs.stac import browsing
from catalogs.stac.views import catalog
from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = ("https://api.stacspec.org/v1.0.0-rc.3/browseable",)


@pytest.fixture
def narrow(monkeypatch):
    """Catalogs of three links, so that few items make all kinds of them."""
    monkeypatch.setattr(browsing, "MOST", 3)
    monkeypatch.setattr(browsing, "MOST_PARTS", 2)
    monkeypatch.setattr(catalog, "MOST_CHILDREN", 2)
    monkeypatch.setattr("catalogs.stac.views.children.MOST_CHILDREN", 2)


class Io(DefaultStacIO):
    """pystac asks the test's client."""

    def __init__(self, client):
        super().__init__()
        self.client = client

    def read_text(self, source, *args, **more):
        answer = self.client(str(getattr(source, "href", source)))
        assert answer.status_code == 200, source
        return answer.content.decode()


def walked(client):
    """(collection, id) of all that a recursive walk finds, and how often."""
    root = pystac.Catalog.from_file(client.root, stac_io=Io(client))
    return Counter((item.collection_id, item.id) for item in root.get_items(recursive=True))


def put(client, collection, items):
    client.post("collections", documents.collection(collection))
    if items:
        sent = {"type": "FeatureCollection", "features": items}
        answer = client.post(f"collections/{collection}/items", sent)
        assert answer.status_code == 201, answer.content


def at(id, moment):
    return documents.item(id, properties={"datetime": moment})


def undated(id):
    start = {"start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2020-02-01T00:00:00Z"}
    return documents.item(id, properties={"datetime": None, **start})


MOMENTS = [
    *("0001-01-01T00:00:00Z", "0099-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"),
    *("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z", "2020-02-29T12:00:00Z"),
    *("2020-02-29T12:00:30Z", "2020-02-29T12:01:00Z", "2020-02-29T13:00:00Z"),
    *("2020-02-29T12:00:00.5Z", "2020-12-31T23:59:59Z", "2021-01-01T00:00:00Z"),
]


def test_it_works(stac):
    put(stac, "c", [at("a", MOMENTS[5]), documents.item("b", properties={"title": "Bee"})])
    own = link(stac.get("collections/c"), "child")["href"]
    assert own == f"{stac.root}collections/c/browse"
    found = stac.get(own)
    assert_valid(found)
    assert [(each["title"], each["href"]) for each in found["links"] if each["rel"] == "item"] == [
        ("a", f"{stac.root}collections/c/items/a"),
        ("Bee", f"{stac.root}collections/c/items/b"),
    ]
    assert link(found, "self")["href"] == own
    assert link(found, "parent")["href"] == f"{stac.root}collections/c"


def test_a_walk_finds_every_item_once(stac, narrow):
    put(stac, "a é:%", [at(f"i{n} +&?é", moment) for n, moment in enumerate(MOMENTS)])
    put(stac, "b", [at(f"same-{n:02}", "2020-01-01T00:00:00Z") for n in range(20)])
    put(stac, "c", [undated(f"u{n:02}") for n in range(11)])
    put(stac, "d", [undated("u"), *(at(f"x{n}", MOMENTS[n]) for n in range(4))])
    put(stac, "e", [])
    put(stac, "f", [undated("u"), *(at(f"x{n}", MOMENTS[5]) for n in range(4))])
    stored = {
        (item["collection"], item["id"]) for item in stac.get("search", limit=100)["features"]
    }
    assert len(stored) == 12 + 20 + 11 + 5 + 5
    assert walked(stac) == Counter(stored)


def test_no_list_of_links_is_long_and_all_are_valid(stac, narrow):
    put(stac, "a", [at(f"i{n}", moment) for n, moment in enumerate(MOMENTS)])
    put(stac, "b", [at(f"same-{n:02}", "2020-01-01T00:00:00Z") for n in range(20)])
    for n in range(5):
        put(stac, f"e{n}", [])
    left, seen = [stac.root], set()
    while left:
        address = left.pop()
        assert address not in seen
        seen.add(address)
        found = stac.get(address)
        assert_valid(found)
        assert link(found, "self")["href"] == address
        assert stac(link(found, "parent")["href"]).status_code == 200 if address != stac.root else 1
        down = [each for each in found["links"] if each["rel"] in ("child", "item")]
        assert len(down) <= 12
        assert len([each for each in down if each["rel"] == "item"]) <= 3
        left += [each["href"] for each in down if each["rel"] == "child"]


def test_what_is_private_is_not_on_the_way(stac, stranger, reader, narrow):
    for id in ("a", "b", "c", "d"):
        put(stac, id, [at("i", MOMENTS[5])])
    assert walked(stranger) == Counter()
    assert len(walked(reader)) == 4
    assert link(stranger.get("browse"), "child") is None
    for path in ("browse", "browse/2020", "browse/undated"):
        hidden, absent = stranger(f"collections/a/{path}"), stranger(f"collections/z/{path}")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content


WRONG = [
    *("2", "202", "2020-", "2020-1", "2020-13", "2020-02-30", "2020-02-29T", "2020-02-29T24"),
    *("2020-02-29T12:61", "2020-02-29T12:00:00Z", "0000", "-1", "٢٠٢٠", "nothing", "Undated"),
    *("2020-02-29 12", "2020-W01", "2020x01", "20200101T0", "00000000000000000000"),
]


@pytest.mark.parametrize("part", WRONG)
def test_parts_that_are_none_are_not_there(stac, part):
    put(stac, "c", [])
    answer = stac(f"collections/c/browse/{part}")
    assert answer.status_code == 404, answer.content


@pytest.mark.parametrize("part", ["00", "99", "9999", "9999-12", "0001", "9999-12-31T23:59:59"])
def test_the_ends_of_the_calendar_are_parts(stac, part):
    put(stac, "c", [at("old", "0001-01-01T00:00:00Z"), at("new", "9999-12-31T23:59:59.9Z")])
    found = stac.get(f"collections/c/browse/{part}")
    wanted = "old" if part.startswith("00") else "new"
    assert [each["title"] for each in found["links"] if each["rel"] == "item"] == [wanted]


def test_unknown_parameters_are_named(stac):
    put(stac, "c", [])
    for path in ("browse", "collections/c/browse", "children"):
        assert stac(path, colour="red").json()["parameter"] == "colour"
    assert stac("browse", after="a\x00").json()["parameter"] == "after"


def test_children_are_all_that_is_linked(stac, stranger, narrow):
    for id in ("a", "b", "c"):
        put(stac, id, [])
    linked = [each["href"] for each in stac.get()["links"] if each["rel"] == "child"]
    children = stac.get("children", limit=10)["children"]
    own = {link(each, "self")["href"] for each in children}
    assert own >= set(linked)
    assert stranger.get("children")["children"] == []


def test_a_walk_over_a_real_server(live_root):
    root, headers = live_root
    session = requests.Session()
    session.headers.update(headers)
    for id in ("a", "b"):
        session.post(f"{root}collections", json=documents.collection(id)).raise_for_status()
        features = [at(f"i{n}", f"20{n % 20:02}-01-01T00:00:00Z") for n in range(1_050)]
        sent = {"type": "FeatureCollection", "features": features if id == "a" else features[:3]}
        session.post(f"{root}collections/{id}/items", json=sent).raise_for_status()
    found = pystac.Catalog.from_file(root, stac_io=DefaultStacIO(headers=headers))
    assert [each.id for each in found.get_children()] == ["a", "b"]
    ways = [each.href for each in found.get_child("a").get_child("a").get_child_links()]
    assert ways == [f"{root}collections/a/browse/20{n:02}" for n in reversed(range(20))]
    few = pystac.Catalog.from_file(ways[-1], stac_io=DefaultStacIO(headers=headers))
    assert len(few.get_item_links()) == 53
    assert len(list(few.get_items())) == 53
    assert len(list(found.get_child("b").get_items(recursive=True))) == 3
