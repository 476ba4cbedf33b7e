"""What is asked, in kinds: paths below a STAC root, drawn by a seed, the same for every server."""

import math
import random
from datetime import timedelta
from urllib.parse import urlencode

from tests.benchmarks import data

EACH = 400  # different questions of a kind
TILES = "tiles"  # which the peer does not have
DEEPEST = 12  # zoom


def of(kind: str, size: int, seed: int) -> list[str]:
    drawn = random.Random(f"{seed} {kind}")
    if kind == TILES:
        return [_tile(drawn) for _ in range(EACH)]
    return [f"search?{urlencode(KINDS[kind](drawn, size))}" for _ in range(EACH)]


def _tile(drawn: random.Random) -> str:
    """As a map asks while somebody zooms in: every zoom as often, where there are items."""
    zoom = drawn.randrange(DEEPEST + 1)
    longitude, latitude = drawn.uniform(-180, 180), drawn.uniform(-60, 78)
    column = int((longitude + 180) / 360 * 2**zoom)
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return f"tiles/WebMercatorQuad/{zoom}/{int(down * 2**zoom)}/{min(column, 2**zoom - 1)}"


def _box(drawn: random.Random, side: float) -> str:
    west, south = drawn.uniform(-180, 180 - side), drawn.uniform(-60, 78 - side)
    return f"{west:.4f},{south:.4f},{west + side:.4f},{south + side:.4f}"


def _latest(drawn: random.Random, size: int) -> dict[str, object]:
    return {"limit": 10}


def _bbox(drawn: random.Random, size: int) -> dict[str, object]:
    return {"bbox": _box(drawn, 1), "limit": 10}


def _month(drawn: random.Random, size: int) -> dict[str, object]:
    first = data.FIRST + timedelta(days=drawn.randrange(data.DAYS - 30))
    last = first + timedelta(days=30)
    return {
        "collections": drawn.choice(data.COLLECTIONS),
        "bbox": _box(drawn, 10),
        "datetime": f"{first:%Y-%m-%dT%H:%M:%SZ}/{last:%Y-%m-%dT%H:%M:%SZ}",
        "limit": 10,
    }


def _cloud(drawn: random.Random, size: int) -> dict[str, object]:
    return {
        "collections": "landsat",
        "bbox": _box(drawn, 20),
        "filter": "eo:cloud_cover < 10",
        "filter-lang": "cql2-text",
        "limit": 10,
    }


def _page(drawn: random.Random, size: int) -> dict[str, object]:
    return {"bbox": _box(drawn, 30), "limit": 100}


def _id(drawn: random.Random, size: int) -> dict[str, object]:
    number = drawn.randrange(size)
    return {"ids": data.id_of(number), "limit": 10}


KINDS = {
    "latest": _latest,  # no filter
    "bbox": _bbox,  # a box of 1 degree
    "box+month": _month,  # one collection, a box of 10 degrees, a month
    "cloud": _cloud,  # one collection, little cloud, a box of 20 degrees
    "page100": _page,  # a box of 30 degrees, 100 items
    "id": _id,  # one id
}
