"""/aggregate and /aggregations (STAC API Aggregation 0.3.0), at the catalog and at a collection."""

import json

import pytest
from django.db import connection, transaction

from catalogs.stac import aggregation
from tests.stac import documents
from tests.stac.client import link

PROVES = (
    "https://api.stacspec.org/v0.3.0/aggregation",
    "https://api.stacspec.org/v0.3.0/aggregation#filter",
    "https://api.stacspec.org/v0.3.0/aggregation#query",
)

ALWAYS = {
    *("total_count", "datetime_min", "datetime_max", "datetime_frequency", "collection_frequency"),
    *("centroid_geohash_grid_frequency", "centroid_geotile_grid_frequency"),
}


@pytest.fixture
def seeded(stac):
    """Four items in `c`, one of them nowhere and one across the antimeridian; one in `other`."""
    across = {"type": "Polygon", "coordinates": documents.square(179.6, 10)["coordinates"]}
    for id, items in {
        "c": [
            documents.item("a", properties={"eo:cloud_cover": 3, "platform": "s2a"}),
            documents.item("b", properties={"eo:cloud_cover": 100, "platform": "s2a"}),
            documents.item(
                "over",
                geometry=across,
                bbox=[179.6, 10, -179.4, 11],
                properties={"datetime": "2020-02-10T00:00:00Z", "platform": "s2b"},
            ),
            documents.nowhere(
                "nowhere",
                properties={
                    "datetime": None,
                    "start_datetime": "2020-03-01T00:00:00Z",
                    "end_datetime": "2020-03-02T00:00:00Z",
                    "platform": "",
                    "eo:cloud_cover": "none",
                },
            ),
        ],
        "other": [documents.item("a", properties={"datetime": "2021-01-01T00:00:00Z"})],
    }.items():
        assert stac.post("collections", documents.collection(id)).status_code == 201
        sent = {"type": "FeatureCollection", "features": items}
        answer = stac.post(f"collections/{id}/items", sent)
        assert answer.status_code == 201, answer.content
    return stac


def as_json(asked: dict) -> dict:
    """A body has lists where an address has commas."""
    box = asked.get("bbox")
    return asked | ({"bbox": [float(n) for n in box.split(",")]} if isinstance(box, str) else {})


def counted(client, name, path="aggregate", **asked):
    """The one aggregation, asked by GET and by POST alike."""
    got = client.get(path, aggregations=name, **asked)
    posted = client.post(path, as_json({"aggregations": [name], **asked})).json()
    assert got["aggregations"] == posted["aggregations"]
    [one] = got["aggregations"]
    assert one["name"] == name
    return one


def frequencies(one):
    return {bucket["key"]: bucket["frequency"] for bucket in one["buckets"] if bucket["frequency"]}


def test_it_works(seeded):
    names = ["total_count", "datetime_min", "datetime_max", "collection_frequency"]
    found = seeded.get("aggregate", aggregations=",".join(names))
    assert found["type"] == "AggregationCollection"
    assert found["aggregations"] == [
        {"name": "total_count", "data_type": "numeric", "value": 5},
        {"name": "datetime_min", "data_type": "datetime", "value": "2020-01-01T00:00:00Z"},
        {"name": "datetime_max", "data_type": "datetime", "value": "2021-01-01T00:00:00Z"},
        {
            "name": "collection_frequency",
            "data_type": "string",
            "buckets": [
                {"key": "c", "data_type": "string", "frequency": 4},
                {"key": "other", "data_type": "string", "frequency": 1},
            ],
            "overflow": 0,
        },
    ]
    query = "aggregations=total_count%2Cdatetime_min%2Cdatetime_max%2Ccollection_frequency"
    assert link(found, "self")["href"] == f"{seeded.root}aggregate?{query}"
    assert link(found, "root")["href"] == seeded.root


def test_all_at_once_are_one_question(seeded):
    names = ",".join(aggregation.ALL)
    asked = {"aggregations": names, "datetime_frequency_interval": "month"}
    with connection.execute_wrapper(counting := Questions()):
        found = seeded.get("aggregate", **asked)
    assert [one["name"] for one in found["aggregations"]] == list(aggregation.ALL)
    assert len([sql for sql in counting.asked if "stac_item" in sql]) == 1


class Questions:
    def __init__(self):
        self.asked = []

    def __call__(self, execute, sql, params, many, context):
        self.asked.append(sql)
        return execute(sql, params, many, context)


PERIODS = {
    "year": {"2020-01-01": 3, "2021-01-01": 1},
    "month": {"2020-01-01": 2, "2020-02-01": 1, "2021-01-01": 1},
    "week": {"2019-12-30": 2, "2020-02-10": 1, "2020-12-28": 1},
    "second": {"2020-01-01": 2, "2020-02-10": 1, "2021-01-01": 1},
}


def test_time(seeded):
    for interval, days in PERIODS.items():
        keys = {f"{day}T00:00:00Z": frequency for day, frequency in days.items()}
        one = counted(seeded, "datetime_frequency", datetime_frequency_interval=interval)
        assert frequencies(one) == keys
        assert one["data_type"] == f"interval_{interval}"
        assert one["overflow"] == 1  # which has no datetime
        assert {bucket["data_type"] for bucket in one["buckets"]} == {"datetime"}


def test_an_interval_is_chosen_that_suits(seeded):
    name = "datetime_frequency"
    assert counted(seeded, name)["data_type"] == "interval_week"
    assert counted(seeded, name, datetime="2020-01-01T00:00:00Z")["data_type"] == "interval_second"
    assert counted(seeded, name, ids="nothing")["buckets"] == []


def test_cloud_cover(seeded):
    one = counted(seeded, "cloud_cover_frequency")
    low, high = {"from": 0, "to": 10}, {"from": 90}
    assert one["buckets"][0] == {"key": "0-10", "data_type": "numeric", "frequency": 1, **low}
    assert one["buckets"][-1] == {"key": "90-*", "data_type": "numeric", "frequency": 1, **high}
    assert [bucket["frequency"] for bucket in one["buckets"][1:-1]] == [0] * 8
    assert one["overflow"] == 3


def test_terms(seeded):
    one = counted(seeded, "platform_frequency")
    assert [(bucket["key"], bucket["frequency"]) for bucket in one["buckets"]] == [
        ("s2a", 2),
        ("", 1),
        ("s2b", 1),
    ]
    assert one["overflow"] == 1


def test_a_footprint_over_the_antimeridian_is_in_one_cell(seeded):
    hashes = counted(seeded, "centroid_geohash_grid_frequency")
    tiles = counted(
        seeded,
        "centroid_geotile_grid_frequency",
        centroid_geotile_grid_frequency_precision=1,
    )
    assert sum(frequencies(hashes).values()) == sum(frequencies(tiles).values()) == 4
    assert frequencies(tiles)["1/0/0"] == 1  # its centre is in the west
    assert tiles["overflow"] == hashes["overflow"] == 1
    assert counted(seeded, "total_count", bbox="179,0,-179,20")["value"] == 1


def test_what_is_counted_is_what_a_search_finds(seeded):
    for asked in (
        {"bbox": "10,50,11,51"},
        {"q": "s2a,nowhere"},
        {"query": json.dumps({"eo:cloud_cover": {"gt": 50}})},
        {"ids": "a"},
        {"ids": "a,b", "collections": "c"},
        {"datetime": "2020-02-01T00:00:00Z/.."},
        {"intersects": json.dumps(documents.square(10.2, 50.2))},
        {"filter": '"eo:cloud_cover" > 50'},
        {"filter": "platform = 's2a'", "filter-lang": "cql2-text"},
    ):
        found = seeded.get("aggregate", aggregations="total_count", **asked)
        assert found["aggregations"][0]["value"] == len(seeded.ids(**asked)) > 0


def test_nothing_is_counted_that_was_not_asked_for(seeded):
    assert seeded.get("aggregate")["aggregations"] == []
    assert seeded.get("collections/c/aggregate")["aggregations"] == []
    assert seeded.post("aggregate", {"aggregations": []}).json()["aggregations"] == []


def test_an_empty_list_of_ids_finds_nothing(seeded):
    names = ["total_count", "datetime_max", "collection_frequency", "cloud_cover_frequency"]
    found = seeded.post("aggregate", {"aggregations": names, "ids": []}).json()["aggregations"]
    assert [one.get("value") for one in found[:2]] == [0, None]
    assert [(frequencies(one), one["overflow"]) for one in found[2:]] == [({}, 0)] * 2


def test_more_buckets_than_are_sent_overflow(seeded, monkeypatch):
    monkeypatch.setattr(aggregation, "MOST_BUCKETS", 1)
    asked = {"datetime_frequency_interval": "month"}
    one = counted(seeded, "datetime_frequency", **asked)
    assert (frequencies(one), one["overflow"]) == ({"2020-01-01T00:00:00Z": 2}, 3)


def test_what_is_private_is_not_counted(seeded, stranger, reader):
    names = ",".join(aggregation.ALL)
    assert reader.get("aggregate", aggregations="total_count")["aggregations"][0]["value"] == 5
    for one in stranger.get("aggregate", aggregations=names)["aggregations"]:
        assert not one.get("value")
        assert frequencies(one) == {} if "buckets" in one else True
        assert one.get("overflow", 0) == 0
    for path in ("aggregate", "aggregations"):
        hidden = stranger(f"collections/c/{path}", aggregations="total_count")
        absent = stranger(f"collections/d/{path}", aggregations="total_count")
        assert hidden.status_code == absent.status_code
        assert hidden.content == absent.content
    assert stranger("collections/c/aggregations").status_code == 404
    assert stranger("collections/c/aggregate", aggregations="total_count").status_code == 404
    body = {"aggregations": ["total_count"]}
    assert stranger.post("collections/c/aggregate", body).status_code == 404


def test_what_can_be_counted(seeded):
    listed = seeded.get("aggregations")
    assert [one["name"] for one in listed["aggregations"]] == list(aggregation.ALL)
    assert listed["aggregations"][0] == {"name": "total_count", "data_type": "numeric"}
    assert listed["aggregations"][3] == {
        "name": "datetime_frequency",
        "data_type": "frequency_distribution",
        "frequency_distribution_data_type": "datetime",
    }
    assert link(listed, "self")["href"] == f"{seeded.root}aggregations"


def test_a_collection_lists_what_its_items_have(seeded):
    def names(id):
        listed = seeded.get(f"collections/{id}/aggregations")["aggregations"]
        return {one["name"] for one in listed}

    assert names("c") == ALWAYS | {"cloud_cover_frequency", "platform_frequency"}
    assert names("other") == ALWAYS
    assert counted(seeded, "total_count", "collections/c/aggregate")["value"] == 4
    one = counted(seeded, "cloud_cover_frequency", "collections/c/aggregate", ids="a")
    assert frequencies(one) == {"0-10": 1}
    refused = seeded("collections/other/aggregate", aggregations="platform_frequency")
    assert refused.status_code == 400
    assert refused.json()["parameter"] == "aggregations"
    assert "there is total_count" in refused.json()["detail"]


@pytest.mark.parametrize("path", ["", "collections/c"])
def test_it_is_linked(seeded, path):
    document = seeded.get(path)
    base = f"{seeded.root}{path}{'/' if path else ''}"
    linked = [each for each in document["links"] if each["rel"] == "aggregate"]
    assert [(each["href"], each["method"]) for each in linked] == [
        (f"{base}aggregate", "GET"),
        (f"{base}aggregate", "POST"),
    ]
    assert link(document, "aggregations")["href"] == f"{base}aggregations"


WRONG = [
    ({"aggregations": ""}, "aggregations"),
    ({"aggregations": "total"}, "aggregations"),
    ({"aggregations": "total_count,nonsense"}, "aggregations"),
    ({"aggregations": "total_count", "limit": 5}, "limit"),
    ({"aggregations": "total_count", "token": "x"}, "token"),
    ({"aggregations": "total_count", "sortby": "id"}, "sortby"),
    ({"aggregations": "total_count", "fields": "id"}, "fields"),
    ({"aggregations": "total_count", "query": "{"}, "query"),
    ({"aggregations": "total_count", "bbox": "1,2,3"}, "bbox"),
    ({"aggregations": "total_count", "bbox": "0,0,1,1", "intersects": "{}"}, "intersects"),
    ({"aggregations": "total_count", "filter": "a <"}, "filter"),
    *(
        ({"aggregations": "datetime_frequency", name: value}, name)
        for name, values in {
            "datetime_frequency_interval": ["", "fortnight", "Month"],
            "centroid_geohash_grid_frequency_precision": ["0", "13", "-1", "1.5", "x", "1e1", "٣"],
            "centroid_geotile_grid_frequency_precision": ["-1", "30", "99999999999999999999", ""],
        }.items()
        for value in values
    ),
]


@pytest.mark.parametrize(("asked", "parameter"), WRONG)
def test_refusals_name_the_parameter(stranger, asked, parameter):
    for answer in (stranger("aggregate", **asked), stranger.post("aggregate", as_json(asked))):
        assert answer.status_code == 400, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["parameter"] == parameter, answer.json()


@pytest.mark.parametrize(
    "sent",
    [
        [],
        "total_count",
        {"aggregations": 5},
        {"aggregations": ["total_count\x00"]},
        {"aggregations": [5]},
        {"aggregations": ["total_count"], "centroid_geohash_grid_frequency_precision": True},
        {"aggregations": ["total_count"], "datetime_frequency_interval": ["day"]},
        {"aggregations": ["total_count"] * 1001},
        {"aggregations": ["total_count"], "bbox": "0,0,1,1"},
    ],
)
def test_bodies_that_ask_nothing_are_refused(stranger, sent):
    answer = stranger.post("aggregate", sent)
    assert answer.status_code == 400, answer.content


def too_long(execute, sql, params, many, context):
    """The database gives up on a question about items, as it does after its time."""
    if "FROM found" in sql:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10")
            cursor.execute("SELECT pg_sleep(1)")
    return execute(sql, params, many, context)


def test_what_takes_too_long_says_so(seeded):
    with connection.execute_wrapper(too_long):
        answer = seeded("aggregate", aggregations="total_count")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "This took too long. Ask for less, or try again later."
