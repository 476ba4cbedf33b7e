"""Deleting, the trash, and the way back."""

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
