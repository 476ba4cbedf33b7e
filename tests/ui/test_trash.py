"""Deleting, the trash, and the way back."""

import re

import pytest

from catalogs.stac import transactions
from catalogs.stac.models import Collection, Item, Trashed
from tenants.current import tenant_scope
from tests.stac.documents import collection, item

pytestmark = pytest.mark.django_db
ACME = "/o/acme"


@pytest.fixture
def coast(in_acme) -> Collection:
    made = transactions.create_collection(collection("coast", title="Coast"), derived=True)
    transactions.create_item(made, item("one"))
    return made


def test_it_works(ada_client, coast):
    gone = ada_client.post(f"{ACME}/collections/coast/items/one/delete/", follow=True)
    assert "is in the trash" in gone.text
    assert not Item.objects.exists()
    page = ada_client.get(f"{ACME}/trash/").text
    assert "days left" in page
    assert "Item one of coast" in page
    kept = Trashed.objects.get()
    back = ada_client.post(f"{ACME}/trash/{kept.pk}/restore/", follow=True)
    assert back.redirect_chain[-1][0] == f"{ACME}/collections/coast/items/one/"
    assert Item.objects.get().stac_id == "one"


@pytest.mark.parametrize("path", ["coast/items/one", "coast"])
def test_what_was_deleted_comes_back_by_undo(ada_client, coast, path):
    gone = ada_client.post(f"{ACME}/collections/{path}/delete/", {"name": "coast"}, follow=True)
    undo = re.search(r'action="(/o/acme/trash/\d+/restore/)"', gone.text)[1]
    back = ada_client.post(undo, follow=True)
    assert back.redirect_chain[-1][0] == f"{ACME}/collections/{path}/"
    assert Item.objects.get().stac_id == "one"


def test_a_collection_with_items_asks_for_its_name(ada_client, coast):
    address = f"{ACME}/collections/coast/delete/"
    assert "1 item" in ada_client.get(address).text
    wrong = ada_client.post(address, {"name": "kost"})
    assert wrong.status_code == 422
    assert "not its id or title" in wrong.text
    assert Collection.objects.exists()
    ada_client.post(address, {"name": "coast"})
    assert not Collection.objects.exists()


def test_a_collection_comes_back_with_its_items(ada_client, coast):
    ada_client.post(f"{ACME}/collections/coast/delete/", {"name": "Coast"})
    page = ada_client.get(f"{ACME}/trash/").text
    assert "Collection coast with 1 item" in page
    kept = Trashed.objects.get(kind="collection")
    ada_client.post(f"{ACME}/trash/{kept.pk}/restore/")
    assert Item.objects.get().collection_id == "coast"


def test_restoring_over_another_of_its_name_is_refused(ada_client, coast):
    ada_client.post(f"{ACME}/collections/coast/items/one/delete/")
    transactions.create_item(coast, item("one"))
    kept = Trashed.objects.get()
    answer = ada_client.post(f"{ACME}/trash/{kept.pk}/restore/")
    assert answer.status_code == 409
    assert "another item" in answer.text


def test_restoring_twice_finds_nothing_the_second_time(ada_client, coast):
    ada_client.post(f"{ACME}/collections/coast/items/one/delete/")
    kept = Trashed.objects.get()
    assert ada_client.post(f"{ACME}/trash/{kept.pk}/restore/").status_code == 302
    assert ada_client.post(f"{ACME}/trash/{kept.pk}/restore/").status_code == 404


def test_a_viewer_may_not(ben_client, coast):
    assert ben_client.get(f"{ACME}/trash/").status_code == 403
    assert ben_client.post(f"{ACME}/collections/coast/items/one/delete/").status_code == 403
    assert ben_client.post(f"{ACME}/collections/coast/delete/").status_code == 403
    assert Item.objects.exists()


def test_strangers_find_nothing(cyd_client, client, coast):
    assert cyd_client.get(f"{ACME}/trash/").status_code == 404
    assert cyd_client.post(f"{ACME}/collections/coast/delete/").status_code == 404
    assert client.post(f"{ACME}/trash/1/restore/").status_code == 404
    assert client.get(f"{ACME}/trash/").status_code == 302


def test_anothers_trash_is_not_there(ada_client, other):
    with tenant_scope(other):
        made = transactions.create_collection(collection("theirs"), derived=True)
        transactions.delete_collection(made)
        kept = Trashed.objects.get()
    assert ada_client.post(f"{ACME}/trash/{kept.pk}/restore/").status_code == 404


def test_an_empty_trash_says_so(ada_client, acme):
    assert "The trash is empty" in ada_client.get(f"{ACME}/trash/").text


FILE = transactions.HeldFile("data", "o/1/a.tif", 5, "1220" + "00" * 32, "image/tiff")


def leave_out(coast, key_client) -> Trashed:
    """A program sends a document that does not name the file any more."""
    described = {"data": {"href": "./a.tif", "title": "All bands", "roles": ["data"]}}
    transactions.create_item(coast, item("two", assets=described), held=[FILE])
    address = f"{ACME}/stac/collections/coast/items/two"
    sent = key_client.put(address, {**item("two"), "assets": {}}, content_type="application/json")
    assert sent.status_code == 204, sent.text
    return Trashed.objects.get()


def test_an_asset_that_was_left_out_comes_back(ada_client, key_client, coast):
    kept = leave_out(coast, key_client)
    assert "Left out of item two of coast" in ada_client.get(f"{ACME}/trash/").text
    back = ada_client.post(f"{ACME}/trash/{kept.pk}/restore/")
    assert back.headers["Location"] == f"{ACME}/collections/coast/items/two/"
    [asset] = ada_client.get(f"{ACME}/stac/collections/coast/items/two").json()["assets"].items()
    assert asset[0] == "data"
    assert asset[1]["title"] == "All bands"
    assert asset[1]["href"].endswith("/collections/coast/items/two/assets/data")
    assert ada_client.get(asset[1]["href"]).status_code == 302
    assert not Trashed.objects.exists()


def test_an_asset_whose_item_is_gone_stays(ada_client, key_client, coast):
    kept = leave_out(coast, key_client)
    transactions.delete_item(Item.objects.get(stac_id="two"))
    answer = ada_client.post(f"{ACME}/trash/{kept.pk}/restore/")
    assert answer.status_code == 409
    assert "item &#x27;two&#x27; is gone" in answer.text


def test_an_asset_in_whose_place_is_another_stays(ada_client, key_client, coast):
    kept = leave_out(coast, key_client)
    other = item("two", assets={"data": {"href": "https://example.org/b.tif"}})
    transactions.replace_item(Item.objects.get(stac_id="two"), other)
    answer = ada_client.post(f"{ACME}/trash/{kept.pk}/restore/")
    assert answer.status_code == 409
    assert "another asset" in answer.text
