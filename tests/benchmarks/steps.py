"""Where the computing of a bulk write goes, before PostgreSQL has it."""

import io
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import django

django.setup()

from catalogs.stac import bulk, geometry, parsers, schemas, validation  # noqa: E402 - set up first
from catalogs.stac.bodies import Body  # noqa: E402
from catalogs.stac.models import Collection, Item  # noqa: E402
from tests.benchmarks import data  # noqa: E402

ITEMS = 900  # of all collections
ROUNDS = 7


def main() -> None:
    texts = [json.dumps(one).encode() for one in data.items(ITEMS, 1)]
    values = [parsers.parse(text) for text in texts]
    shapes = [value["geometry"] for value in values]
    places = geometry.plain_footprints(shapes)
    stored = [item.to_stac("/") for item in map(_item, values, places)]
    named = sum(schemas.shelf().has(each) for value in values for each in value["stac_extensions"])
    print(f"{named / ITEMS:.1f} extensions an item have a schema here")
    _tell("reading and checking the text", lambda: [parsers.parse(text) for text in texts])
    _tell("footprint", lambda: geometry.plain_footprints(shapes))
    _tell("document and columns", lambda: list(map(_item, values, places)))
    _tell("  of it the core's schema", lambda: [validation.check(one) for one in stored])
    _tell("  of it extensions", lambda: [validation.extensions(one) for one in stored])
    _tell("all of it, a body of each collection", lambda: _look_through(texts))


HOMES = {id: Collection(id=id) for id in data.COLLECTIONS}


def _item(value: Any, place: Any) -> Item:
    item = Item(collection=HOMES[value["collection"]])
    item.take(value, footprint=place)
    return item


def _look_through(texts: Sequence[bytes]) -> None:
    for number, id in enumerate(data.COLLECTIONS):
        body = Body(io.BytesIO(b"\n".join(texts[number::3])), "application/x-ndjson", 0)
        for _ in bulk.look_through(HOMES[id], body, bulk.Plan()):
            pass


def _tell(step: str, work: Callable[[], object]) -> None:
    """The least of some rounds: whatever else the machine does only adds."""
    took = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        took.append(time.thread_time() - began)
    print(f"{step:<40} {min(took) / ITEMS * 1e6:6.0f} us an item")


if __name__ == "__main__":
    main()
