"""A catalog to look at: collections and items made by the core's own verbs, bytes in the bucket."""

import hashlib
import io
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image

from catalogs.stac import transactions
from catalogs.stac.models import Collection, Item

COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def collection(id: str = "scenes", visibility: str = "public", **more: Any) -> Collection:
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": id,
        "title": f"The {id}",
        "description": "Scenes of **somewhere**.",
        "license": "CC-BY-4.0",
        "links": [],
        **more,
    }
    return transactions.create_collection(document, visibility, derived=True)


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A GeoJSON rectangle; west > east is cut at 180°."""

    def ring(left: float, right: float) -> list[list[list[float]]]:
        corners = [[left, south], [right, south], [right, north], [left, north]]
        return [[*corners, corners[0]]]

    if west <= east:
        return {"type": "Polygon", "coordinates": ring(west, east)}
    return {"type": "MultiPolygon", "coordinates": [ring(west, 180), ring(-180, east)]}


def document(id: str, where: tuple[float, float, float, float], **properties: Any) -> Any:
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": id,
        "geometry": box(*where),
        "bbox": list(where),
        "properties": {"datetime": "2024-05-01T10:00:00Z", **properties},
        "links": [],
        "assets": {},
    }


def item(
    into: Collection,
    id: str,
    where: tuple[float, float, float, float] = (10, 45, 12, 47),
    held: list[transactions.HeldFile] | None = None,
    assets: dict[str, Any] | None = None,
    **properties: Any,
) -> Item:
    made = document(id, where, **properties)
    made["assets"] = {
        **{file.key: {"href": file.name, "type": file.media_type} for file in held or []},
        **(assets or {}),
    }
    return transactions.create_item(into, made, held or [])


def file(key: str, content: bytes, media_type: str) -> transactions.HeldFile:
    """Bytes in the bucket, as an upload leaves them there."""
    digest = hashlib.sha256(content).hexdigest()
    name = storages["assets"].save(f"o/tests/{digest[:16]}", ContentFile(content))
    return transactions.HeldFile(key, name, len(content), f"1220{digest}", media_type)


def picture(colour: str = "#3377aa") -> transactions.HeldFile:
    written = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(written, "PNG")
    return file("thumbnail", written.getvalue(), "image/png")
