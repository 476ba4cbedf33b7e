"""The rules that servers of this kind break most often, one line each: what is asked, what must
be answered. Each has more tests beside its endpoint; here they stand together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.stac import documents
from tests.stac.client import StacClient, link

Answer = Any
SHAPES = {
    "Point": [10.5, 50.5],
    "MultiPoint": [[10.5, 50.5], [0, 0]],
    "LineString": [[10, 50], [11, 51]],
    "MultiLineString": [[[10, 50], [11, 51]]],
    "Polygon": documents.square(10, 50)["coordinates"],
    "MultiPolygon": [documents.square(10, 50)["coordinates"]],
}


@dataclass(frozen=True)
class Ask:
    """One request of one who may write, and its status; `then` looks closer."""

    rule: str
    path: str
    status: int = 200
    method: str = "GET"
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    then: Callable[[Answer], bool] = lambda answer: True


def get(rule: str, path: str, status: int = 200, then: Any = None, **query: Any) -> Ask:
    return Ask(rule, path, status, query=query, then=then or (lambda answer: True))


def search(rule: str, status: int, then: Any = None, **body: Any) -> Ask:
    return Ask(rule, "search", status, "POST", body=body, then=then or (lambda answer: True))


def finds(*ids: str) -> Callable[[Answer], bool]:
    return lambda answer: [each["id"] for each in answer.json()["features"]] == list(ids)


def is_of(media_type: str) -> Callable[[Answer], bool]:
    return lambda answer: answer["Content-Type"].startswith(media_type)


def has_link(rel: str, **members: Any) -> Callable[[Answer], bool]:
    def check(answer: Answer) -> bool:
        found = link(answer.json(), rel)
        return found is not None and members.items() <= found.items()

    return check


def lacks_link(*rels: str) -> Callable[[Answer], bool]:
    return lambda answer: all(link(answer.json(), rel) is None for rel in rels)


def is_problem(answer: Answer) -> bool:
    problem = answer.json()
    return answer["Content-Type"] == "application/problem+json" and all(
        problem[name] for name in ("code", "description", "title", "status", "detail")
    )


def exposes(answer: Answer) -> bool:
    exposed = answer["Access-Control-Expose-Headers"]
    return answer["Access-Control-Allow-Origin"] == "*" and all(
        name in exposed for name in ("ETag", "Location", "Link", "Retry-After", "Allow")
    )


ITEM = "collections/c/items/there"
NEW = documents.item("new")
READS = (
    get("1 unknown parameter", "search", 400, colour="red"),
    get("1 unknown parameter", "collections", 400, colour="red"),
    get("1 unknown parameter", "collections/c/items", 400, colour="red"),
    get("1 invalid parameter", "search", 400, is_problem, bbox="a"),
    *(get("2 a large limit is cut", "search", 200, limit=n) for n in (10_000, 1_000_000)),
    *(get("2 a wrong limit", "search", 400, limit=n) for n in (0, -1, "ten", "", "1.5")),
    get("3 six numbers", "search", 200, finds("there"), bbox="10,50,-1,11,51,1"),
    get("3 above what is flat", "search", 200, finds("nowhen"), bbox="59,59,5,61,61,9"),
    get("3 a point is a box", "search", 200, finds("there"), bbox="10.5,50.5,10.5,50.5"),
    get("4 over the antimeridian", "search", 200, finds("over"), bbox="170,-30,-170,30"),
    search("5 bbox and intersects", 400, bbox=[0, 0, 1, 1], intersects=documents.square(0, 0)),
    *(get("5 wrong boxes", "search", 400, bbox=b) for b in ("", "1,2,3,4,5", "0,5,1,4", "0,0,1")),
    *(
        search(f"6 {kind}", 200, finds("there"), intersects={"type": kind, "coordinates": where})
        for kind, where in SHAPES.items()
    ),
    search(
        "6 GeometryCollection",
        200,
        finds("there"),
        intersects={
            "type": "GeometryCollection",
            "geometries": [{"type": "Point", "coordinates": [10.5, 50.5]}],
        },
    ),
    search("6 no shape", 400, is_problem, intersects={"type": "Polygon", "coordinates": [[0]]}),
    *(
        get("7 times as they may be written", "search", 200, datetime=text)
        for text in (
            "2020-01-01t00:00:00z",
            "2020-01-01T00:00:00.123456789Z",
            "2020-01-01T00:00:00+05:30",
            "2020-01-01T00:00:00Z/..",
            "../2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z/",
            "/2020-01-01T00:00:00Z",
        )
    ),
    *(
        get("7 wrong times", "search", 400, datetime=text)
        for text in (
            "../..",
            "/",
            "2020-01-01T00:00:00",
            "2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "a",
            "",
        )
    ),
    get(
        "7 a range is met, not contained",
        "search",
        200,
        finds("nowhen"),
        datetime="2015-06-01T00:00:00Z",
    ),
    get("8 no geometry, no place asked", "search", 200, finds("nowhere"), ids="nowhere"),
    get("9 ids are joined by and", "search", 200, finds(), ids="there", bbox="0,0,1,1"),
    search("10 next by POST", 200, has_link("next", method="POST", merge=True), limit=1),
    get("11 the last page has no next", "search", 200, lacks_link("next", "prev")),
    get("11 an empty page has no next", "search", 200, lacks_link("next", "prev"), ids="none"),
    get("12 numberReturned", "search", 200, lambda a: a.json()["numberReturned"] == 1, limit=1),
    get("13 a plus that became a space", "search", 200, sortby=" datetime"),
    get(
        "13 absent properties sort last",
        "search",
        200,
        lambda a: a.json()["features"][0]["id"] == "there",
        sortby="-eo:cloud_cover",
    ),
    search("13 sort by POST", 200, sortby=[{"field": "datetime"}]),
    get("14 a field that nobody has", "search", 200, fields="colour"),
    search("14 fields null", 400, fields=None),
    get(
        "15 filter as JSON by GET",
        "search",
        200,
        finds("there"),
        **{"filter-lang": "cql2-json", "filter": '{"op":"=","args":[{"property":"id"},"there"]}'},
    ),
    get("15 names without properties.", "search", 200, finds("there"), filter="eo:cloud_cover = 5"),
    get("15 another crs", "search", 400, **{"filter": "id='a'", "filter-crs": "EPSG:3857"}),
    get("16 BETWEEN", "search", 200, finds("there"), filter="eo:cloud_cover BETWEEN 5 AND 6"),
    get(
        "16 IS NULL",
        "search",
        200,
        lambda a: len(a.json()["features"]) == 3,
        filter="eo:cloud_cover IS NULL",
    ),
    get("16 a percent sign", "search", 200, finds(), filter="id = '%25'"),
    get(
        "17 self is what was asked",
        "search",
        200,
        lambda a: link(a.json(), "self")["href"].endswith("/search?limit=2"),
        limit=2,
    ),
    get("18 types", "search", 200, is_of("application/geo+json")),
    get("18 types", "collections/c/items", 200, is_of("application/geo+json")),
    get("18 types", ITEM, 200, is_of("application/geo+json")),
    get("18 types", "queryables", 200, is_of("application/schema+json")),
    get("18 types", "api", 200, is_of("application/vnd.oai.openapi+json;version=3.0")),
    get("19 an unknown address", "no/such", 404, is_problem),
    Ask("19 an unknown method", "search", 405, "DELETE", then=is_problem),
    Ask("19 not JSON", "search", 400, "POST", body=b"{", then=is_problem),
    Ask(
        "19 another type",
        "search",
        415,
        "POST",
        body=b"<a/>",
        content_type="text/xml",
        then=is_problem,
    ),
    get("20 CORS", "search", 200, exposes),
    Ask("20 CORS", ITEM, 200, "OPTIONS", then=exposes),
    Ask(
        "21 OPTIONS says what may be done",
        ITEM,
        200,
        "OPTIONS",
        then=lambda a: {"GET", "PUT", "PATCH", "DELETE"} <= set(a["Allow"].split(", ")),
    ),
    Ask("21 HEAD", ITEM, 200, "HEAD", then=lambda a: a.content == b""),
    get("23 Vary", ITEM, 200, lambda a: "Authorization" in a["Vary"] and "Accept" in a["Vary"]),
    get("23 not for shared caches", ITEM, 200, lambda a: "private" in a["Cache-Control"]),
    search("24 a long body", 200, ids=[f"id-{n:060}" for n in range(1000)]),
    get("25 a slash in an id", "collections/c/items/a%2Fb", 404),
    get("unknown collection", "collections/none/items", 404, is_problem),
)

WRITES = (
    Ask(
        "POST item",
        "collections/c/items",
        201,
        "POST",
        body=NEW,
        then=lambda a: a["Location"].endswith("/collections/c/items/new"),
    ),
    Ask("POST item again", "collections/c/items", 409, "POST", body=documents.item("there")),
    Ask(
        "POST sets the collection",
        "collections/c/items",
        201,
        "POST",
        body=NEW,
        then=lambda a: a.json()["collection"] == "c",
    ),
    Ask(
        "POST into another collection",
        "collections/c/items",
        400,
        "POST",
        body={**NEW, "collection": "d"},
    ),
    Ask("POST into none", "collections/none/items", 404, "POST", body=NEW),
    Ask(
        "POST many",
        "collections/c/items",
        201,
        "POST",
        body={"type": "FeatureCollection", "features": [NEW, documents.item("newer")]},
        then=lambda a: not a.has_header("Location"),
    ),
    Ask(
        "POST many, one there",
        "collections/c/items",
        409,
        "POST",
        body={"type": "FeatureCollection", "features": [NEW, documents.item("there")]},
    ),
    Ask("PUT what is not there", "collections/c/items/new", 404, "PUT", body=NEW),
    Ask(
        "PUT creates where asked",
        "collections/c/items/new",
        201,
        "PUT",
        body=NEW,
        headers={"If-None-Match": "*"},
    ),
    Ask(
        "PUT creates no second",
        ITEM,
        412,
        "PUT",
        body=documents.item("there"),
        headers={"If-None-Match": "*"},
    ),
    Ask(
        "PUT",
        ITEM,
        204,
        "PUT",
        body=documents.item("there"),
        then=lambda a: a.has_header("ETag") and not a.has_header("Content-Type"),
    ),
    Ask("PUT another id", ITEM, 400, "PUT", body=NEW),
    Ask(
        "PATCH, merged",
        ITEM,
        204,
        "PATCH",
        body={"properties": {"a": 1}},
        content_type="application/merge-patch+json",
    ),
    Ask(
        "PATCH, by steps",
        ITEM,
        204,
        "PATCH",
        body=[{"op": "add", "path": "/properties/a", "value": 1}],
        content_type="application/json-patch+json",
    ),
    Ask(
        "PATCH with a bad path",
        ITEM,
        422,
        "PATCH",
        body=[{"op": "remove", "path": "/none"}],
        content_type="application/json-patch+json",
    ),
    Ask(
        "PATCH whose test fails",
        ITEM,
        409,
        "PATCH",
        body=[{"op": "test", "path": "/id", "value": 1}],
        content_type="application/json-patch+json",
    ),
    Ask("DELETE", ITEM, 204, "DELETE"),
    Ask("DELETE what is not there", "collections/c/items/new", 404, "DELETE"),
    Ask(
        "If-Match of another version",
        ITEM,
        412,
        "PUT",
        body=documents.item("there"),
        headers={"If-Match": '"x"'},
    ),
    Ask("If-None-Match of this version", ITEM, 304, headers={"If-None-Match": "*"}),
    Ask("DELETE a collection that has items", "collections/c", 409, "DELETE"),
    Ask("DELETE it with them", "collections/c", 204, "DELETE", query={"cascade": "true"}),
    Ask(
        "POST collection",
        "collections",
        201,
        "POST",
        body=documents.collection("d"),
        then=lambda a: a["Location"].endswith("/collections/d"),
    ),
    Ask("POST collection again", "collections", 409, "POST", body=documents.collection("c")),
    Ask(
        "PUT collection that is not there",
        "collections/d",
        404,
        "PUT",
        body=documents.collection("d"),
    ),
    Ask("a body of NUL", "collections/c/items", 400, "POST", body={**NEW, "id": "a\x00b"}),
)


@pytest.fixture
def seeded(stac) -> StacClient:
    ranged = {"start_datetime": "2015-01-01T00:00:00Z", "end_datetime": "2015-12-31T00:00:00Z"}
    high = {"type": "Point", "coordinates": [60, 60, 7]}
    wide = {"type": "Polygon", "coordinates": [
        [[175, -1], [-175, -1], [-175, 1], [175, 1], [175, -1]]]}  # fmt: skip
    features = [
        documents.item("there", properties={"eo:cloud_cover": 5}),
        documents.item("over", geometry=wide, bbox=[175, -1, -175, 1]),
        documents.item(
            "nowhen",
            geometry=high,
            bbox=[60, 60, 7, 60, 60, 7],
            properties={"datetime": None, **ranged},
        ),
        documents.nowhere(),
    ]
    assert stac.post("collections", documents.collection()).status_code == 201
    sent = {"type": "FeatureCollection", "features": features}
    assert stac.post("collections/c/items", sent).status_code == 201
    return stac


@pytest.mark.parametrize("ask", READS + WRITES, ids=lambda ask: f"{ask.rule} {ask.status}")
def test_rule(seeded, ask):
    answer = seeded(
        ask.path,
        ask.method,
        ask.body,
        content_type=ask.content_type,
        headers=ask.headers,
        **ask.query,
    )
    assert answer.status_code == ask.status, answer.content
    assert ask.then(answer), (answer.headers, answer.content)
    if ask.status >= 400:
        assert is_problem(answer)


@pytest.mark.parametrize("id", ["é", "a b", "a:b", "a+b", "100%", "a,b", "a?b#c", "~", "a\\b"])
def test_25_ids_of_any_characters(seeded, id):
    made = seeded.post("collections/c/items", documents.item(id))
    assert made.status_code == 201
    assert seeded.get(made["Location"])["id"] == id
    assert seeded.ids(ids=id) == ([] if "," in id else [id])


def test_22_private_things_look_absent(seeded, stranger, wrong_key):
    absent, private = stranger("collections/none/items/none"), stranger(ITEM)
    assert (private.status_code, private.content) == (absent.status_code, absent.content)
    refused = wrong_key(ITEM)
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"]


def test_22_one_who_is_known_may_not(seeded, reader):
    assert reader(ITEM).status_code == 200
    assert reader(ITEM, "DELETE").status_code == 403


def test_22_nobody_is_asked_who_they_are(seeded, stranger):
    answer = stranger.post("collections", documents.collection("d"))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]
