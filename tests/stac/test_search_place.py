"""Where: boxes, shapes, the antimeridian, the poles, elevations, null geometry."""

import json

import pytest

from tests.stac import documents

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
)

# Crosses the antimeridian: cut by its author, or drawn across.
FIJI_CUT = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[177, -20], [180, -20], [180, -15], [177, -15], [177, -20]]],
        [[[-180, -20], [-178, -20], [-178, -15], [-180, -15], [-180, -20]]],
    ],
}
FIJI_ACROSS = {
    "type": "Polygon",
    "coordinates": [[[177, -20], [-178, -20], [-178, -15], [177, -15], [177, -20]]],
}
POLE = {
    "type": "Polygon",
    "coordinates": [[[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]],
}
ITEMS = {
    "berlin": documents.item("berlin", west=13, south=52),
    "fiji-cut": documents.item("fiji-cut", geometry=FIJI_CUT, bbox=[177, -20, -178, -15]),
    "fiji-across": documents.item("fiji-across", geometry=FIJI_ACROSS, bbox=[177, -20, -178, -15]),
    "pole": documents.item("pole", geometry=POLE, bbox=[-180, 80, 180, 90]),
    "world": documents.item(
        "world",
        geometry={"type": "Polygon", "coordinates": [
            [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]},
        bbox=[-180, -90, 180, 90],
        properties={"datetime": "2010-01-01T00:00:00Z"},
    ),
    "high": documents.item(
        "high",
        geometry={"type": "Point", "coordinates": [-70, -30, 4000]},
        bbox=[-70, -30, 4000, -70, -30, 4000],
    ),
    "nowhere": documents.nowhere(),
}  # fmt: skip


@pytest.fixture
def placed(stac):
    stac.post("collections", documents.collection())
    for item in ITEMS.values():
        answer = stac.post("collections/c/items", item)
        assert answer.status_code == 201, answer.content
    return stac


@pytest.mark.parametrize("id", ITEMS)
def test_what_was_sent_is_sent_back(placed, id):
    found = placed.get(f"collections/c/items/{id}")
    for member in ("geometry", "bbox"):
        assert found.get(member) == ITEMS[id].get(member)


BOXES = [
    ("12,51,15,54", {"berlin", "world"}),
    ("13,52,13,52", {"berlin", "world"}),  # a point, at its corner
    ("12,52.5,15,52.5", {"berlin", "world"}),  # a line
    ("178,-19,179,-18", {"fiji-cut", "fiji-across", "world"}),
    ("-179.5,-19,-179,-18", {"fiji-cut", "fiji-across", "world"}),
    ("179,-19,-179,-18", {"fiji-cut", "fiji-across", "world"}),  # across
    ("170,50,-170,60", {"world"}),
    ("-170,-19,170,-18", {"world"}),  # the other side of the globe
    ("-60,85,-50,88", {"pole", "world"}),
    ("-71,-31,-69,-29", {"high", "world"}),
    ("-71,-31,0,-69,-29,100", {"world"}),
    ("-71,-31,3000,-69,-29,5000", {"high"}),
    ("-180,-90,180,90", set(ITEMS) - {"nowhere"}),
    ("180,-90,-180,90", {"fiji-cut", "fiji-across", "pole", "world"}),
]


@pytest.mark.parametrize(("box", "expected"), BOXES)
def test_boxes(placed, box, expected):
    assert set(placed.ids(bbox=box)) == expected
    numbers = [float(number) for number in box.split(",")]
    posted = placed("search", "POST", {"bbox": numbers}).json()["features"]
    assert {item["id"] for item in posted} == expected
    listed = placed.get("collections/c/items", bbox=box)["features"]
    assert {item["id"] for item in listed} == expected


def test_null_geometry_is_found_where_no_place_is_asked_for(placed):
    assert "nowhere" in placed.ids()
    assert "nowhere" in placed.ids(datetime="2020-01-01T00:00:00Z")


SHAPES = [
    {"type": "Point", "coordinates": [13.5, 52.5]},
    {"type": "MultiPoint", "coordinates": [[0, 0], [13.5, 52.5, 30]]},
    {"type": "LineString", "coordinates": [[13.5, 52.5], [15, 52.5]]},
    {"type": "MultiLineString", "coordinates": [[[13.5, 52.5], [15, 52.5]]]},
    documents.square(13.2, 52.2, 0.1),
    {"type": "MultiPolygon", "coordinates": [documents.square(13.2, 52.2)["coordinates"]]},
    {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [13.5, 52.5]}, documents.square(14, 53)],
    },
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["type"])
def test_all_kinds_of_shapes_are_searched_by(placed, shape):
    assert set(placed.ids(intersects=json.dumps(shape))) == {"berlin", "world"}


@pytest.mark.parametrize("shape", SHAPES[:-1], ids=lambda shape: shape["type"])
def test_all_kinds_of_shapes_are_stored(placed, shape):
    item = documents.item("new", geometry=shape, bbox=[13, 52, 15, 53])
    answer = placed.post("collections/c/items", item)
    assert answer.status_code == 201, answer.content
    assert answer.json()["geometry"] == shape
    assert "new" in placed.ids(bbox="13,52,15,53")


def test_a_collection_of_geometries_is_no_footprint(placed):
    answer = placed.post("collections/c/items", documents.item("new", geometry=SHAPES[-1]))
    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/geometry/type"


def test_a_shape_across_the_antimeridian(placed):
    across = ring([177, -20], [-178, -19], [-178, -15], [177, -15], [177, -20])
    found = placed.ids(intersects=json.dumps(across))
    assert set(found) == {"fiji-cut", "fiji-across", "world"}


def test_a_wide_box_is_as_wide_as_it_looks(placed):
    wide = ring([-170, -60], [170, -60], [170, 60], [-170, 60], [-170, -60])
    assert set(placed.ids(intersects=json.dumps(wide))) == {"berlin", "high", "world"}


def ring(*positions):
    return {"type": "Polygon", "coordinates": [list(positions)]}


WRONG = {
    "not closed": ring([0, 0], [1, 0], [1, 1], [0, 1]),
    "too short": ring([0, 0], [1, 0], [0, 0]),
    "off the globe": {"type": "Point", "coordinates": [400, 0]},
    "latitude first": {"type": "Point", "coordinates": [0, 100]},
    "one number": {"type": "Point", "coordinates": [1]},
    "five numbers": {"type": "Point", "coordinates": [1, 1, 1, 1, 1]},
    "text": {"type": "Point", "coordinates": ["1", "2"]},
    "true": {"type": "Point", "coordinates": [True, False]},
    "null": {"type": "Point", "coordinates": [None, None]},
    "a point's coordinates": {"type": "Polygon", "coordinates": [1, 2]},
    "deep": {"type": "Point", "coordinates": [[1, 2]]},
    "empty": {"type": "Polygon", "coordinates": []},
    "no coordinates": {"type": "Polygon"},
    "unknown": {"type": "Circle", "coordinates": [0, 0]},
    "type is a list": {"type": ["Point"], "coordinates": [0, 0]},
    "no object": [1, 2],
    "one in another": {
        "type": "GeometryCollection",
        "geometries": [{"type": "GeometryCollection", "geometries": []}],
    },
    "nothing collected": {"type": "GeometryCollection", "geometries": []},
    "too many": {"type": "MultiPoint", "coordinates": [[0, 0]] * 50_001},
}


@pytest.mark.parametrize("shape", WRONG.values(), ids=WRONG)
def test_wrong_shapes_are_refused_with_their_place(placed, shape):
    searched = placed("search", "POST", {"intersects": shape})
    written = placed.post("collections/c/items", documents.item("new", geometry=shape))
    assert (searched.status_code, written.status_code) == (400, 400)
    assert searched.json()["pointer"].startswith("/intersects")
    assert written.json()["pointer"].startswith("/geometry")


BEYOND = [
    ring([170, 0], [190, 0], [190, 10], [170, 10], [170, 0]),
    ring([-190, 0], [-170, 0], [-170, 10], [-190, 10], [-190, 0]),
    ring([0, 0], [360, 0], [360, 10], [0, 10], [0, 0]),
    {"type": "LineString", "coordinates": [[170, 5], [190, 5]]},
    {"type": "MultiPoint", "coordinates": [[175, 5], [185, 5]]},
]


@pytest.mark.parametrize("shape", BEYOND)
def test_longitudes_that_go_on_beyond_180_are_on_the_other_side(placed, shape):
    item = documents.item("beyond", geometry=shape, bbox=[170, 0, -170, 10])
    assert placed.post("collections/c/items", item).json()["geometry"] == shape
    assert "beyond" in placed.ids(bbox="-176,4,-174,6")
    assert "beyond" in placed.ids(bbox="174,4,176,6")
    assert ("beyond" in placed.ids(bbox="-10,0,10,10")) == (shape == BEYOND[2])
    assert placed("search", "POST", {"intersects": shape}).status_code == 400


BOW_TIE = ring([0, 0], [2, 2], [2, 0], [0, 2], [0, 0])


def test_a_shape_that_crosses_itself_is_no_question_but_may_be_stored(placed):
    answer = placed("search", "POST", {"intersects": BOW_TIE})
    assert answer.status_code == 400
    assert "Self-intersection" in answer.json()["description"]
    item = documents.item("tie", geometry=BOW_TIE, bbox=[0, 0, 2, 2])
    assert placed.post("collections/c/items", item).json()["geometry"] == BOW_TIE
    assert "tie" in placed.ids(bbox="0.1,0.9,0.2,1.1")


def test_a_question_may_have_fewer_vertices_than_an_item(placed):
    many = {"type": "MultiPoint", "coordinates": [[0, 0]] * 5_001}
    assert placed("search", "POST", {"intersects": many}).status_code == 400
    item = documents.item("many", geometry=many, bbox=[0, 0, 0, 0])
    assert placed.post("collections/c/items", item).status_code == 201


def test_a_box_by_post_is_a_list(placed):
    assert placed.post("search", {"bbox": "13,52,14,53"}).status_code == 400
    assert placed.get("search", bbox="13,52,14,53")["features"]
