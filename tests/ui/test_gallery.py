"""The first page of an organization."""

import pytest

from catalogs.stac import bulk
from tests.stac import documents
from tests.ui import catalog

HOME = "/o/acme/"


def test_it_works(in_acme, ada_client):
    scenes = catalog.collection(keywords=["one"])
    catalog.item(scenes, "a", assets={"data": {"href": "https://x.org/a.tif", "type": catalog.COG}})
    text = ada_client.get(HOME).content.decode()
    assert "The scenes" in text
    assert "Scenes of somewhere." in text
    assert "1 item" in text
    assert "COG" in text
    assert "1 May 2024" in text
    assert "/o/acme/collections/scenes/" in text


def test_strangers_see_what_is_public(in_acme, sign_in, cyd_client):
    catalog.collection("open")
    catalog.collection("closed", "members")
    for client in (sign_in(), cyd_client):
        text = client.get(HOME).content.decode()
        assert "The open" in text
        assert "closed" not in text


def test_members_see_all_and_who_sees_it(in_acme, ben_client):
    catalog.collection("closed", "members")
    text = ben_client.get(HOME).content.decode()
    assert "The closed" in text
    assert "Members only" in text


def test_an_empty_catalog_offers_the_drop_zone_to_those_who_may(in_acme, ada_client, sign_in):
    assert "Drop GeoTIFF files" in ada_client.get(HOME).content.decode()
    assert "Nothing public here yet" in sign_in().get(HOME).content.decode()


def test_searching_by_title(in_acme, ada_client):
    catalog.collection("alpine")
    catalog.collection("coastal")
    text = ada_client.get(HOME, {"q": "ALP"}).content.decode()
    assert "The alpine" in text
    assert "The coastal" not in text
    assert "No collection has these words" in ada_client.get(HOME, {"q": "zzz"}).content.decode()


WORDS = [
    ("glac", ["ice"]),
    ("glaciers polar", ["ice"]),
    ("POLÁR glac", ["ice"]),
    ("agency of wat", ["ice", "sand"]),
    ("lpin", ["alpine"]),
    ("dunes OR glaciers", ["ice", "sand"]),
    ("-glaciers", ["alpine", "sand"]),
    ('"polar glac', ["ice"]),
    ("polar (", ["ice"]),
    ("½ !!", []),
    ("glaciers dunes", []),
]


@pytest.mark.parametrize(("words", "expected"), WORDS)
def test_searching_by_words(in_acme, ada_client, words, expected):
    water = [{"name": "Agency of Waters"}]
    catalog.collection("ice", description="Glaciers.", keywords=["polar"], providers=water)
    catalog.collection("sand", description="Dunes.", providers=water)
    catalog.collection("alpine")
    text = ada_client.get(HOME, {"q": words}).content.decode()
    assert [id for id in ("alpine", "ice", "sand") if f"The {id}" in text] == expected


def test_searching_swaps_the_list_alone(in_acme, ada_client):
    catalog.collection("alpine")
    text = ada_client.get(HOME, {"q": "alp"}, headers={"HX-Target": "section#found"}).content
    assert text.strip().startswith(b'<section id="found"')
    assert b"<html" not in text


@pytest.mark.parametrize("query", ["?q=%00%25_", "?page=rubbish", "?page=", "?q=" + "x" * 5000])
def test_odd_addresses_are_answered(in_acme, ada_client, query):
    assert ada_client.get(HOME + query).status_code == 200


def test_pages_hold_every_collection_once(in_acme, ada_client):
    for number in range(30):
        catalog.collection(f"c{number:02}")
    page = ada_client.get(HOME).context["page"]
    following = ada_client.get(HOME + page.next).context["page"]
    back = ada_client.get(HOME + following.previous).context["page"]
    ids = [row.pk for row in [*page.rows, *following.rows]]
    assert sorted(ids) == [f"c{number:02}" for number in range(30)]
    assert [row.pk for row in back.rows] == [row.pk for row in page.rows]


def test_the_newest_picture_stands_for_the_collection(in_acme, bucket, ada_client):
    scenes = catalog.collection()
    catalog.item(scenes, "old", held=[catalog.picture("red")])
    catalog.item(scenes, "new", held=[catalog.picture("blue")])
    catalog.item(scenes, "bare")
    text = ada_client.get(HOME).content.decode()
    assert 'src="/o/acme/stac/collections/scenes/items/new/assets/thumbnail"' in text


def test_the_checklist_tells_the_truth_and_can_be_put_away(in_acme, ada_client, ben_client):
    done = [step.done for step in ada_client.get(HOME).context["steps"]]
    assert done == [False, False, False, False]
    catalog.item(catalog.collection(), "a")
    done = [step.done for step in ada_client.get(HOME).context["steps"]]
    assert done == [True, True, False, False]
    assert ben_client.get(HOME).context["steps"] == []
    assert ada_client.post(HOME).status_code == 302
    assert ada_client.get(HOME).context["steps"] == []


def test_markup_in_a_description_is_text(in_acme, sign_in):
    catalog.collection(
        title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>"
    )
    text = sign_in().get(HOME).content.decode()
    assert "<script>alert" not in text
    assert "onerror=alert(1)>" not in text


def test_a_thousand_items_ask_no_more_of_the_database(
    in_acme, sign_in, django_assert_max_num_queries
):
    for number in range(12):
        scenes = catalog.collection(f"c{number}")
    features = [documents.item(f"i{n}") for n in range(1100)]
    bulk.create_items(scenes, features)
    with django_assert_max_num_queries(6):
        text = sign_in().get(HOME).content.decode()
    assert "1,100 items" in text
