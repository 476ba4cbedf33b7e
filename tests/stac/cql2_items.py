"""A small catalog for filters: properties of every kind, missing, null, and of the wrong kind."""

from typing import Any

from django.db.transaction import atomic

from catalogs.stac import bulk, transactions
from catalogs.stac.models import Item
from tests.stac.documents import Document, collection, item, nowhere

CITIES = [
    # name, population, founded, west, south, more
    ("København", 1038288, "1167-01-01", 12.0, 55.0, {"capital": True}),
    ("Luxembourg", 128512, "0963-04-17", 6.0, 49.0, {"capital": True}),
    ("Chișinău", 635994, "1436-07-17", 28.0, 47.0, {"capital": True}),
    ("Chisinau", 635994.5, "1436-07-18", 28.5, 47.0, {"capital": False}),
    ("Straße", 10, "2020-02-29", 10.0, 50.0, {"capital": False}),
    ("STRASSE", 20, "2020-03-01", 11.0, 50.0, {"capital": False}),
    ("100%", 0, "2021-01-01", 0.0, 0.0, {"capital": None}),
    ("a_b", -5, "2021-01-02T10:00:00Z", 0.5, 0.5, {}),
    ("aXb", 2.5, "2021-01-02T12:00:00+02:00", 1.0, 0.0, {}),
    ("", 1, None, -60.0, -30.0, {}),
    ("back\\slash", 7, "2020-02-30", 20.0, 10.0, {}),
    ("O'Hara", 8, "not a date", 21.0, 10.0, {}),
]

ODD = [
    {"name": 17, "population": "many", "capital": "yes", "founded": 1900},
    {"name": None, "population": None},
    {},
    {"name": ["a", "b"], "population": [1], "capital": {"of": "nothing"}},
    {"name": "Doppelgänger", "population": 100, "twin": "Doppelgänger", "double": 100},
    {"name": "Alpha", "population": 3, "twin": "Beta", "double": 6},
]

ARRAYS: list[Any] = [["a", "b", "c"], ["a"], [], ["a", 1, True], [1, 2, 2], "a", None, [["a"], "b"]]

RANGES = [
    ("2020-01-01T00:00:00Z", "2020-12-31T23:59:59Z"),
    ("2020-01-01T00:00:00Z", "2020-06-30T00:00:00Z"),
    ("2020-06-30T00:00:00Z", "2020-12-31T23:59:59Z"),
    ("2019-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
    ("2020-03-01T12:00:00Z", "2020-03-02T12:00:00Z"),
]


def documents() -> list[Document]:
    cities = [
        item(
            f"city-{number}",
            west,
            south,
            properties={"name": name, "population": people, "founded": founded, **more}
            | {"datetime": f"2020-01-{number + 1:02}T12:00:00Z", "eo:cloud_cover": number * 10},
        )
        for number, (name, people, founded, west, south, more) in enumerate(CITIES)
    ]
    odd = [nowhere(f"odd-{n}", properties=properties) for n, properties in enumerate(ODD)]
    arrays = [
        item(f"array-{n}", -170 + n, -10, properties={"tags": tags})
        for n, tags in enumerate(ARRAYS)
    ]
    ranges = [
        item(
            f"range-{n}",
            179,
            70 - n,
            properties={"datetime": None, "start_datetime": start, "end_datetime": end},
        )
        for n, (start, end) in enumerate(RANGES)
    ]
    return cities + odd + arrays + ranges


def seed() -> list[Document]:
    """Writes them to the collection `c`, and gives them back as they were written."""
    written = documents()
    home = transactions.create_collection(collection("c"), visibility="public")
    bulk.create_items(home, written)
    return [{**document, "collection": "c"} for document in written]


def found(condition: Any) -> list[str]:
    with atomic():  # a failure is that of one filter only
        return sorted(Item.objects.filter(condition).values_list("stac_id", flat=True))
