"""The map page, the tiles that it draws, and what lies at one point."""

import json

import mapbox_vector_tile
import pytest

from catalogs.stac.boxes import WORLD, shape
from catalogs.stac.models import Item
from tests.ui import catalog
from ui.views import map as view

MAP = "/o/acme/map/"
RESULTS = {"HX-Request": "true", "HX-Target": "section#results"}


def ids(answer) -> list[str]:
    return [row.stac_id for row in answer.context["page"].rows]


def drawn(client, answer) -> list[str]:
    """What the page's own tiles show, of the whole world."""
    path, _, query = answer.context["tiles"].partition("?")
    tile = client.get(f"{path}0/0/0?{query}")
    assert tile.status_code == 200
    features = mapbox_vector_tile.decode(tile.content)["footprints"]["features"]
    return sorted(each["properties"]["id"] for each in features)


def featured(answer) -> list[str]:
    return [each["id"].partition("/")[2] for each in answer.context["features"]["features"]]


@pytest.fixture
def scenes(in_acme):
    scenes = catalog.collection()
    catalog.item(scenes, "alps", (5, 43, 17, 49), datetime="2024-01-15T00:00:00Z")
    catalog.item(scenes, "fiji", (174, -22, -174, -13), datetime="2024-06-15T00:00:00Z")
    others = catalog.collection("others", "members")
    catalog.item(others, "secret", (6, 44, 16, 48), datetime="2024-01-31T23:30:00Z")
    return scenes


def test_it_works(scenes, ada_client):
    answer = ada_client.get(MAP)
    assert ids(answer) == ["fiji", "secret", "alps"]
    text = answer.content.decode()
    assert "3 items" in text
    assert 'data-tiles="/o/acme/stac/tiles/WebMercatorQuad/"' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bbox=0,40,20,50", ["secret", "alps"]),
        ("bbox=0&bbox=40&bbox=20&bbox=50", ["secret", "alps"]),
        ("bbox=170,-30,-170,0", ["fiji"]),
        ("bbox=-179,-20,-175,-14", ["fiji"]),
        ("datetime=2024-01-31/2024-01-31", ["secret"]),
        ("datetime=2024-01-16&datetime=", ["fiji", "secret"]),
        ("datetime=../2024-01-31", ["secret", "alps"]),
        ("collections=others", ["secret"]),
        ("collections=others&collections=scenes", ["fiji", "secret", "alps"]),
        ("collections=scenes&bbox=0,40,20,50&datetime=2024-01-01/2024-12-31", ["alps"]),
    ],
)
def test_the_address_says_what_is_searched(scenes, ada_client, query, found):
    answer = ada_client.get(f"{MAP}?{query}")
    assert ids(answer) == featured(answer) == found
    beyond = ada_client.get(f"{MAP}?{query}&move=off")
    assert drawn(ada_client, beyond) == sorted(found)


def test_where_the_list_follows_the_map_more_is_drawn_than_listed(scenes, ada_client):
    answer = ada_client.get(f"{MAP}?bbox=170,-30,-170,0&collections=scenes")
    assert ids(answer) == ["fiji"]
    assert drawn(ada_client, answer) == ["alps", "fiji"]


@pytest.mark.parametrize(
    "query",
    [
        *("bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,0,1,1", "bbox=0,50,10,40", "bbox=0,0,1e400,1"),
        *(
            "bbox=999,0,1,1",
            "datetime=yesterday",
            "datetime=2024-13-01/..",
        ),
        *("datetime=9999-12-31/..", "datetime=0001-01-01", "datetime=/", "datetime=a/b/c"),
        *("collections=%00", "collections=absent", "at=x", "at=1", "at=1,2,99", "at=400,0"),
        *("move=%F0%9F%98%80", "page=rubbish", "tab=none", "unknown=1", "bbox=" + "1," * 9999),
    ],
)
def test_what_makes_no_sense_is_left_out(scenes, ada_client, query):
    for page in ("", "pick"):
        assert ada_client.get(f"{MAP}{page}?{query}").status_code == 200
    assert len(ids(ada_client.get(f"{MAP}?{query}"))) == 3


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("bbox=a,b", "the box “a,b”."),
        ("bbox=1&bbox=2&bbox=&bbox=4", "the box “1,2,,4”."),
        ("datetime=2024-01-01/soon&at=x", "the dates “2024-01-01/soon”, the point “x”."),
        ("collections=absent&collections=%00", "the collection “absent”."),
        ("bbox=" + "1," * 9999, "1,1,…”."),
    ],
)
def test_what_was_left_out_is_said(scenes, ada_client, query, said):
    assert said in ada_client.get(f"{MAP}?{query}").text


@pytest.mark.parametrize(
    "query", ["", "bbox=&bbox=&bbox=&datetime=&datetime=&at=", "datetime=2024-01-01/..", "at=1,2"]
)
def test_nothing_is_said_of_what_was_understood(scenes, ada_client, query):
    assert "left out" not in ada_client.get(f"{MAP}?{query}").text


def test_the_list_names_collections_by_their_title(scenes, ada_client):
    assert ">The scenes</p>" in ada_client.get(MAP).text


def test_strangers_see_what_is_public(scenes, sign_in, oda):
    for client in (sign_in(), sign_in(oda)):
        answer = client.get(MAP, {"collections": "others"})
        assert "secret" not in ids(answer)
        assert "The others" not in answer.text
        assert drawn(client, client.get(MAP)) == ["alps", "fiji"]
        assert "secret" not in client.get(f"{MAP}pick", {"at": "10,46"}).content.decode()


def test_the_list_alone_comes_with_its_short_address(scenes, ada_client):
    query = "at=&datetime=&datetime=&move=off&move=on&bbox=0&bbox=40&bbox=20&bbox=50&tab=map"
    answer = ada_client.get(f"{MAP}?{query}", headers=RESULTS)
    assert answer.content.strip().startswith(b'<section id="results"')
    assert answer["HX-Push-Url"] == "/o/acme/map/?bbox=0,40,20,50"


def test_the_short_address_finds_the_same(scenes, ada_client):
    query = (
        "collections=others&collections=scenes&datetime=2024-01-01&datetime=2024-02-01&move=off"
        "&bbox=0&bbox=40&bbox=20&bbox=50&at=10,46&tab=list"
    )
    answer = ada_client.get(f"{MAP}?{query}", headers=RESULTS)
    cold = ada_client.get(answer["HX-Push-Url"])
    assert ids(cold) == ids(answer) == ["secret", "alps"]
    assert cold.context["search"] == answer.context["search"]
    assert cold.context["search"].query == answer["HX-Push-Url"].partition("?")[2]
    assert [label for label, _ in cold.context["chips"]] == [
        "The others",
        "The scenes",
        "1 Jan to 1 Feb 2024",
        "In the box",
    ]


def test_a_chip_takes_one_filter_away(scenes, ada_client):
    answer = ada_client.get(f"{MAP}?collections=others&datetime=2024-01-01/2024-02-01")
    without = dict(answer.context["chips"])
    assert ids(ada_client.get(f"{MAP}?{without['The others']}")) == ["secret", "alps"]


def test_the_api_finds_the_same(scenes, ada_client):
    answer = ada_client.get(f"{MAP}?collections=scenes&bbox=0,40,20,50&datetime=2024-01-15/..")
    found = ada_client.get(answer.context["api"]).json()
    assert [feature["id"] for feature in found["features"]] == ids(answer) == ["alps"]


def test_everything_at_one_point(scenes, ada_client):
    for number in range(4):
        catalog.item(scenes, f"again{number}", (5, 43, 17, 49))
    answer = ada_client.get(f"{MAP}pick?at=10,46", headers={"HX-Request": "true"})
    assert answer.content.decode().count("data-item=") == 6
    assert "6 items here" in answer.content.decode()
    assert answer["HX-Push-Url"] == "/o/acme/map/?at=10,46"
    nothing = ada_client.get(f"{MAP}pick?at=100,0", headers={"HX-Request": "true"})
    assert "Nothing here" in nothing.content.decode()


def test_a_point_at_180_degrees(scenes, ada_client):
    for at in ("179,-17", "-179,-17"):
        answer = ada_client.get(f"{MAP}pick?at={at}&collections=scenes")
        assert [row.stac_id for row in answer.context["picked"].rows] == ["fiji"]


def test_picking_without_scripts_is_a_page(scenes, ada_client):
    text = ada_client.get(f"{MAP}pick?at=10,46").content.decode()
    assert "<html" in text
    assert "alps" in text


def test_a_click_means_what_lies_a_few_pixels_away(scenes, ada_client):
    for at, found in (
        ("17.5,46,3", ["alps"]),  # half a degree is three pixels
        ("17.5,46,6", []),
        ("17.5,46", []),
        ("-173.5,-17,3", ["fiji"]),
        ("173.95,-17,6", ["fiji"]),
        ("180,-17,20", ["fiji"]),
    ):
        answer = ada_client.get(f"{MAP}pick?at={at}")
        assert sorted(row.stac_id for row in answer.context["picked"].rows) == sorted(found), at


def test_what_was_picked_goes_on_by_pages(scenes, ada_client, monkeypatch):
    monkeypatch.setattr(view, "PICKED", 3)
    for number in range(5):
        catalog.item(scenes, f"again{number}", (5, 43, 17, 49))
    seen, asked = [], "?at=10,46,5&collections=scenes"
    while asked:
        answer = ada_client.get(f"{MAP}pick{asked}", headers={"HX-Request": "true"})
        page = answer.context["picked"]
        assert len(page.rows) <= 3
        assert f"{len(page.rows)} of the items here" in answer.text
        assert ada_client.get(answer["HX-Push-Url"]).context["picked"].rows == page.rows
        seen += [row.stac_id for row in page.rows]
        asked = page.next
    assert seen == ["again0", "again1", "again2", "again3", "again4", "alps"]


def test_what_is_listed_is_geojson_of_few_corners(scenes, ada_client):
    made = catalog.document("round", (0, 0, 1, 1))
    ring = [[n / 1000, (n / 1000) ** 2] for n in range(1000)]
    made["geometry"] = {"type": "Polygon", "coordinates": [[*ring, [0, 1], ring[0]]]}
    made["bbox"] = [0, 0, 1, 1]
    catalog.transactions.create_item(scenes, made)
    found = ada_client.get(f"{MAP}?bbox=-180,-90,180,90").context["features"]
    [feature] = [f for f in found["features"] if f["id"] == "scenes/round"]
    assert len(feature["geometry"]["coordinates"][0]) < 30
    assert feature["properties"]["href"] == "/o/acme/collections/scenes/items/round/"
    assert len(json.dumps(feature)) < 2000


def test_a_thousand_items_ask_no_more_of_the_database(
    scenes, sign_in, django_assert_max_num_queries
):
    Item.objects.bulk_create(
        Item(collection=scenes, stac_id=f"i{n}", body="{}", properties={}, geometry=shape(WORLD))
        for n in range(1000)
    )
    # Each statement comes with one that names the schema.
    for page, queries in (("", 8), ("pick?at=1,1", 4)):
        with django_assert_max_num_queries(queries):
            assert sign_in().get(MAP + page).status_code == 200


def test_what_members_see_stays_in_no_cache(scenes, sign_in, ada):
    for page in ("", "pick?at=1,1"):
        assert sign_in(ada).get(MAP + page)["Cache-Control"] == "no-store"
