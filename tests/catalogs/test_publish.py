"""Review: a draft is changed, published, taken back, discarded."""

import pytest
import requests
from django.test import Client

from catalogs import collections, drafts, items, uploads
from catalogs.audit import Actor
from catalogs.models import AuditRecord, Draft, Upload
from catalogs.stac.errors import Changed, Conflict, Invalid, NotFound
from catalogs.stac.models import Asset, Collection, Item, Trashed
from tests.catalogs.scenes import scene

ADA = Actor("user", "1", "Ada")


@pytest.fixture
def draft(take_in) -> Draft:
    return Draft.objects.get(upload=take_in("harbour_2021-03-04.tif", scene())["id"])


@pytest.fixture
def undated(take_in) -> Draft:
    return Draft.objects.get(upload=take_in("harbour.tif", scene())["id"])


def search(client: Client, **asked: str) -> list[str]:
    return [found["id"] for found in client.get("/o/acme/stac/search", asked).json()["features"]]


def test_it_works(draft, key_client, state, acme):
    item = drafts.publish(draft, actor=ADA)
    assert (item.collection_id, item.stac_id) == ("my-first-collection", "harbour_2021-03-04")
    assert search(key_client, collections="my-first-collection") == ["harbour_2021-03-04"]
    assert search(key_client, datetime="2021-03-04T00:00:00Z") == ["harbour_2021-03-04"]

    upload = state({"links": {"self": f"/o/acme/api/uploads/{draft.pk}/"}})
    assert upload["state"] == "published"
    assert upload["item"] == {"collection": "my-first-collection", "id": "harbour_2021-03-04"}
    assert not Draft.objects.exists()
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"collection.create", "item.create", "draft.publish"} <= actions


def test_the_item_is_valid_and_its_file_is_behind_the_gate(draft, key_client, client):
    drafts.publish(draft, actor=ADA)
    address = "/o/acme/stac/collections/my-first-collection/items/harbour_2021-03-04"
    document = key_client.get(address).json()
    gate = document["assets"]["data"]["href"]
    assert gate.endswith(f"{address}/assets/data")
    path = gate.removeprefix("http://localhost:8000")
    answer = key_client.get(path)
    assert answer.status_code == 302
    fetched = requests.get(answer["Location"], timeout=10)
    assert fetched.content == scene()
    assert "harbour_2021-03-04.tif" in fetched.headers["Content-Disposition"]
    assert client.get(path).status_code == 404


def test_a_collection_is_made_by_its_title_once(take_in, key_client):
    made = []
    for seed in (1, 2):
        upload = take_in(f"s{seed}_20200101.tif", scene(seed=seed), title="Élbe Flood 2013")
        made.append(drafts.publish(Draft.objects.get(upload=upload["id"]), actor=ADA))
    assert {item.collection_id for item in made} == {"élbe-flood-2013"}
    collection = Collection.objects.get(pk="élbe-flood-2013")
    document = collection.to_stac("https://a.example/")
    assert (document["title"], document["license"]) == ("Élbe Flood 2013", "other")
    assert collection.visibility == "members"


def test_without_a_date_it_is_asked_for(undated):
    with pytest.raises(drafts.NotReady, match="When was it taken"):
        drafts.publish(undated, actor=ADA)
    saved = drafts.save(undated, {"datetime": "2020-02-29"}, actor=ADA)
    assert saved.document["properties"]["datetime"] == "2020-02-29T00:00:00Z"
    assert saved.sources["datetime"] == {"from": "you"}
    drafts.publish(saved, actor=ADA)


def test_save_refuses_what_the_catalog_would_refuse(draft):
    for changes in (
        {"datetime": "yesterday"},
        {"datetime": "2021-02-30"},
        {"id": "a/b"},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}},
        {"collection": "nowhere"},
    ):
        with pytest.raises(Invalid):
            drafts.save(draft, changes, actor=ADA)
    draft.refresh_from_db()
    assert draft.version == 1


def test_a_change_made_meanwhile_is_not_overwritten(draft):
    drafts.save(draft, {"title": "One"}, version=1)
    with pytest.raises(Changed):
        drafts.save(draft, {"title": "Two"}, version=1)


def test_a_drawn_footprint_brings_its_bbox(draft):
    ring = [[1, 1], [3, 1], [3, 2], [1, 2], [1, 1]]
    saved = drafts.save(draft, {"geometry": {"type": "Polygon", "coordinates": [ring]}})
    assert saved.document["bbox"] == [1, 1, 3, 2]


def test_publish_all_publishes_what_is_ready_and_names_the_rest(draft, take_in):
    without = Draft.objects.get(upload=take_in("later.tif", scene(seed=5))["id"])
    published, left = drafts.publish_all(Draft.objects.order_by("created"), actor=ADA)
    assert [item.stac_id for item in published] == ["harbour_2021-03-04"]
    assert left == [(without, "When was it taken? Give a date.")]


def test_an_id_that_was_typed_is_not_changed(draft, take_in):
    drafts.publish(draft, actor=ADA)
    upload = take_in("other_2021-03-05.tif", scene(seed=8), collection="my-first-collection")
    other = Draft.objects.get(upload=upload["id"])
    other = drafts.save(other, {"id": "harbour_2021-03-04"})
    with pytest.raises(Conflict, match="already"):
        drafts.publish(other, actor=ADA)


def test_publishing_twice_publishes_once(draft):
    drafts.publish(draft, actor=ADA)
    with pytest.raises(Conflict, match="gone"):
        drafts.publish(draft, actor=ADA)
    assert Item.objects.count() == 1


def test_unpublish_brings_the_draft_back_with_its_files(draft, key_client):
    held = draft.held
    item = drafts.publish(draft, actor=ADA)
    back = drafts.unpublish(item, actor=ADA)
    assert search(key_client) == []
    assert not Trashed.objects.exists()
    assert sorted(back.held, key=str) == sorted(held, key=str)
    assert back.upload.state == "review"
    again = drafts.publish(back, actor=ADA)
    assert again.stac_id == item.stac_id
    assert Asset.objects.filter(item=again).count() == len(held)


def test_discard_gives_the_draft_up(draft, state):
    drafts.discard(draft, actor=ADA)
    assert not Draft.objects.exists()
    assert Upload.objects.get(pk=draft.pk).state == "aborted"


def test_a_published_file_is_known_again(draft, take_in):
    drafts.publish(draft, actor=ADA)
    again = take_in("copy.tif", scene())
    assert again["code"] == "duplicate"
    assert again["duplicate"] == {
        "collection": "my-first-collection",
        "item": "harbour_2021-03-04",
    }


def test_a_published_upload_cannot_be_cancelled(draft):
    drafts.publish(draft, actor=ADA)
    with pytest.raises(uploads.WrongState, match="Unpublish it first"):
        uploads.abort(Upload.objects.get(pk=draft.pk), ADA)


def test_conversion_can_be_turned_off(take_in, in_acme):
    home = collections.make_for_files("Plain", actor=ADA)
    collections.convert_files(home, False, actor=ADA)
    upload = take_in("plain.tif", scene(700, 600), collection="plain")
    assert set(Draft.objects.get(upload=upload["id"]).document["assets"]) == {"data", "thumbnail"}


def test_writes_by_the_api_are_recorded(key_client, in_acme):
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": "rivers",
        "description": "Rivers",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[0, 0, 1, 1]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }
    answer = key_client.post("/o/acme/stac/collections", document, content_type="application/json")
    assert answer.status_code == 201
    assert key_client.delete("/o/acme/stac/collections/rivers").status_code == 204
    records = AuditRecord.objects.order_by("at")
    assert [record.action for record in records] == ["collection.create", "collection.delete"]
    assert {record.actor_kind for record in records} == {"key"}


def test_what_was_deleted_meanwhile_cannot_be_unpublished(draft):
    item = drafts.publish(draft, actor=ADA)
    items.delete(item, actor=ADA)
    with pytest.raises(NotFound):
        drafts.unpublish(item, actor=ADA)
