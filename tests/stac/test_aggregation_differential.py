"""Generated items and searches: the database counts what plain Python counts."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from catalogs.stac import aggregation, bulk, transactions
from catalogs.stac.models import Item
from tests.stac import documents

ITEMS = 240
SEARCHES = 60
LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"
FLOORS = {
    "second": lambda t: t.replace(microsecond=0),
    "minute": lambda t: t.replace(second=0, microsecond=0),
    "hour": lambda t: t.replace(minute=0, second=0, microsecond=0),
    "day": lambda t: FLOORS["hour"](t).replace(hour=0),
    "week": lambda t: FLOORS["day"](t) - timedelta(days=t.weekday()),
    "month": lambda t: FLOORS["day"](t).replace(day=1),
    "year": lambda t: FLOORS["day"](t).replace(month=1, day=1),
}
RANGES = {
    "cloud_cover_frequency": ("eo:cloud_cover", range(0, 100, 10)),
    "sun_elevation_frequency": ("view:sun_elevation", range(-90, 90, 10)),
    "sun_azimuth_frequency": ("view:sun_azimuth", range(0, 360, 30)),
    "off_nadir_frequency": ("view:off_nadir", range(0, 90, 5)),
}
TERMS = {
    "platform_frequency": "platform",
    "constellation_frequency": "constellation",
    "grid_code_frequency": "grid:code",
}


def generated(chance: Random, number: int) -> documents.Document:
    moment = datetime(1999, 12, 31, tzinfo=UTC) + timedelta(
        seconds=chance.randrange(3 * 365 * 86_400), microseconds=chance.choice([0, 123456])
    )
    text = moment.isoformat().replace("+00:00", "Z")
    properties: dict[str, Any] = {"datetime": text}
    if chance.random() < 0.2:
        properties = {"datetime": None, "start_datetime": text, "end_datetime": text}
    for name in ("eo:cloud_cover", "view:sun_elevation", "view:sun_azimuth", "view:off_nadir"):
        value = chance.choice([0, 5, 9.999, 10, 45.5, 89.9, 90, None])
        properties |= {} if value is None else {name: value}
    for name, values in {"platform": "AB", "constellation": "é ", "grid:code": ["MGRS-1"]}.items():
        properties |= {name: chance.choice(list(values))} if chance.random() < 0.7 else {}
    if chance.random() < 0.1:
        return documents.nowhere(f"i{number}", properties=properties)
    west = chance.choice([179.37, 179.81, chance.uniform(-180, 178)])
    south = chance.choice([87.3, -89.1, chance.uniform(-84, 84)])
    return documents.item(
        f"i{number}",
        west,
        south,
        properties=properties,
        bbox=[west, south, _lon(west + 1), south + 1],
    )


def _lon(x: float) -> float:
    return x - 360 if x > 180 else x


def centre(item: documents.Document) -> tuple[float, float] | None:
    """All the footprints here are squares of one degree."""
    if item["geometry"] is None:
        return None
    west, south = item["geometry"]["coordinates"][0][0]
    return _lon(west + 0.5), south + 0.5


def geohash(place: tuple[float, float] | None, precision: int) -> str | None:
    """Bits of longitude and latitude by turns, five to a letter."""
    if place is None:
        return None
    sides, bits = [[-180.0, 180.0], [-90.0, 90.0]], 0
    for turn in range(5 * precision):
        side, value = sides[turn % 2], place[turn % 2]
        middle = sum(side) / 2
        bits = bits << 1 | (value >= middle)
        side[value < middle] = middle
    return "".join(LETTERS[bits >> 5 * n & 31] for n in reversed(range(precision)))


def geotile(place: tuple[float, float] | None, zoom: int) -> str | None:
    if place is None or abs(place[1]) > 85.0511287798066:
        return None
    lon, lat = place
    x = math.floor((lon + 180) / 360 * 2**zoom)
    y = math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"{zoom}/{x}/{y}"


def keys(item: documents.Document, name: str, settings: dict[str, Any]) -> Any:
    """The bucket that the item belongs to, None for none."""
    properties = item["properties"]
    if name == "datetime_frequency":
        text = properties["datetime"]
        moment = text and datetime.fromisoformat(text)
        floor = moment and FLOORS[settings["datetime_frequency_interval"]](moment)
        return floor and floor.isoformat().replace("+00:00", "Z")
    if name in RANGES:
        property, bounds = RANGES[name]
        value = properties.get(property)
        return None if value is None else max(bound for bound in bounds if bound <= value)
    if name in TERMS:
        return properties.get(TERMS[name])
    if name == "collection_frequency":
        return "c"
    kind = geohash if "geohash" in name else geotile
    return kind(centre(item), settings[f"{name}_precision"])


def single(items: list[documents.Document], name: str) -> Any:
    if name == "total_count":
        return len(items)
    moments = [item["properties"]["datetime"] for item in items]
    return (min if name == "datetime_min" else max)(filter(None, moments), default=None)


def agrees(one: dict[str, Any], items: list[documents.Document], settings: dict[str, Any]) -> None:
    if "value" in one:
        assert one["value"] == single(items, one["name"])
        return
    expected = Counter(keys(item, one["name"], settings) for item in items)
    told = {
        bucket.get("from", bucket["key"]): bucket["frequency"]
        for bucket in one["buckets"]
        if bucket["frequency"]
    }
    assert one["overflow"] == expected.pop(None, 0), (one, expected)
    assert told == expected


@pytest.mark.usefixtures("inside")
def test_counts_what_plain_python_counts():
    chance = Random(20)
    items = [generated(chance, number) for number in range(ITEMS)]
    home = transactions.create_collection(documents.collection("c"))
    bulk.create_items(home, items)
    for _ in range(SEARCHES):
        settings = {
            "datetime_frequency_interval": chance.choice(list(aggregation.INTERVALS)),
            "centroid_geohash_grid_frequency_precision": chance.randint(1, 8),
            "centroid_geotile_grid_frequency_precision": chance.randint(0, 20),
        }
        chosen = chance.sample(items, chance.choice([0, 1, 30, ITEMS]))
        names = chance.sample(list(aggregation.ALL), chance.randint(1, len(aggregation.ALL)))
        found = Item.objects.search(ids=[item["id"] for item in chosen])
        for one in aggregation.aggregate(found, names, settings):
            agrees(one, chosen, settings)
