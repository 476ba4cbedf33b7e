"""When: instants, intervals, open sides; what RFC 3339 allows and what it does not."""

import pytest

from tests.stac import documents

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
)

NANOSECONDS = "2020-06-01T00:00:00.123456789Z"


def dated(id, datetime, start=None, end=None):
    properties = {"datetime": datetime}
    if start:
        properties |= {"start_datetime": start, "end_datetime": end}
    return documents.item(id, properties=properties)


@pytest.fixture
def dates(stac):
    stac.post("collections", documents.collection())
    for item in (
        dated("first", "2020-01-01T00:00:00Z"),
        dated("nano", NANOSECONDS),
        dated("range", None, "2020-03-01T00:00:00Z", "2020-09-01T00:00:00Z"),
        dated("both", "2021-06-01T00:00:00Z", "2021-01-01T00:00:00Z", "2021-12-31T00:00:00Z"),
    ):
        answer = stac.post("collections/c/items", item)
        assert answer.status_code == 201, answer.content
    return stac


TIMES = [
    ("2020-01-01T00:00:00Z", ["first"]),
    ("2020-01-01t00:00:00z", ["first"]),
    ("2020-01-01T01:00:00+01:00", ["first"]),
    ("2019-12-31T19:00:00.000-05:00", ["first"]),
    (NANOSECONDS, ["nano", "range"]),
    ("2020-04-01T00:00:00Z", ["range"]),
    ("2020-04-01T00:00:00Z/2020-05-01T00:00:00Z", ["range"]),
    ("2019-01-01T00:00:00Z/2020-03-01T00:00:00Z", ["first", "range"]),
    ("2020-09-01T00:00:00Z/2020-10-01T00:00:00Z", ["range"]),
    ("../2020-01-01T00:00:00Z", ["first"]),
    ("/2020-01-01T00:00:00Z", ["first"]),
    ("2020-08-01T00:00:00Z/..", ["both", "range"]),
    ("2020-08-01T00:00:00Z/", ["both", "range"]),
    ("2021-02-01T00:00:00Z", ["both"]),
    ("2030-01-01T00:00:00Z/..", []),
    ("0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", ["both", "nano", "first", "range"]),
]


@pytest.mark.parametrize(("asked", "expected"), TIMES)
def test_times(dates, asked, expected):
    assert dates.ids(datetime=asked) == expected
    posted = dates("search", "POST", {"datetime": asked}).json()["features"]
    assert [item["id"] for item in posted] == expected


def test_latest_come_first_and_those_without_datetime_last(dates):
    assert dates.ids() == ["both", "nano", "first", "range"]


def test_the_text_of_a_time_stays(dates):
    found = dates.get("collections/c/items/nano")
    assert found["properties"]["datetime"] == NANOSECONDS
    assert dates.get("collections/c/items/range")["properties"]["datetime"] is None


WRONG = [
    "", "/", "..", "../..", "../", "/..", "2020", "2020-01-01", "2020-01-01T00:00Z",
    "2020-01-01T00:00:00", "2020-01-01 00:00:00Z", "2020-13-01T00:00:00Z",
    "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:61:00Z",
    "2020-01-01T00:00:60Z", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00,5Z",
    "2020-01-01T00:00:00.1234567890Z", "2020-01-01T00:00:00+0100", "2020-01-01T00:00:00+01",
    "2020-01-01T00:00:00+99:99", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "-2020-01-01T00:00:00Z",
    "2020-01-02T00:00:00Z/2020-01-01T00:00:00Z",
    "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z/2020-01-03T00:00:00Z",
    "2020-01-01T00:00:00Z/P1D", "2020-01-01T00:00:00Z,2020-01-02T00:00:00Z", "now",
    "/".join(["2020-01-01T00:00:00Z"] * 1000), "２０２０-01-01T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("asked", WRONG)
def test_wrong_times_are_400(stranger, asked):
    answer = stranger("search", datetime=asked)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "datetime"


@pytest.mark.parametrize(
    "properties",
    [
        {"datetime": None},
        {"datetime": "2020-01-01"},
        {"datetime": "2020-01-01T00:00:00+01:00"},
        {"datetime": 5},
        {"datetime": None, "start_datetime": "2020-01-01T00:00:00Z"},
        {
            "datetime": None,
            "start_datetime": "2020-01-02T00:00:00Z",
            "end_datetime": "2020-01-01T00:00:00Z",
        },
        {"datetime": "2020-02-30T00:00:00Z"},
    ],
)
def test_wrong_times_of_items_are_refused_with_their_place(dates, properties):
    answer = dates.post("collections/c/items", documents.item("new", properties=properties))
    assert answer.status_code == 400
    assert answer.json()["pointer"].startswith("/properties")


def test_a_range_is_found_wherever_its_datetime_is(stac):
    """Also where it is newer than the interval, or there is none, and items without range are."""
    stac.post("collections", documents.collection("c"))
    year = {"start_datetime": "2019-01-01T00:00:00Z", "end_datetime": "2019-12-31T00:00:00Z"}
    for id, properties in {
        "newer": {**year, "datetime": "2021-06-01T00:00:00Z"},
        "within": {**year, "datetime": "2019-05-01T00:00:00Z"},
        "none": {**year, "datetime": None},
        "instant": {"datetime": "2019-06-30T23:59:59Z"},
        "another": {"datetime": "2021-01-01T00:00:00Z"},
    }.items():
        answer = stac.post("collections/c/items", documents.item(id, properties=properties))
        assert answer.status_code == 201
    june = "2019-06-01T00:00:00Z/2019-06-30T23:59:59Z"
    for more in ({}, {"collections": "c"}, {"bbox": "-180,-90,180,90"}, {"sortby": "datetime"}):
        found = stac.get("search", datetime=june, **more)["features"]
        assert {each["id"] for each in found} == {"newer", "within", "none", "instant"}, more
    stac("collections/c/items/newer", "DELETE")
    found = stac.get("search", datetime=june)["features"]
    assert [each["id"] for each in found] == ["instant", "within", "none"]
