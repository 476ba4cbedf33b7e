"""Documents to write."""

from typing import Any

Document = dict[str, Any]


def collection(id: str = "c", **more: Any) -> Document:
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": id,
        "description": "Scenes of somewhere.",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[None, None]]},
        },
        "links": [],
        **more,
    }


def square(west: float, south: float, size: float = 1) -> Document:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def item(id: str = "i", west: float = 10, south: float = 50, **more: Any) -> Document:
    """One degree square at a place; properties are added by `properties`."""
    properties = {"datetime": "2020-01-01T00:00:00Z", **more.pop("properties", {})}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": id,
        "geometry": square(west, south),
        "bbox": [west, south, west + 1, south + 1],
        "properties": properties,
        "links": [],
        "assets": {"data": {"href": "https://example.org/a.tif", "type": "image/tiff"}},
        **more,
    }


def nowhere(id: str = "nowhere", **more: Any) -> Document:
    document = item(id, geometry=None, **more)
    del document["bbox"]
    return document
