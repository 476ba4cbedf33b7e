"""Items shaped like real ones, made by a seed: the same number gives the same items anywhere.

A third each of radar (11 kB), Landsat (14 kB) and aerial photographs (3 kB) a document; nine years;
radar and Landsat over the globe, photographs over the United States.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 9 * 365
_BUCKET = "https://data.example.com"
_EXTENSIONS = "https://stac-extensions.github.io"
_GLOBE, _STATES = (-180.0, -60.0, 178.0, 78.0), (-124.0, 25.0, -67.0, 49.0)
_POLARIZATIONS = ("vv", "vh", "hh", "hv")
_BANDS = ("coastal", "blue", "green", "red", "nir08", "swir16", "swir22", "lwir11", "pan", "qa")

COLLECTIONS = ("radar", "landsat", "aerial")


def collection(id: str) -> Document:
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": id,
        "title": id.title(),
        "description": f"Made-up scenes of {id}.",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-01-01T00:00:00Z", "2024-12-31T00:00:00Z"]]},
        },
        "links": [],
    }


def items(size: int, seed: int, first: int = 0) -> Iterator[Document]:
    """`size` items, the three collections in turn, numbered from `first`."""
    drawn = random.Random(seed)
    for number in range(first, first + size):
        yield _item(number, COLLECTIONS[number % 3], drawn)


def id_of(number: int) -> str:
    return f"{COLLECTIONS[number % 3]}-{number:09}"


def _item(number: int, kind: str, drawn: random.Random) -> Document:
    west, south, east, north = _STATES if kind == "aerial" else _GLOBE
    side = {"radar": 2.0, "landsat": 1.8, "aerial": 0.07}[kind]
    x, y = drawn.uniform(west, east), drawn.uniform(south, north)
    tilt = side * drawn.uniform(0.05, 0.15)
    ring = [
        [x, y + tilt],
        [x + side - tilt, y],
        [x + side, y + side - tilt],
        [x + tilt, y + side],
        [x, y + tilt],
    ]
    moment = FIRST + timedelta(seconds=drawn.randrange(DAYS * 86_400))
    id = id_of(number)
    make = {"radar": _radar, "landsat": _landsat, "aerial": _aerial}[kind]
    properties, assets, extensions = make(id, drawn)
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [f"{_EXTENSIONS}/{name}/schema.json" for name in extensions],
        "id": id,
        "collection": kind,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [x, y, x + side, y + side],
        "properties": {"datetime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), **properties},
        "links": [{"rel": "license", "href": f"{_BUCKET}/license.txt", "type": "text/plain"}],
        "assets": assets,
    }


def _radar(id: str, drawn: random.Random) -> tuple[Document, Document, list[str]]:
    properties = {
        "platform": f"sentinel-1{drawn.choice('ab')}",
        "constellation": "sentinel-1",
        "instruments": ["c-sar"],
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sar:product_type": "GRD",
        "sar:polarizations": ["VV", "VH"],
        "sat:orbit_state": drawn.choice(("ascending", "descending")),
        "sat:absolute_orbit": drawn.randrange(60_000),
        "sat:relative_orbit": drawn.randrange(1, 176),
        "proj:shape": [16_700, 25_300],
    }
    return properties, _assets(id, _POLARIZATIONS, 850), ["sar/v1.0.0", "sat/v1.0.0"]


def _landsat(id: str, drawn: random.Random) -> tuple[Document, Document, list[str]]:
    properties = {
        "platform": drawn.choice(("landsat-8", "landsat-9")),
        "instruments": ["oli", "tirs"],
        "gsd": 30,
        "eo:cloud_cover": round(drawn.uniform(0, 100), 2),
        "view:sun_azimuth": round(drawn.uniform(0, 360), 4),
        "view:sun_elevation": round(drawn.uniform(0, 90), 4),
        "landsat:wrs_path": f"{drawn.randrange(1, 234):03}",
        "landsat:wrs_row": f"{drawn.randrange(1, 249):03}",
        "landsat:collection_category": "T1",
        "proj:code": f"EPSG:326{drawn.randrange(1, 61):02}",
        "proj:shape": [7_741, 7_591],
        "proj:transform": [30, 0, drawn.randrange(900_000), 0, -30, drawn.randrange(9_000_000)],
    }
    return properties, _assets(id, _BANDS, 560), ["eo/v1.1.0", "view/v1.0.0", "projection/v2.0.0"]


def _aerial(id: str, drawn: random.Random) -> tuple[Document, Document, list[str]]:
    properties = {
        "gsd": drawn.choice((0.3, 0.6, 1.0)),
        "naip:state": drawn.choice(("ca", "tx", "ny", "wa", "co")),
        "naip:year": str(drawn.randrange(2015, 2024)),
        "proj:code": f"EPSG:269{drawn.randrange(10, 20)}",
    }
    return properties, _assets(id, ("image", "metadata", "thumbnail"), 130), ["projection/v2.0.0"]


def _assets(id: str, names: tuple[str, ...], words: int) -> Document:
    """Assets whose descriptions make documents as long as real ones are."""
    told = ("Level 2 pixels, calibrated and laid over terrain; see the handbook. " * 20)[:words]
    found: Document = {}
    for number, name in enumerate(names):
        found[name] = {
            "href": f"{_BUCKET}/{id}/{id}_{name}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": f"{name.title()} of {id}",
            "description": told,
            "roles": ["data"],
            "file:size": 1_000_000 + number,
            "file:checksum": "1220" + f"{number:064x}",
            "raster:bands": [{"data_type": "uint16", "nodata": 0, "scale": 0.0001}],
        }
        found[f"{name}-alternate"] = {
            "href": f"s3://archive/{id}/{id}_{name}.tif",
            "type": "image/tiff; application=geotiff",
            "title": f"{name.title()} of {id}, in the archive",
            "roles": ["data", "archive"],
        }
    return found
