"""The gate of bytes that we hold."""

import pytest

from catalogs.stac import transactions
from catalogs.stac.models import Asset, Collection, Item
from catalogs.stac.transactions import HeldFile
from tests.stac import documents

FILE = HeldFile("data", "o/1/a.tif", 5, "1220" + "00" * 32, "image/tiff")
THUMBNAIL = HeldFile("thumb é", "o/1/t.png", 5, "1220" + "01" * 32, "image/png")


@pytest.fixture
def held(inside):
    """An item and a private collection with a file each."""
    collection = transactions.create_collection(documents.collection(), held=[THUMBNAIL])
    transactions.create_item(collection, documents.item(), held=[FILE])
    return collection


@pytest.fixture
def public(held):
    return transactions.set_visibility(held, Collection.Visibility.PUBLIC)


def test_it_works(stac, held):
    href = stac.get("collections/c/items/i")["assets"]["data"]["href"]
    assert href == f"{stac.root}collections/c/items/i/assets/data"
    for method in ("GET", "HEAD"):
        answer = stac(href, method)
        assert answer.status_code == 302
        assert "o/1/a.tif" in answer["Location"]
        assert answer["Location"].startswith("http")
        assert answer["Cache-Control"] == "no-store, private"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_a_collection_has_a_gate_too(stac, held):
    href = stac.get("collections/c")["assets"]["thumb é"]["href"]
    assert "o/1/t.png" in stac(href)["Location"]


def test_only_bytes_of_ours_have_a_gate(stac, held):
    stac.post("collections/c/items", documents.item("j"))
    for key in ("data", "none"):
        assert stac(f"collections/c/items/j/assets/{key}").status_code == 404


def test_strangers_see_what_they_see_of_what_is_absent(stranger, held):
    absent = stranger("collections/c/items/none/assets/data")
    private = stranger("collections/c/items/i/assets/data")
    assert (private.status_code, private.content) == (404, absent.content)
    assert private["Content-Length"] == absent["Content-Length"]


def test_public_files_are_for_everyone(stranger, reader, public):
    for client in (stranger, reader):
        assert client("collections/c/items/i/assets/data").status_code == 302
        assert client("collections/c/assets/thumb%20%C3%A9").status_code == 302


def test_wrong_keys_are_401_even_there(wrong_key, public):
    assert wrong_key("collections/c/items/i/assets/data").status_code == 401


def test_parameters_are_refused(stac, held):
    assert stac("collections/c/items/i/assets/data", sign="no").status_code == 400


def names():
    return set(Asset.objects.filter(item__isnull=False).values_list("key", flat=True))


def test_what_is_written_back_stays_ours(stac, held):
    document = stac.get("collections/c/items/i")
    document["assets"]["data"]["title"] = "The data"
    assert stac("collections/c/items/i", "PUT", document).status_code == 204
    patch = {"properties": {"gsd": 10}}
    assert stac("collections/c/items/i", "PATCH", patch).status_code == 204
    assert stac.get("collections/c/items/i")["assets"] == document["assets"]
    assert names() == {"data"}
    assert stac("collections/c/items/i/assets/data").status_code == 302


def test_what_is_no_longer_named_is_no_longer_ours(stac, held):
    document = stac.get("collections/c/items/i")
    document["assets"]["data"]["href"] = "https://example.org/other.tif"
    assert stac("collections/c/items/i", "PUT", document).status_code == 204
    assert names() == set()
    assert stac("collections/c/items/i/assets/data").status_code == 404
    found = stac.get("collections/c/items/i")["assets"]["data"]["href"]
    assert found == "https://example.org/other.tif"


def test_files_can_be_added(stac, held):
    item = Item.objects.get()
    document = item.to_stac(stac.root)
    transactions.replace_item(item, document, held=[THUMBNAIL])
    assert names() == {"data", "thumb é"}
    assert set(stac.get("collections/c/items/i")["assets"]) == {"data", "thumb é"}


def test_an_asset_cannot_be_claimed(stac, held):
    other = documents.item("j")
    other["assets"]["data"]["href"] = f"{stac.root}collections/c/items/i/assets/data"
    stac.post("collections/c/items", other)
    assert stac("collections/c/items/j/assets/data").status_code == 404
