"""What is in a GeoTIFF: all that an item says of it. Runs in the confined child."""

from typing import Any

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader
from rio_cogeo.cogeo import cog_validate

from catalogs.rasters import channel, dates
from catalogs.rasters.bands import bands
from catalogs.rasters.channel import Channel
from catalogs.rasters.file import File
from catalogs.rasters.footprint import footprint
from catalogs.rasters.georeference import Georeference, georeference, metres_per_unit
from catalogs.rasters.samples import MOST_BANDS, Sample, sample
from catalogs.rasters.thumbnail import thumbnail


def describe(file: File, request: dict[str, Any], talk: Channel) -> dict[str, Any]:
    with file.dataset() as dataset:
        place = georeference(dataset)
        talk.say(channel.PROGRESS, 0.1)
        pixels = sample(dataset)
        talk.say(channel.PROGRESS, 0.6)
        geometry, bbox = footprint(pixels.valid, dataset.width, dataset.height, place)
        talk.say(channel.PROGRESS, 0.8)
        talk.send(channel.ATTACHMENT, thumbnail(dataset, pixels))
        found = dates.find(dataset, request["filename"])
        return {
            "geometry": geometry,
            "bbox": bbox,
            "georeference": place.kind,
            "projection": projection(dataset, place),
            "gsd": gsd(dataset, place, bbox),
            "bands": bands(dataset, pixels),
            "date": date(found) if found else None,
            "cog": is_cog(dataset),
            "notes": notes(dataset, place, pixels),
        }


def projection(dataset: DatasetReader, place: Georeference) -> dict[str, Any]:
    """The projection extension, version 2: code, or WKT2 where there is none."""
    fields: dict[str, Any] = {"proj:shape": [dataset.height, dataset.width]}
    if place.kind == "affine":
        fields["proj:transform"] = [float(value) for value in dataset.transform]
        fields["proj:bbox"] = _native_box(dataset)
    code = place.crs.to_epsg()
    fields["proj:code"] = f"EPSG:{code}" if code else None
    if not code:
        fields["proj:wkt2"] = place.crs.to_wkt(version="WKT2_2019")
    return fields


def _native_box(dataset: DatasetReader) -> list[float]:
    """Around all corners, so that it holds for rotated and south-up files too."""
    corners = [
        dataset.transform * corner for corner in ((0, 0), (dataset.width, 0), (0, dataset.height))
    ]
    corners.append(dataset.transform * (dataset.width, dataset.height))
    xs, ys = zip(*corners, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def gsd(dataset: DatasetReader, place: Georeference, bbox: list[float]) -> float | None:
    """Metres between pixels, by the coarser side; none for what no map lies under."""
    if place.kind != "affine":
        return None
    latitude = (bbox[1] + bbox[3]) / 2
    x, y = metres_per_unit(place.crs, latitude)
    a, b, _, d, e, _ = tuple(dataset.transform)[:6]
    size = max(((a * x) ** 2 + (d * y) ** 2) ** 0.5, ((b * x) ** 2 + (e * y) ** 2) ** 0.5)
    return float(f"{size:.6g}") if size > 0 else None


def date(found: dates.Found) -> dict[str, str | None]:
    return {
        "start": dates.text(found.start),
        "end": dates.text(found.end) if found.end else None,
        "from": found.source,
        "text": found.text,
    }


def is_cog(dataset: DatasetReader) -> bool:
    valid, _, _ = cog_validate(dataset.name, quiet=True)
    return bool(valid)


def notes(dataset: DatasetReader, place: Georeference, pixels: Sample) -> list[str]:
    """What a reviewer should know; none of it blocks."""
    said = []
    if place.kind == "rpc":
        said.append(
            "The footprint is approximate: it follows the camera model (RPC) at one height, "
            "without the terrain."
        )
    if place.kind == "gcps":
        said.append("The footprint follows the file's ground control points.")
    if not pixels.whole:
        said.append("Footprint and statistics come from a sample of the pixels.")
    if dataset.count > MOST_BANDS:
        said.append(f"The first {MOST_BANDS} of {dataset.count} bands are described.")
    if ColorInterp.palette in dataset.colorinterp:
        said.append("The pixels are classes with colours of their own (a palette).")
    return said
