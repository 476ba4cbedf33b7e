"""Map tiles: what a search finds, drawn; a grid of counts where that is too much."""

from collections import Counter

import mapbox_vector_tile
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory, force_authenticate

from catalogs.stac import tiles, transactions
from catalogs.stac.boxes import Box, shape
from catalogs.stac.models import Collection, Item
from catalogs.stac.views import Tile
from tests.stac import documents
from tests.stac.test_sight import EVERY, Asker

WORLD = "tiles/WebMercatorQuad/0/0/0"
TYPE = "application/vnd.mapbox-vector-tile"


def layer(answer, name="footprints"):
    """The features of a layer, decoded; y runs down, as it is sent."""
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == TYPE
    decoded = mapbox_vector_tile.decode(
        answer.content, default_options={"y_coord_down": True, "geojson": False}
    )
    assert list(decoded) == [name]
    assert decoded[name]["extent"] == 4096
    return decoded[name]["features"]


def drawn(client, path=WORLD, **query):
    return sorted(each["properties"]["id"] for each in layer(client(path, **query)))


@pytest.fixture
def both(inside):
    """A public and a private collection, an item in each, and one that is nowhere."""
    for name, visibility, west in (("open", "public", 10), ("secret", "members", 12)):
        made = transactions.create_collection(
            documents.collection(name), Collection.Visibility(visibility)
        )
        cloud = {"eo:cloud_cover": west}
        document = documents.item(f"of-{name}", west=west, properties=cloud)
        transactions.create_item(made, document)
        transactions.create_item(made, documents.nowhere(f"nowhere-{name}"))


def test_it_works(reader, both):
    answer = reader(WORLD)
    [first, second] = sorted(layer(answer), key=lambda each: each["properties"]["id"])
    assert first["properties"] == {"collection": "open", "id": "of-open"}
    assert second["properties"] == {"collection": "secret", "id": "of-secret"}
    [ring] = first["geometry"]["coordinates"]
    # 10 to 11 degrees east, 50 to 51 north, of 4096 units across the Earth.
    assert {x for x, _ in ring} == {2162, 2173}
    assert 1340 < min(y for _, y in ring) < max(y for _, y in ring) < 1390


def test_a_deep_tile_is_cut_to_its_buffer(reader, both):
    # z 10: 0.35 degrees across, all of it within the item.
    [feature] = layer(reader("tiles/WebMercatorQuad/10/344/541"))
    [ring] = feature["geometry"]["coordinates"]
    assert {number for at in ring for number in at} == {-64, 4160}


QUERIES = [
    {},
    {"bbox": "9.5,50,10.5,51"},
    {"datetime": "2020-01-01T00:00:00Z"},
    {"datetime": "2021-01-01T00:00:00Z/.."},
    {"collections": "open"},
    {"collections": "secret,absent"},
    {"ids": "of-open,of-secret"},
    {"ids": ""},
    {"filter": "eo:cloud_cover > 11"},
    {"filter": '{"op":"<","args":[{"property":"eo:cloud_cover"},11]}', "filter-lang": "cql2-json"},
    {"query": '{"eo:cloud_cover":{"lt":11}}'},
    {"q": "open"},
    {"intersects": '{"type":"Point","coordinates":[12.5,50.5]}'},
]


@pytest.mark.parametrize("query", QUERIES)
def test_it_draws_what_a_search_finds(reader, stranger, both, query):
    for client in (reader, stranger):
        found = {id for id in client.ids(**query) if not id.startswith("nowhere")}
        assert drawn(client, **query) == sorted(found)


@pytest.mark.parametrize("query", QUERIES)
def test_a_stranger_sees_no_trace_of_what_is_private(stranger, both, query):
    before = stranger(WORLD, **query)
    transactions.create_item(Collection.objects.get(pk="secret"), documents.item("another"))
    after = stranger(WORLD, **query)
    assert after["ETag"] == before["ETag"]
    assert after.content == before.content
    assert b"secret" not in after.content


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("tiles/WebMercatorQuad/25/0/0", {}),
        ("tiles/WebMercatorQuad/0/1/0", {}),
        ("tiles/WebMercatorQuad/3/0/8", {}),
        (f"tiles/WebMercatorQuad/{10**30}/0/0", {}),
        (f"tiles/WebMercatorQuad/1/0/{10**30}", {}),
        (WORLD, {"bbox": "1,2,3"}),
        (WORLD, {"limit": "1"}),
        (WORLD, {"token": "x"}),
        (WORLD, {"sortby": "id"}),
        (WORLD, {"f": "json"}),
        (WORLD, {"filter": "eo:cloud_cover <"}),
        (WORLD, {"collections": "a\x00b"}),
    ],
)
def test_what_is_wrong_is_refused(reader, path, query):
    answer = reader(path, **query)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["-1/0/0", "0/0/0.5", "0/0", "a/b/c", "0/0/0/0", f"0/0/{'9' * 5000}"]
)
def test_what_is_no_tile_is_not_there(reader, path):
    assert reader(f"tiles/WebMercatorQuad/{path}").status_code == 404


def test_it_is_read_only(stac, both):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert stac(WORLD, method, {}).status_code == 405
    head = stac(WORLD, "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_where_nothing_lies_there_is_no_content(reader, both):
    answer = reader("tiles/WebMercatorQuad/3/7/0")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer


def test_a_version_that_is_known_is_not_sent_again(stac, stranger, both):
    for client, control in ((stac, "private, no-cache"), (stranger, "no-cache")):
        first = client(WORLD)
        assert first["Cache-Control"] == control
        assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
        again = client(WORLD, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == control
    assert stac(WORLD)["ETag"] != stranger(WORLD)["ETag"]
    assert stac(WORLD)["ETag"] != stac(WORLD, collections="open")["ETag"]


def test_what_many_look_at_is_drawn_once(stac, stranger, both):
    def draws(client):
        with CaptureQueriesContext(connection) as captured:
            drawn(client)
        return sum("ST_AsMVT" in each["sql"] for each in captured)

    assert [draws(client) for client in (stac, stac, stranger, stranger)] == [1, 0, 1, 0]
    transactions.create_item(Collection.objects.get(pk="open"), documents.item("new"))
    assert drawn(stranger) == ["new", "of-open"]


def test_only_so_many_are_kept():
    kept = tiles.Drawn(3 * (10 + tiles.ENTRY))
    for version in ("a", "b", "c", "a", "d"):
        assert kept.get(version, lambda: bytes(10)) == bytes(10)
    assert list(kept.tiles) == ["c", "a", "d"]
    for number in range(20):
        kept.get(str(number), bytes)
    assert kept.size == len(kept.tiles) * tiles.ENTRY <= kept.most


def test_every_write_of_an_item_makes_another_version(stac, both):
    seen = [stac(WORLD)["ETag"]]

    def write(*asked, **more):
        assert stac(*asked, **more).status_code in (200, 201, 204)
        seen.append(stac(WORLD)["ETag"])

    item = "collections/open/items/new"
    write("collections/open/items", "POST", documents.item("new"))
    write(item, "PUT", documents.item("new", west=30))
    write(item, "PATCH", {"geometry": documents.square(31, 50), "bbox": [31, 50, 32, 51]})
    write(item, "DELETE")
    many = {"type": "FeatureCollection", "features": [documents.item(n) for n in ("a", "b")]}
    write("collections/open/items", "POST", many)
    write("collections/open?cascade=true", "DELETE")
    assert len(set(seen)) == len(seen)


def test_who_was_given_some_items_sees_them_as_they_are_now(both):
    """No collection tells such an asker what has changed, so nothing is told to be the same."""
    given = Asker(EVERY, only_items={"ids": ["of-secret", "another"]})

    def ask():
        request = APIRequestFactory().get("/", headers={"If-None-Match": "*"})
        force_authenticate(request, given)
        return Tile.as_view()(request, tileMatrix=0, tileRow=0, tileCol=0)

    assert [each["properties"]["id"] for each in layer(ask())] == ["of-secret"]
    transactions.create_item(Collection.objects.get(pk="secret"), documents.item("another"))
    assert len(layer(ask())) == 2
    assert "ETag" not in ask().headers


def test_it_goes_compressed_where_that_pays(stac, both):
    home = Collection.objects.get(pk="open")
    for number in range(60):
        transactions.create_item(home, documents.item(f"item-{number}", west=number))
    plain, packed = stac(WORLD), stac(WORLD, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert "Content-Encoding" not in stac(
        "tiles/WebMercatorQuad/10/344/541", headers={"Accept-Encoding": "gzip"}
    )


def place(home, id, *box, **more):
    """An item whose footprint is a box; west > east crosses the antimeridian."""
    where = Box(*box)
    item = Item(collection=home, stac_id=id, body="{}", properties={}, geometry=shape(where))
    item.box = where
    return item


@pytest.fixture
def home(inside):
    return transactions.create_collection(documents.collection(), Collection.Visibility.PUBLIC)


# At the ends of the map: the box, and from where to where it reaches on the world's tile.
ENDS = {
    "fiji": ((174, -22, -174, -13), (-64, 4160), (2196, 2306)),
    "arctic": ((-180, 80, 180, 90), (-64, 4160), (-64, 460)),
    "antarctic": ((-180, -90, 180, -60), (-64, 4160), (2900, 4160)),
    "across": ((-180, -90, 180, 90), (-64, 4160), (-64, 4160)),
}


def test_the_ends_of_the_map(stranger, home):
    Item.objects.bulk_create(place(home, id, *box) for id, (box, _, _) in ENDS.items())
    Item.objects.bulk_create([place(home, "pole", 0, 86, 10, 90)])
    found = {each["properties"]["id"]: each["geometry"] for each in layer(stranger(WORLD))}
    assert found.keys() == ENDS.keys()  # beyond 85 degrees there is no map
    for id, (_, across, down) in ENDS.items():
        polygons = found[id]["coordinates"]
        rings = [ring for one in (polygons if id == "fiji" else [polygons]) for ring in one]
        places = [at for ring in rings for at in ring]
        for number, (low, high) in enumerate((across, down)):
            reached = sorted(at[number] for at in places)
            assert low <= reached[0] <= low + 70, (id, number, reached)
            assert high - 70 <= reached[-1] <= high, (id, number, reached)
    west, east = ("tiles/WebMercatorQuad/5/17/0", "tiles/WebMercatorQuad/5/17/31")
    assert "fiji" in drawn(stranger, west)
    assert "fiji" in drawn(stranger, east)
    assert "fiji" not in drawn(stranger, "tiles/WebMercatorQuad/5/17/16")


def test_what_is_too_small_to_be_seen_is_a_point(stranger, home):
    Item.objects.bulk_create([place(home, "small", 10, 50, 10.01, 50.01)])
    assert [each["geometry"]["type"] for each in layer(stranger(WORLD))] == ["Point"]
    deep = stranger("tiles/WebMercatorQuad/12/1389/2161")
    assert [each["geometry"]["type"] for each in layer(deep)] == ["Polygon"]


def test_a_long_outline_has_no_more_corners_than_are_seen(stranger, home):
    ring = [[n / 100, n * n / 40_000] for n in range(1_000)]
    outline = {"type": "Polygon", "coordinates": [[*ring, [0, 30], [0, 0]]]}
    document = documents.item(geometry=outline, bbox=[0, 0, 10, 30])
    transactions.create_item(home, document)
    [feature] = layer(stranger(WORLD))
    assert len(feature["geometry"]["coordinates"][0]) < 20


@pytest.fixture
def few(monkeypatch):
    """Bounds that a test can pass; and nothing is kept of what it writes past our own verbs."""
    monkeypatch.setattr(tiles, "drawn", tiles.Drawn(0))
    monkeypatch.setattr(tiles, "MOST_DRAWN", 3)
    monkeypatch.setattr(tiles, "MOST_COUNTED", 10)


def grid(answer):
    """The count of each cell, by its place."""
    cells = {}
    for each in layer(answer, "cells"):
        [ring] = each["geometry"]["coordinates"]
        x, y = min(at[0] for at in ring), min(at[1] for at in ring)
        assert max(at[0] for at in ring) == x + 128
        assert each["properties"].keys() == {"count", "estimated"}
        cells[x // 128, y // 128] = each["properties"]["count"]
    return cells


BOXES = [  # on the world's tile a cell is 11.25 degrees wide
    ((1, 1, 2, 2), [(16, 15)]),
    ((1, 1, 13, 2), [(16, 15), (17, 15)]),
    ((1, 1, 13, 13), [(16, 15), (17, 15), (16, 14), (17, 14)]),
    ((0, 0, 11.25, 1), [(16, 15)]),
    ((179, 1, -179, 2), [(31, 15), (0, 15)]),
    ((0, 86, 10, 90), []),
    ((180, 1, 180, 1), [(31, 15)]),
    ((-180, -90, 180, -80), [(x, y) for x in range(32) for y in (28, 29, 30, 31)]),
]


def test_too_many_are_counted_by_cells(stranger, home, few):
    Item.objects.bulk_create(place(home, str(n), *box) for n, (box, _) in enumerate(BOXES))
    touched = Counter(cell for _, cells in BOXES for cell in cells)
    assert grid(stranger(WORLD)) == touched


def test_the_cap_is_where_it_says(stranger, home, few):
    Item.objects.bulk_create(place(home, str(n), n, 1, n + 1, 2) for n in range(3))
    assert len(layer(stranger(WORLD))) == 3
    Item.objects.bulk_create([place(home, "3", 3, 1, 4, 2)])
    assert grid(stranger(WORLD)) == {(16, 15): 4}
    assert drawn(stranger, ids="1,3") == ["1", "3"]


def test_cells_count_what_may_be_seen(stac, stranger, home, few):
    secret = transactions.create_collection(documents.collection("secret"))
    for into, many in ((home, 4), (secret, 5)):
        Item.objects.bulk_create(place(into, str(n), 1, 1, 2, 2) for n in range(many))
    assert grid(stac(WORLD)) == {(16, 15): 9}
    assert grid(stranger(WORLD)) == {(16, 15): 4}
    assert layer(stranger(WORLD, collections="secret")) == []


def test_very_many_are_estimated_from_a_sample(stranger, home, few, monkeypatch):
    """Of the pages; where the sample is the whole table, the counts are exact."""
    Item.objects.bulk_create(place(home, str(n), 1, 1, 2, 2) for n in range(3_000))
    assert grid(stranger(WORLD)) == {(16, 15): 3_000}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('stac_item') / 8192")
        [pages] = cursor.fetchone()
    monkeypatch.setattr(tiles, "SAMPLED", pages // 2)
    [cell] = layer(stranger(WORLD), "cells")
    assert cell["properties"]["estimated"] is True
    assert 2_000 < cell["properties"]["count"] < 4_000
