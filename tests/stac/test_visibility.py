"""Who sees what: a stranger sees what is public; what is private looks like what is absent."""

import pytest

from catalogs.stac import transactions
from catalogs.stac.models import Collection
from tests.stac import documents


@pytest.fixture
def both(inside):
    """A public and a private collection, an item in each."""
    for name, visibility in (("open", "public"), ("secret", "members")):
        collection = transactions.create_collection(
            documents.collection(name), Collection.Visibility(visibility)
        )
        transactions.create_item(collection, documents.item(f"of-{name}"))


def test_new_collections_are_private(stac, stranger):
    stac.post("collections", documents.collection())
    assert stac("collections/c").status_code == 200
    assert stranger("collections/c").status_code == 404


@pytest.mark.parametrize("query", [{}, {"bbox": "10,50,11,51"}, {"ids": "of-open,of-secret"},
                                   {"collections": "open,secret"},
                                   {"datetime": "2020-01-01T00:00:00Z"}])  # fmt: skip
def test_search(stac, reader, stranger, both, query):
    assert sorted(stac.ids(**query)) == sorted(reader.ids(**query)) == ["of-open", "of-secret"]
    assert stranger.ids(**query) == ["of-open"]


def test_lists_and_links(reader, stranger, both):
    def listed(client):
        return [each["id"] for each in client.get("collections")["collections"]]

    def children(client):
        links = client.get()["links"]
        return [each["title"] for each in links if each["rel"] == "child"]

    assert listed(reader) == children(reader) == ["open", "secret"]
    assert listed(stranger) == children(stranger) == ["open"]


ADDRESSES = [
    "collections/{}",
    "collections/{}/items",
    "collections/{}/items/of-secret",
    "collections/{}/items/of-secret/assets/data",
    "collections/{}/assets/data",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_private_is_as_absent(stranger, both, method, address):
    body = {} if method in ("PUT", "PATCH", "POST") else None
    headers = {"If-None-Match": "*"} if method == "PUT" else {}
    private = stranger(address.format("secret"), method, body, headers=headers)
    absent = stranger(address.format("none"), method, body, headers=headers)
    assert private.status_code == absent.status_code
    assert private.content == absent.content
    assert private.headers.get("ETag") is None
    differing = {"date", "x-request-id"}
    for name in set(private.headers) | set(absent.headers):
        if name.lower() not in differing:
            assert private.headers.get(name) == absent.headers.get(name), name


def test_a_limit_counts_what_may_be_seen(stranger, both):
    assert stranger.ids(limit=1) == ["of-open"]


WRITES = [
    ("POST", "collections", documents.collection("new")),
    ("PUT", "collections/open", documents.collection("open")),
    ("PATCH", "collections/open", {}),
    ("DELETE", "collections/open", None),
    ("POST", "collections/open/items", documents.item("new")),
    ("PUT", "collections/open/items/of-open", documents.item("of-open")),
    ("PATCH", "collections/open/items/of-open", {}),
    ("DELETE", "collections/open/items/of-open", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_writing(stranger, reader, wrong_key, both, method, path, body):
    nobody = stranger(path, method, body)
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"]
    assert wrong_key(path, method, body).status_code == 401
    assert reader(path, method, body).status_code == 403
    assert reader(path, method, body)["Content-Type"] == "application/problem+json"
