"""How many items a collection has: kept exactly as they come and go, and never counted anew."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.stac import bulk, restoring, transactions
from catalogs.stac.models import Collection, Item, Trashed
from tests.stac import documents


def counts():
    """What is kept, beside what is there."""
    kept = dict(Collection.objects.values_list("pk", "count"))
    there = {pk: Item.objects.filter(collection=pk).count() for pk in kept}
    assert kept == there
    return kept


@pytest.mark.usefixtures("inside")
def test_it_follows_every_write():
    c = transactions.create_collection(documents.collection(), derived=True)
    assert counts() == {"c": 0}
    item = transactions.create_item(c, documents.item("one"))
    bulk.create_items(c, [documents.item(f"i{n}") for n in range(5)])
    assert counts() == {"c": 6}
    transactions.replace_item(item, documents.item("one", properties={"title": "new"}))
    transactions.update_item(item, {"properties": {"title": "newer"}})
    transactions.update_collection(c, {"title": "Another"})
    transactions.set_visibility(c, "public")
    assert counts() == {"c": 6}
    transactions.delete_item(item)
    assert counts() == {"c": 5}
    restoring.restore(Trashed.objects.get(item="one"))
    assert counts() == {"c": 6}
    transactions.delete_collection(c, cascade=True)
    restoring.restore(Trashed.objects.get(kind="collection"))
    assert counts() == {"c": 6}


def test_what_fails_counts_nothing(inside, stac):
    stac.post("collections", documents.collection())
    assert stac.post("collections/c/items", documents.item("a")).status_code == 201
    assert stac.post("collections/c/items", documents.item("a")).status_code == 409
    both = {"type": "FeatureCollection", "features": [documents.item("b"), documents.item("a")]}
    assert stac.post("collections/c/items", both).status_code == 409
    assert counts() == {"c": 1}


def test_many_at_once(live_root):
    """Every writer takes the collection's lock; none of them reads an old number."""
    root, headers = live_root

    def session():
        made = requests.Session()
        made.headers.update(headers)
        return made

    items = f"{root}collections/c/items"
    session().post(f"{root}collections", json=documents.collection()).raise_for_status()

    def write(worker):
        mine = session()
        for number in range(4):
            id = f"{worker}-{number}"
            mine.post(items, json=documents.item(id)).raise_for_status()
            if number % 2:
                mine.delete(f"{items}/{id}").raise_for_status()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    found = session().get(items).json()
    assert found["numberMatched"] == 12


def test_number_matched(inside, stac, stranger):
    for name, visibility, size in (("open", "public", 3), ("secret", "members", 2)):
        home = transactions.create_collection(
            documents.collection(name), Collection.Visibility(visibility)
        )
        bulk.create_items(home, [documents.item(f"{name}{n}") for n in range(size)])

    def matched(client, path, **query):
        return client.get(path, **query).get("numberMatched")

    assert matched(stac, "search", limit=1) == 5
    assert matched(stranger, "search", limit=1) == 3
    assert matched(stac, "search", collections="secret", limit=1) == 2
    assert matched(stranger, "search", collections="secret,open") == 3
    assert matched(stranger, "search", collections="secret") == 0
    assert matched(stac, "search", collections="open,secret,none") == 5
    assert matched(stac, "collections/open/items", limit=1) == 3
    assert matched(stac, "collections") == 2
    assert matched(stranger, "collections") == 1
    # What is all on one page is known too; else nothing is said rather than counted.
    assert matched(stac, "search", bbox="10,50,11,51") == 5
    assert matched(stac, "search", bbox="10,50,11,51", limit=2) is None
    assert matched(stac, "search", bbox="100,50,101,51", limit=2) == 0
    assert stac.post("search", {"limit": 1}).json()["numberMatched"] == 5
    page = stac.get("search", limit=2)
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert stac.get(following)["numberMatched"] == 5


def test_nothing_is_counted_in_a_request(inside, stac):
    home = transactions.create_collection(documents.collection())
    bulk.create_items(home, [documents.item(f"i{n}") for n in range(3)])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        stac.get("search", limit=1)
        stac.get("collections/c/items", limit=1)
    assert not [each["sql"] for each in asked if "count(*)" in each["sql"].lower()]
