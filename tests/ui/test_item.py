"""An item's page."""

import json

import pytest

from catalogs.stac import transactions
from tests.stac.documents import collection, item
from tests.ui import catalog

PAGE = "/o/acme/collections/scenes/items/a/"


def test_it_works(in_acme, bucket, sign_in):
    scenes = catalog.collection()
    held = [catalog.file("data", b"x" * 2048, catalog.COG), catalog.picture()]
    catalog.item(
        scenes,
        "a",
        held=held,
        title="First scene",
        description="As *seen*.",
        **{"eo:cloud_cover": 12.5, "proj:code": "EPSG:32632", "view:off_nadir": 3, "custom:x": 1},
    )
    text = sign_in().get(PAGE).content.decode()
    assert "<h1" in text
    assert "First scene" in text
    assert "As <em>seen</em>." in text
    assert "12.5%" in text
    assert "EPSG:32632, WGS 84 / UTM zone 32N" in text
    assert "Off-Nadir Angle" in text
    assert "View Geometry" in text
    assert "3°" in text
    assert "/o/acme/stac/collections/scenes/items/a/assets/data" in text
    assert "2.0 kB" in text
    assert "COG" in text
    assert "Download" in text


def test_strangers_find_nothing_where_it_is_private(in_acme, sign_in, oda):
    catalog.item(catalog.collection(visibility="members"), "a")
    for client in (sign_in(), sign_in(oda)):
        private, missing = client.get(PAGE), client.get(PAGE.replace("/a/", "/b/"))
        assert private.status_code == missing.status_code == 404
        assert len(private.content) == len(missing.content)


def test_members_see_the_private_one(in_acme, ben_client):
    catalog.item(catalog.collection(visibility="members"), "a")
    assert ben_client.get(PAGE).status_code == 200


def test_an_item_of_another_collection_is_not_here(in_acme, ada_client):
    catalog.item(catalog.collection("others"), "a")
    catalog.collection()
    assert ada_client.get(PAGE).status_code == 404


def test_neighbours_follow_the_order_of_the_list(in_acme, ada_client):
    scenes = catalog.collection()
    for day, id in ((3, "new"), (2, "a"), (1, "old")):
        catalog.item(scenes, id, datetime=f"2024-01-0{day}T00:00:00Z")
    context = ada_client.get(PAGE).context
    assert context["previous"].stac_id == "new"
    assert context["next"].stac_id == "old"


def test_the_json_is_the_document(in_acme, ada_client):
    catalog.item(catalog.collection(), "a", title="Ärger & <b>")
    answer = ada_client.get(PAGE, {"view": "json"})
    api = ada_client.get("/o/acme/stac/collections/scenes/items/a").json()
    assert json.loads(answer.context["json"]) == api
    assert "<b>" not in answer.content.decode().partition("<main")[2]


def test_files_elsewhere_are_said_to_be(in_acme, ada_client):
    assets = {
        "far": {"href": "https://far.example/a.tif", "type": catalog.COG, "file:size": 5_000_000},
        "odd": {"href": "s3://bucket/a.tif"},
        "bad": {"href": "javascript:alert(1)"},
    }
    catalog.item(catalog.collection(), "a", assets=assets)
    text = ada_client.get(PAGE).content.decode()
    assert "Open elsewhere" in text
    assert "5.0 MB" in text
    assert 'href="s3:' not in text
    assert 'href="javascript:' not in text


def test_odd_values_are_shown(in_acme, ada_client):
    odd = {
        "a": None,
        "b": [],
        "c": {},
        "d": [[1], [2, [3]]],
        "e": {"f": {"g": {"h": {"i": {"j": 1}}}}},
        "proj:epsg": "no code",
        "proj:shape": "none",
        "proj:transform": ["x"],
        "file:checksum": 7,
        "x:bands": [{"name": "red"}, {"other": [1, 2]}],
        "processing:software": {"x": "1"},
        "x:when": "yesterday",
        "themes": "none",
        "k" * 300: "<b>v</b>" * 100,
    }
    catalog.item(catalog.collection(), "a", **odd)
    answer = ada_client.get(PAGE)
    assert answer.status_code == 200
    assert "<b>v" not in answer.content.decode()


def test_an_item_nowhere_and_never(in_acme, ada_client):
    scenes = catalog.collection()
    made = catalog.document("a", (0, 0, 1, 1), datetime=None)
    made["properties"] |= {
        "start_datetime": "2020-01-01T00:00:00Z",
        "end_datetime": "2021-01-01T00:00:00Z",
    }
    del made["bbox"]
    catalog.transactions.create_item(scenes, {**made, "geometry": None})
    text = ada_client.get(PAGE).content.decode()
    assert "Nowhere on the map" in text
    assert "1 Jan 2020 to 1 Jan 2021" in text


def test_it_asks_the_database_a_few_times(in_acme, sign_in, django_assert_max_num_queries):
    scenes = catalog.collection()
    for number in range(20):
        catalog.item(scenes, f"i{number}")
    catalog.item(scenes, "a")
    with django_assert_max_num_queries(10):
        assert sign_in().get(PAGE).status_code == 200


@pytest.mark.parametrize("odd", ["http://[", "0001-01-01T00:00:00+14:00"])
def test_odd_addresses_and_times_are_shown_as_they_are(in_acme, sign_in, odd):
    links = [{"rel": "about", "href": odd}]
    assets = {"data": {"href": odd, "roles": ["data"]}}
    document = catalog.document("a", (10, 45, 12, 47), published=odd, **{"custom:x": odd})
    transactions.create_item(catalog.collection(), document | {"links": links, "assets": assets})
    answer = sign_in().get(PAGE)
    assert answer.status_code == 200
    assert odd in answer.text
    assert f'href="{odd}"' not in answer.text


def test_an_item_with_a_license_of_its_own(in_acme, ada_client):
    made = transactions.create_collection(collection("licensed"), derived=True)
    transactions.create_item(made, item("one", properties={"license": "CC-BY-4.0"}))
    assert "CC-BY-4.0" in ada_client.get("/o/acme/collections/licensed/items/one/").text
