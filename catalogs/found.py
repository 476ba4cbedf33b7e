"""From the description of a file to the draft of an item."""

import re
import unicodedata
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from catalogs import collections
from catalogs.models import Draft, Upload
from catalogs.stac.models import Item
from catalogs.stac.transactions import HeldFile

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
RASTER = "https://stac-extensions.github.io/raster/v2.0.0/schema.json"
EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
GEOTIFF = "image/tiff; application=geotiff"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"

_TITLES = {
    "data": "The file as uploaded",
    "cog": "Cloud Optimized GeoTIFF",
    "thumbnail": "Thumbnail",
}
_ROLES = {"data": ["data"], "cog": ["data", "cloud-optimized"], "thumbnail": ["thumbnail"]}


def make(upload: Upload, description: dict[str, Any], held: list[HeldFile]) -> Draft:
    """Call inside the job's last transaction."""
    id, title = _named(upload)
    document = document_of(id, description, held)
    sources: dict[str, Any] = {"id": {"from": Draft.Source.FILE_NAME}}
    if title:
        document["properties"]["title"] = title
        sources["title"] = {"from": Draft.Source.FILE_NAME}
    sources |= _sources(description)
    draft, _ = Draft.objects.update_or_create(
        pk=upload.pk,
        defaults={
            "upload": upload,
            "collection": upload.collection,
            "document": document,
            "sources": sources,
            "held": [asdict(file) for file in held],
            "notes": description["notes"],
        },
    )
    return draft


def _named(upload: Upload) -> tuple[str, str]:
    """An id that no item and no other draft has; a title where the id is not the name."""
    stem = PurePath(upload.filename).stem
    wanted = safe_id(stem)
    taken = set(
        Item.objects.filter(collection=upload.collection, stac_id__startswith=wanted).values_list(
            "stac_id", flat=True
        )
    )
    others = Draft.objects.filter(collection=upload.collection).exclude(pk=upload.pk)
    taken |= set(others.values_list("document__id", flat=True))
    return collections.free(wanted, taken), "" if wanted == stem else stem


def safe_id(stem: str) -> str:
    """Letters of any script, digits, and . _ ~ -; nothing that an address would have to escape."""
    plain = unicodedata.normalize("NFC", stem)
    words = re.sub(r"[^\w.~-]+", "-", plain).strip("-.") or "file"
    return words.encode()[:200].decode(errors="ignore")


def document_of(id: str, description: dict[str, Any], held: list[HeldFile]) -> dict[str, Any]:
    """The STAC Item of a described file, its hrefs to be set when it is published."""
    properties: dict[str, Any] = {"datetime": None, **description["projection"]}
    if date := description["date"]:
        properties |= _dates(date)
    if description["gsd"] is not None:
        properties["gsd"] = description["gsd"]
    assets = {file.key: _asset(file, description) for file in held}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": _extensions(description),
        "id": id,
        "geometry": description["geometry"],
        "bbox": description["bbox"],
        "properties": properties,
        "links": [],
        "assets": assets,
    }


def _dates(date: dict[str, Any]) -> dict[str, Any]:
    if date["end"]:
        return {"datetime": None, "start_datetime": date["start"], "end_datetime": date["end"]}
    return {"datetime": date["start"]}


def _extensions(description: dict[str, Any]) -> list[str]:
    fields = {name.split(":")[0] for band in description["bands"] for name in band if ":" in name}
    found = [PROJECTION, FILE]
    return found + [uri for prefix, uri in (("raster", RASTER), ("eo", EO)) if prefix in fields]


def _asset(file: HeldFile, description: dict[str, Any]) -> dict[str, Any]:
    asset: dict[str, Any] = {
        "href": file.key,
        "title": _TITLES[file.key],
        "type": file.media_type,
        "roles": _ROLES[file.key],
        "file:size": file.size,
        "file:checksum": file.checksum,
    }
    if file.key != "thumbnail":
        asset["bands"] = description["bands"]
    return asset


def _sources(description: dict[str, Any]) -> dict[str, Any]:
    """Where each derived field came from, for the badges of the review."""
    tag = {"from": Draft.Source.TAG}
    guessed = {"from": Draft.Source.GUESSED}
    sources: dict[str, Any] = {
        "geometry": guessed if description["georeference"] == "rpc" else tag,
        "projection": tag,
        "bands": tag,
    }
    if description["gsd"] is not None:
        sources["gsd"] = tag
    if date := description["date"]:
        said = {"from": date["from"], "text": date["text"]}
        sources |= dict.fromkeys(_dates(date), said)
    return sources
