"""Editing an item by its form and as JSON; nothing of anyone is overwritten."""

import json

import pytest

from catalogs.models import AuditRecord, Draft
from catalogs.stac import schemas, transactions
from catalogs.stac.models import Item
from tenants.current import tenant_scope
from tests.stac.documents import collection, item

pytestmark = pytest.mark.django_db
HERE = "/o/acme/collections/coast/items/one"
ASSETS = {"data": {"href": "https://example.org/a.tif", "type": "image/tiff", "roles": ["data"]}}
GEOMETRY = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}


@pytest.fixture
def one(in_acme) -> Item:
    made = transactions.create_collection(collection("coast"), derived=True)
    properties = {"datetime": "2024-06-01T10:30:00.123456Z", "gsd": 10, "platform": "kite"}
    return transactions.create_item(
        made, item("one", properties=properties, assets=ASSETS, geometry=GEOMETRY)
    )


def form(one: Item, **changes: str) -> dict[str, str]:
    """What a browser would send of the form, with these changes."""
    one.refresh_from_db()
    properties = one.properties
    return {
        "etag": one.etag,
        "title": properties.get("title", ""),
        "description": "",
        "datetime": "2024-06-01T10:30:00",
        "start_datetime": "",
        "end_datetime": "",
        "geometry": json.dumps(GEOMETRY),
        **{f"properties.{key}": str(properties[key]) for key in ("gsd", "platform")},
        "asset.data-title": "",
        "asset.data-description": "",
        "asset.data-roles": "data",
        **changes,
    }


def document(one: Item) -> dict:
    one.refresh_from_db()
    return one.to_stac("https://catalog.test/")


def test_it_works(ada_client, one):
    page = ada_client.get(f"{HERE}/edit/")
    assert "GSD (m)" in page.text
    sent = form(one, title="The coast", **{"properties.gsd": "0.5", "asset.data-title": "Bands"})
    answer = ada_client.post(f"{HERE}/edit/", sent, follow=True)
    assert "Saved." in answer.text
    now = document(one)
    assert now["properties"]["title"] == "The coast"
    assert now["properties"]["gsd"] == 0.5
    assert now["assets"]["data"]["title"] == "Bands"
    assert AuditRecord.objects.filter(action="item.replace").exists()


def test_what_was_not_touched_stays_to_the_last_digit(ada_client, one):
    ada_client.post(f"{HERE}/edit/", form(one, title="New"))
    assert document(one)["properties"]["datetime"] == "2024-06-01T10:30:00.123456Z"


def test_an_emptied_field_goes(ada_client, one):
    ada_client.post(f"{HERE}/edit/", form(one, **{"properties.platform": ""}))
    assert "platform" not in document(one)["properties"]


def test_a_range_of_time(ada_client, one):
    sent = form(
        one, datetime="", start_datetime="2024-06-01T00:00", end_datetime="2024-06-02T00:00"
    )
    ada_client.post(f"{HERE}/edit/", sent)
    properties = document(one)["properties"]
    assert properties["datetime"] is None
    assert properties["start_datetime"] == "2024-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"datetime": ""}, "Give a date"),
        ({"datetime": "yesterday"}, "datetime_error"),
        ({"start_datetime": "2024-01-01T00:00"}, "A range has a beginning and an end."),
        (
            {"start_datetime": "2024-02-01T00:00", "end_datetime": "2024-01-01T00:00"},
            "before the beginning",
        ),
        ({"properties.gsd": "ten"}, "Give a number"),
        ({"properties.gsd": "NaN"}, "Give a number"),
        ({"geometry": "{"}, "This is not JSON"),
        ({"geometry": '{"type": "Polygon"}'}, "geometry_error"),
        ({"geometry": '{"type": "Point", "coordinates": [500, 95]}'}, "geometry_error"),
        ({"geometry": "[]"}, "geometry_error"),
        ({"geometry": "17"}, "geometry_error"),
    ],
)
def test_a_fault_is_said_at_its_field(ada_client, one, changes, sentence):
    answer = ada_client.post(f"{HERE}/edit/", form(one, **changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'role="alert"' in answer.text


def test_a_field_can_be_added(ada_client, one):
    sent = form(one, add="1", **{"add-name": "eo:cloud_cover", "title": "Kept"})
    more = ada_client.post(f"{HERE}/edit/", sent)
    assert 'name="new.eo:cloud_cover"' in more.text
    assert 'value="Kept"' in more.text
    ada_client.post(f"{HERE}/edit/", form(one, **{"new.eo:cloud_cover": "12.5"}))
    assert document(one)["properties"]["eo:cloud_cover"] == 12.5


def test_a_new_place(ada_client, one):
    moved = {"type": "Point", "coordinates": [10, 50]}
    ada_client.post(f"{HERE}/edit/", form(one, geometry=json.dumps(moved)))
    assert document(one)["geometry"] == moved
    assert document(one)["bbox"] == [10, 50, 10, 50]


def test_someone_was_faster(ada_client, one):
    mine = form(one, title="Mine", **{"properties.gsd": "20"})
    transactions.update_item(one, {"properties": {"gsd": 30, "platform": "drone"}})
    answer = ada_client.post(f"{HERE}/edit/", mine)
    assert answer.status_code == 412
    assert "Someone changed this meanwhile" in answer.text
    assert document(one)["properties"]["gsd"] == 30
    chosen = {
        "etag": one.etag,
        "yours": json.dumps({**document(one), "properties": {"gsd": 20, "title": "Mine"}}),
        "choose./properties/gsd": "yours",
        "choose./properties/title": "yours",
        "choose./properties/platform": "theirs",
    }
    assert ada_client.post(f"{HERE}/edit/", chosen).status_code == 302
    properties = document(one)["properties"]
    assert (properties["gsd"], properties["title"], properties["platform"]) == (20, "Mine", "drone")


def test_json_can_be_saved(ada_client, one):
    text = json.dumps({**document(one), "properties": {"datetime": "2020-01-01T00:00:00Z"}})
    ada_client.post(f"{HERE}/edit/", {"document": text, "etag": one.etag})
    assert document(one)["properties"] == {"datetime": "2020-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{\n"a": }', "Line 2"),
        ("[]", "JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"type": "Feature", "gsd": NaN}', "NaN"),
        ('{"type": "Collection"}', "/type"),
    ],
)
def test_what_is_no_item_is_told(ada_client, one, text, sentence):
    asked = ada_client.post(f"{HERE}/check/", {"document": text})
    assert sentence in asked.text
    saved = ada_client.post(f"{HERE}/edit/", {"document": text, "etag": one.etag})
    assert saved.status_code == 422
    assert sentence in saved.text


def test_a_check_names_the_place(ada_client, one):
    bad = {**document(one), "properties": {"datetime": 17}}
    asked = ada_client.post(f"{HERE}/check/", {"document": json.dumps(bad)})
    assert 'data-pointer="/properties' in asked.text
    fine = ada_client.post(f"{HERE}/check/", {"document": json.dumps(document(one))})
    assert "valid STAC item" in fine.text


def test_an_id_cannot_be_changed(ada_client, one):
    text = json.dumps({**document(one), "id": "two"})
    answer = ada_client.post(f"{HERE}/edit/", {"document": text, "etag": one.etag})
    assert answer.status_code == 422
    assert "must stay" in answer.text


def test_unpublish_makes_a_draft(ada_client, one):
    answer = ada_client.post(f"{HERE}/unpublish/", follow=True)
    assert "is a draft again" in answer.text
    assert not Item.objects.exists()
    assert Draft.objects.get().document["id"] == "one"


def test_a_viewer_sees_no_button_and_may_not(ben_client, one):
    assert "/edit/" not in ben_client.get(f"{HERE}/").text
    assert ben_client.get(f"{HERE}/edit/").status_code == 403
    assert ben_client.post(f"{HERE}/edit/", form(one, title="No")).status_code == 403
    assert ben_client.post(f"{HERE}/unpublish/").status_code == 403


def test_strangers_find_nothing(cyd_client, client, one):
    for page in ("edit", "json", "delete"):
        assert cyd_client.get(f"{HERE}/{page}/").status_code == 404
        assert client.get(f"{HERE}/{page}/").status_code == 302
        absent = client.get(f"/o/acme/collections/none/items/none/{page}/")
        assert absent.status_code == 302
    assert cyd_client.post(f"{HERE}/check/", {"document": "{}"}).status_code == 404


def test_anothers_item_is_not_there(ada_client, other):
    with tenant_scope(other):
        made = transactions.create_collection(collection("theirs"), derived=True)
        transactions.create_item(made, item("secret"))
    for page in ("edit", "json", "delete"):
        at = f"/o/acme/collections/theirs/items/secret/{page}/"
        assert ada_client.get(at).status_code == 404


@pytest.mark.parametrize(
    "value",
    ['"\\u0000"', '"\\ud800"', "123456789012345678901234567890", "1e999", "[" * 300 + "]" * 300],
)
def test_text_that_the_api_would_refuse_is_refused_here_too(ada_client, one, value):
    text = json.dumps(document(one)).replace('"gsd"', f'"custom:x": {value}, "gsd"', 1)
    for page in ("edit", "check"):
        sent = {"document": text, "before": text, "etag": one.etag}
        answer = ada_client.post(f"{HERE}/{page}/", sent)
        assert answer.status_code in (200, 422)
    assert "custom:x" not in document(one)["properties"]


def test_a_number_beyond_all_bounds_is_refused_in_the_form(ada_client, one):
    answer = ada_client.post(f"{HERE}/edit/", form(one, **{"properties.gsd": "1e999"}))
    assert answer.status_code == 422


def test_an_older_document_is_upgraded_before_ones_eyes(ada_client, one):
    older = {**document(one), "stac_version": "1.0.0"}
    older["properties"] = {**older["properties"], "license": "proprietary"}
    transactions.replace_item(one, older)
    assert "Upgrade to STAC 1.1.0" in ada_client.get(f"{HERE}/json/").text
    shown = ada_client.get(f"{HERE}/json/?upgrade=1")
    assert "not saved yet" in shown.text
    assert [(each.theirs, each.yours) for each in shown.context["changes"]] == [
        ("proprietary", "other")
    ]
    assert document(one)["stac_version"] == "1.0.0"
    sent = {"document": shown.context["text"], "etag": one.etag}
    assert ada_client.post(f"{HERE}/edit/", sent).status_code == 302
    assert document(one)["stac_version"] == "1.1.0"
    assert "Upgrade to STAC" not in ada_client.get(f"{HERE}/json/").text


RULE = "https://extensions.example/rule.json"


@pytest.fixture
def rule(settings, tmp_path):
    settings.STAC_SCHEMAS = tmp_path
    maximum = {"properties": {"gsd": {"maximum": 5}, "platform": {"const": "plane"}}}
    schemas.keep(RULE, json.dumps({"properties": {"properties": maximum}}).encode())


def test_what_breaks_an_extension_is_said_everywhere(ada_client, one, rule):
    ruled = {**document(one), "stac_extensions": [RULE, "https://extensions.example/none.json"]}
    asked = ada_client.post(f"{HERE}/check/", {"document": json.dumps(ruled)})
    assert "/properties/gsd is 10; it may not be above 5." in asked.text
    sent = {"document": json.dumps(ruled), "etag": one.etag}
    saved = ada_client.post(f"{HERE}/edit/", sent, follow=True)
    assert "2 faults, 1 extension not checked" in saved.text
    assert "No schema of it is here." in saved.text
    one.collection.strictness = "reject"
    one.collection.save()
    ruled["properties"]["gsd"] = 20
    one.refresh_from_db()
    sent = {"document": json.dumps(ruled), "etag": one.etag}
    refused = ada_client.post(f"{HERE}/edit/", sent)
    assert refused.status_code == 422
    assert "/properties/gsd is 20" in refused.text
    assert "it must be" in refused.text
