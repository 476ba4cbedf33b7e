"""What is deleted lies in the trash, comes back whole, and goes for good after a while."""

from datetime import timedelta

import pytest

from catalogs.stac import transactions, trash
from catalogs.stac.errors import Conflict, NotFound
from catalogs.stac.models import Asset, Collection, Item, Trashed
from catalogs.stac.transactions import HeldFile
from tests.stac import documents

FILE = HeldFile("data", "o/1/a.tif", 5, "1220" + "00" * 32, "image/tiff")
PICTURE = HeldFile("thumbnail", "o/1/t.png", 5, "1220" + "01" * 32, "image/png")


@pytest.fixture
def collection(inside):
    made = transactions.create_collection(documents.collection(), "public", held=[PICTURE])
    transactions.create_item(made, documents.item(), held=[FILE])
    return made


def test_an_item_comes_back(stac, collection):
    before = stac.get("collections/c/items/i")
    stac("collections/c/items/i", "DELETE")
    kept = Trashed.objects.get()
    assert (kept.kind, kept.collection, kept.item) == (Trashed.Kind.ITEM, "c", "i")
    assert kept.by
    trash.restore(kept)
    assert stac.get("collections/c/items/i") == before
    assert stac("collections/c/items/i/assets/data").status_code == 302
    assert stac.ids(bbox="10,50,11,51") == ["i"]
    assert not Trashed.objects.exists()


def test_a_collection_comes_back_with_its_items(stac, stranger, collection):
    before = stac.get("collections/c"), stac.get("collections/c/items/i")
    stac("collections/c?cascade=true", "DELETE")
    assert (Collection.objects.count(), Item.objects.count(), Asset.objects.count()) == (0, 0, 0)
    trash.restore(Trashed.objects.get(kind=Trashed.Kind.COLLECTION))
    assert (stac.get("collections/c"), stac.get("collections/c/items/i")) == before
    assert stranger("collections/c/items/i/assets/data").status_code == 302
    assert not Trashed.objects.exists()


def test_what_is_in_the_way_is_told(collection):
    transactions.delete_item(Item.objects.get())
    item = Trashed.objects.get()
    transactions.create_item(collection, documents.item())
    with pytest.raises(Conflict, match="another item"):
        trash.restore(item)
    transactions.delete_collection(collection, cascade=True)
    with pytest.raises(Conflict, match="restore that first"):
        trash.restore(item)
    gone = Trashed.objects.get(kind=Trashed.Kind.COLLECTION)
    transactions.create_collection(documents.collection())
    with pytest.raises(Conflict, match="another collection"):
        trash.restore(gone)


def test_restored_once(collection):
    transactions.delete_item(Item.objects.get())
    kept = Trashed.objects.get()
    trash.restore(kept)
    with pytest.raises(NotFound):
        trash.restore(kept)


def test_the_reaper_names_the_files(collection):
    transactions.delete_collection(collection, cascade=True)
    assert trash.reap() == []
    assert Trashed.objects.exists()
    assert trash.reap(timedelta(0)) == [FILE.name, PICTURE.name]
    assert not Trashed.objects.exists()


def test_the_reaper_spares_what_is_in_use(collection):
    transactions.delete_item(Item.objects.get())
    transactions.create_item(collection, documents.item("j"), held=[FILE])
    assert trash.reap(timedelta(0)) == []


def test_files_that_a_new_version_does_not_name_are_reaped(collection):
    transactions.replace_item(Item.objects.get(), documents.item())
    assert trash.reap(timedelta(0)) == [FILE.name]
