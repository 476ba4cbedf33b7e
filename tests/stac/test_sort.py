"""`sortby` (STAC API Sort extension 1.1.0): orders, pages and refusals."""

import itertools
import json
import random
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stac import documents
from tests.stac.client import link
from tests.stac.pages import follow, names, walk

PROVES = (
    "https://api.stacspec.org/v1.1.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.1.0/ogcapi-features#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
    "https://api.stacspec.org/v1.1.0/item-search#sortables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
)

RANGE = {
    "datetime": None,
    "start_datetime": "2020-01-01T00:00:00Z",
    "end_datetime": "2020-01-02T00:00:00Z",
}


def add(stac, collection, items):
    found = {"type": "FeatureCollection", "features": items}
    answer = stac.post(f"collections/{collection}/items", found)
    assert answer.status_code == 201, answer.content


@pytest.fixture
def filled(stac):
    """The same five ids in two collections."""
    for name in ("a", "b"):
        stac.post("collections", documents.collection(name))
        clouds: list[dict] = [{"eo:cloud_cover": n} for n in (40, 7.5, 100)]
        more = [*clouds, {"eo:cloud_cover": None}, {**RANGE, "platform": "p"}]
        add(stac, name, [documents.item(f"i{n}", properties=p) for n, p in enumerate(more)])
    return stac


def test_it_works(filled):
    found = filled.get("search", sortby="-properties.eo:cloud_cover", limit=4)
    assert names(found) == ["a/i2", "b/i2", "a/i0", "b/i0"]
    assert names(follow(filled, found, "next")) == ["a/i1", "b/i1", "a/i3", "a/i4"]


ORDERS = [
    ("eo:cloud_cover", "a/i1 b/i1 a/i0 b/i0 a/i2 b/i2 a/i3 a/i4 b/i3 b/i4"),
    ("-eo:cloud_cover", "a/i2 b/i2 a/i0 b/i0 a/i1 b/i1 a/i3 a/i4 b/i3 b/i4"),
    ("id,-collection", "b/i0 a/i0 b/i1 a/i1 b/i2 a/i2 b/i3 a/i3 b/i4 a/i4"),
    ("-collection,-id", "b/i4 b/i3 b/i2 b/i1 b/i0 a/i4 a/i3 a/i2 a/i1 a/i0"),
    ("-id", "a/i4 b/i4 a/i3 b/i3 a/i2 b/i2 a/i1 b/i1 a/i0 b/i0"),
    ("datetime", "a/i0 a/i1 a/i2 a/i3 b/i0 b/i1 b/i2 b/i3 a/i4 b/i4"),
    ("-properties.datetime,-id", "a/i3 b/i3 a/i2 b/i2 a/i1 b/i1 a/i0 b/i0 a/i4 b/i4"),
    ("properties.start_datetime", "a/i4 b/i4 a/i0 a/i1 a/i2 a/i3 b/i0 b/i1 b/i2 b/i3"),
    ("-platform,-eo:cloud_cover,id", "a/i4 b/i4 a/i2 b/i2 a/i0 b/i0 a/i1 b/i1 a/i3 b/i3"),
]


@pytest.mark.parametrize(("sortby", "order"), ORDERS)
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_each_order_by_get_and_post(filled, sortby, order, limit):
    assert walk(filled, filled.get("search", sortby=sortby, limit=limit)) == order.split()
    body = {"sortby": as_objects(sortby), "limit": limit}
    assert walk(filled, filled("search", "POST", body).json(), body) == order.split()
    own = walk(filled, filled.get("collections/b/items", sortby=sortby, limit=limit))
    assert own == [name for name in order.split() if name.startswith("b/")]


def as_objects(sortby):
    """Without a direction where it rises: that is the usual one."""
    return [
        {"field": name[1:], "direction": "desc"} if name.startswith("-") else {"field": name}
        for name in sortby.split(",")
    ]


def test_a_plus_may_come_as_a_space(filled):
    rising = names(filled.get("search", sortby="eo:cloud_cover,id"))
    for query in ("+eo:cloud_cover,+id", "%2Beo:cloud_cover,%2Bid", "%20eo:cloud_cover,id"):
        assert names(filled.get(f"search?sortby={query}")) == rising


@pytest.mark.parametrize(
    "sortby",
    [
        "", ",", "id,", "-", "+", "colour", "geometry", "bbox", "properties.colour", "assets",
        "id,id", "id,-id", "a,b,c,d,e,f", "x" * 5000, "tags", "a\x00b", "properties.", "--id",
    ],
)  # fmt: skip
def test_what_cannot_be_sorted_by_is_400(filled, sortby):
    add(filled, "a", [documents.item("odd", properties={"tags": ["x"]})])
    for path in ("search", "collections/a/items"):
        answer = filled(path, sortby=sortby)
        assert answer.status_code == 400, answer.content
        assert answer.json()["parameter"] == "sortby"


@pytest.mark.parametrize(
    "sortby",
    [
        [], {}, 5, True, [1], [None], [[]], [{}], [{"field": 5}], [{"field": "id", "direction": 1}],
        [{"field": "id", "direction": "up"}], [{"field": "id", "direction": None}],
        [{"field": "id", "order": "asc"}], [{"direction": "asc"}], [{"field": ""}],
        [{"field": "id"}] * 2, [{"field": f"f{n}"} for n in range(50)], [{"field": "\ud800"}],
    ],
)  # fmt: skip
def test_wrong_lists_are_400(stranger, sortby):
    answer = stranger("search", "POST", sent({"sortby": sortby}))
    assert answer.status_code == 400, answer.content


def sent(body):
    """As bytes, with lone surrogates as JSON writes them."""
    return json.dumps(body).encode()


def test_sortables_list_what_sorts(filled):
    add(filled, "a", [documents.item("x", properties={"tags": ["x"], "ok": True, "odd": "1"})])
    add(filled, "a", [documents.item("y", properties={"when": "2020-01-01T00:00:00Z", "odd": 1})])
    for path in ("sortables", "collections/a/sortables"):
        answer = filled(path)
        assert answer["Content-Type"] == "application/schema+json"
        found = answer.json()
        assert found["$id"] == f"{filled.root}{path}"
        assert (found["type"], found["additionalProperties"]) == ("object", False)
        told = found["properties"]
        assert told.keys() == {
            "id", "collection", "datetime", "start_datetime", "end_datetime",
            "eo:cloud_cover", "platform", "odd", "when",
        }  # fmt: skip
        assert told["when"] == {"title": "when", "type": "string", "format": "date-time"}
        assert told["odd"]["type"] == ["integer", "string"]
        for name in told:
            assert filled("search", sortby=name).status_code == 200
    assert filled.get("collections/b/sortables")["properties"].keys() == told.keys() - {
        "odd",
        "when",
    }
    assert filled("collections/b/items", sortby="odd").status_code == 400


def test_links_lead_to_sortables(filled):
    rel = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
    for path in ("", "collections/a"):
        found = link(filled.get(path), rel)
        assert found["type"] == "application/schema+json"
        assert filled.get(found["href"])["$id"] == found["href"]


def test_a_stranger_sorts_by_what_is_public(filled, stranger):
    assert stranger("search", sortby="eo:cloud_cover").status_code == 400
    assert stranger.get("sortables")["properties"].keys() == {"id", "collection", "datetime"}
    assert stranger("search", sortby="-datetime").status_code == 200


def test_a_walk_goes_on_as_it_began(filled):
    """What comes meanwhile is of another kind, and what was sorted by goes away."""
    add(filled, "a", [documents.item(f"n{n}", properties={"x": n}) for n in range(5)])
    first = filled.get("collections/a/items", sortby="x", limit=2)
    assert names(first) == ["a/n0", "a/n1"]
    add(filled, "a", [documents.item("text", properties={"x": "a"})])
    rest = follow(filled, first, "next")
    assert names(rest) == ["a/n2", "a/n3"]
    for number in range(5):
        filled(f"collections/a/items/n{number}", "DELETE")
    filled("collections/a/items/text", "DELETE")
    assert filled("collections/a/items", sortby="x").status_code == 400
    assert names(follow(filled, rest, "next")) == ["a/i0", "a/i1"]


def test_what_is_written_meanwhile_neither_skips_nor_repeats(filled):
    first = filled.get("search", sortby="-eo:cloud_cover", limit=3)
    add(filled, "a", [documents.item("new", properties={"eo:cloud_cover": 99})])
    filled("collections/a/items/i2", "DELETE")
    rest = filled.get(link(first, "next")["href"].replace("limit=3", "limit=300"))
    assert sorted(names(first) + names(rest)) == sorted(f"{c}/i{n}" for c in "ab" for n in range(5))


def test_a_token_is_good_for_its_order_only(filled):
    token = link(filled.get("search", sortby="id", limit=1), "next")["href"].split("token=")[1]
    assert filled(f"search?sortby=-id&limit=1&token={token}").status_code == 400
    assert filled(f"search?limit=1&token={token}").status_code == 400


def test_one_question_more_for_the_first_page_only(filled):
    def asked(address, **query):
        with CaptureQueriesContext(connection) as questions:
            answer = filled.get(address, **query)
        return answer, sum("stac_" in each["sql"] for each in questions)

    first, count = asked("search", sortby="eo:cloud_cover", limit=1, bbox="0,0,60,60")
    assert count == 2
    assert asked(link(first, "next")["href"])[1] == 1
    assert asked("search", sortby="-datetime,id", bbox="0,0,60,60")[1] == 1


def test_long_texts_page(filled):
    texts = ["é" * 10_000, "é" * 9_999, "e", "", "z" * 300 + "b", "z" * 300 + "a", "%_\\'\""]
    features = [documents.item(f"t{n}", properties={"t": t}) for n, t in enumerate(texts)]
    add(filled, "a", features)
    body = {"sortby": [{"field": "t"}], "limit": 1}
    order = walk(filled, filled("search", "POST", body).json(), body)[:7]
    # Texts that begin with the same 256 characters are in no order of their own.
    assert order == [f"a/t{n}" for n in (3, 6, 2, 4, 5, 0, 1)]


# ---- the same as a plain Python sort, for generated documents

VALUES = [
    0, 1, -1, 2.5, 1e300, -1e-300, 10**15, 0.1, 9, 10, None, True, [1], {"a": 1},
]  # fmt: skip
TEXTS = ["", "a", "B", "b", "é", "ß", "zebra", "Z", "10", "9", "𝒳", "\ue000", "a b", "A"]
TIMES = [
    "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z", "2020-01-01T02:00:00+02:00",
    "2019-12-31T23:59:59.999999Z", "2020-06-01T12:00:00-11:00", "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59Z",
]  # fmt: skip
MISSING = object()
POOLS = {
    "number": [*VALUES, MISSING, MISSING],
    "text": [*TEXTS, None, MISSING],
    "time": [*TIMES, None, MISSING],
    "mixed": [*VALUES, *TEXTS, *TIMES, MISSING],
    "timed": [*TIMES, 5, 7, MISSING],
}


def generate(seed, count):
    chance = random.Random(seed)
    found = {}
    for number in range(count):
        drawn = {name: chance.choice(pool) for name, pool in POOLS.items()}
        properties = {name: value for name, value in drawn.items() if value is not MISSING}
        collection, id = chance.choice("ab"), f"i{number // 2}"
        while (collection, id) in found:
            collection, id = "ab"[collection == "a"], id if collection == "a" else f"{id}x"
        found[collection, id] = properties
    return found


def plainly_sorted(items, sort):
    order = sorted(items)
    for name, descending in reversed(sort):
        ranked = {0: [], 1: [], 2: []}
        are_times = name in ("time", "timed")
        for key in order:
            rank, value = ranked_value(items[key].get(name), are_times)
            ranked[rank].append((value, key))
        order = [
            key
            for rank in (0, 1, 2)
            for _, key in sorted(ranked[rank], key=lambda pair: pair[0], reverse=descending)
        ]
    return [f"{collection}/{id}" for collection, id in order]


def ranked_value(value, are_times):
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, value
    if isinstance(value, str):
        return 1, as_moment(value) if are_times else value
    return 2, 0


def as_moment(text):
    """Since the beginning of the year 1, in UTC; a few are before it."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=None) - datetime(1, 1, 1) - found.utcoffset()


def test_any_order_is_that_of_a_plain_sort(stac):
    items = generate(7, 60)
    for name in ("a", "b"):
        stac.post("collections", documents.collection(name))
        add(
            stac,
            name,
            [documents.item(id, properties=p) for (home, id), p in items.items() if home == name],
        )
    fields = list(POOLS)
    chance = random.Random(11)
    sorts = [[(name, down)] for name in fields for down in (False, True)]
    pairs = [list(zip(pair, (0, 1), strict=True)) for pair in itertools.permutations(fields, 2)]
    sorts += [[(name, bool(down)) for name, down in pair] for pair in chance.sample(pairs, 8)]
    sorts += [[(name, chance.random() < 0.5) for name in chance.sample(fields, 4)] for _ in "12"]
    for sort in sorts:
        wanted = plainly_sorted(items, sort)
        sortby = ",".join(("-" if down else "+") + name for name, down in sort)
        limit = chance.choice([7, 13, 29])
        assert walk(stac, stac.get("search", sortby=sortby, limit=limit)) == wanted, sortby
