"""What is deleted lies in the trash, comes back whole, and goes for good after a while."""

import time
from datetime import timedelta

import pytest
from django.db import connection

from catalogs.stac import restoring, transactions, trash
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
    restoring.restore(kept)
    assert stac.get("collections/c/items/i") == before
    assert stac("collections/c/items/i/assets/data").status_code == 302
    assert stac.ids(bbox="10,50,11,51") == ["i"]
    assert not Trashed.objects.exists()


def test_a_collection_comes_back_with_its_items(stac, stranger, collection):
    before = stac.get("collections/c"), stac.get("collections/c/items/i")
    stac("collections/c?cascade=true", "DELETE")
    assert (Collection.objects.count(), Item.objects.count(), Asset.objects.count()) == (0, 0, 0)
    restoring.restore(Trashed.objects.get(kind=Trashed.Kind.COLLECTION))
    assert (stac.get("collections/c"), stac.get("collections/c/items/i")) == before
    assert stranger("collections/c/items/i/assets/data").status_code == 302
    assert not Trashed.objects.exists()


def test_what_is_in_the_way_is_told(collection):
    transactions.delete_item(Item.objects.get())
    item = Trashed.objects.get()
    transactions.create_item(collection, documents.item())
    with pytest.raises(Conflict, match="another item"):
        restoring.restore(item)
    transactions.delete_collection(collection, cascade=True)
    with pytest.raises(Conflict, match="restore that first"):
        restoring.restore(item)
    gone = Trashed.objects.get(kind=Trashed.Kind.COLLECTION)
    transactions.create_collection(documents.collection())
    with pytest.raises(Conflict, match="another collection"):
        restoring.restore(gone)


def test_what_was_kept_before_its_columns_were_is_told(collection):
    transactions.delete_item(Item.objects.get())
    Trashed.objects.update(columns={})
    with pytest.raises(Conflict, match="earlier version"):
        restoring.restore(Trashed.objects.get())


def test_restored_once(collection):
    transactions.delete_item(Item.objects.get())
    kept = Trashed.objects.get()
    restoring.restore(kept)
    with pytest.raises(NotFound):
        restoring.restore(kept)


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


def fill(count: int) -> None:
    """Copies of the one item, with its file, under other names."""
    with connection.cursor() as cursor:
        names = [f'"{name}"' for name in trash.kept_columns(Item) if name != "id"]
        cursor.execute(
            f"INSERT INTO stac_item (id, body, {', '.join(names)})"
            f' SELECT id || n, replace(body, \'"id":"i"\', \'"id":"i\' || n || \'"\'),'
            f" {', '.join(names)} FROM stac_item, generate_series(1, %s) n",
            [count],
        )
        cursor.execute(
            "INSERT INTO stac_asset (collection_id, item_id, key, name, size, checksum, media_type)"
            " SELECT 'c', its.key, a.key, a.name || its.id, a.size, a.checksum, a.media_type"
            " FROM stac_item its, stac_asset a WHERE its.id <> 'i' AND a.item_id IS NOT NULL"
        )
        cursor.execute("ANALYZE stac_item, stac_asset")
    connection.check_constraints()


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_items_go_and_come_back_within_the_time_of_a_request(stac, collection, count):
    """No statement takes the 5 seconds that a request gives one."""
    fill(count)
    before = stac.get("collections/c"), stac.get("collections/c/items/i77")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")
    began = time.monotonic()
    assert stac("collections/c?cascade=true", "DELETE").status_code == 204
    gone = time.monotonic()
    assert (Item.objects.count(), Asset.objects.count()) == (0, 0)
    kept = Trashed.objects.get(kind=Trashed.Kind.COLLECTION)
    assert kept.inside == count + 1
    asked = time.monotonic()
    restoring.restore(kept)
    print(f"{count} items: gone in {gone - began:.1f} s, back in {time.monotonic() - asked:.1f} s")
    assert (Item.objects.count(), Asset.objects.count()) == (count + 1, count + 2)
    assert (stac.get("collections/c"), stac.get("collections/c/items/i77")) == before
    assert stac("collections/c/items/i77/assets/data").status_code == 302
    assert not Trashed.objects.exists()


def test_what_filters_can_ask_comes_back_too(stac, collection):
    before = stac.get("collections/c/queryables")
    stac("collections/c?cascade=true", "DELETE")
    restoring.restore(Trashed.objects.get(kind=Trashed.Kind.COLLECTION))
    assert stac.get("collections/c/queryables") == before


def test_what_was_deleted_before_a_column_came_is_restored(stac, collection):
    stac("collections/c?cascade=true", "DELETE")
    kept = Trashed.objects.get(kind=Trashed.Kind.COLLECTION)
    del kept.columns["strictness"]
    kept.save()
    restoring.restore(kept)
    assert Collection.objects.get().strictness == Collection.Strictness.WARN
