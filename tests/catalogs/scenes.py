"""GeoTIFFs made on the spot: small, and each odd in its own way."""

import io
from typing import Any

import numpy as np
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

PLACE = {"crs": "EPSG:32633", "transform": from_origin(500_000, 4_600_000, 30, 30)}


def scene(
    width: int = 96, height: int = 96, bands: int = 1, seed: int = 0, **options: Any
) -> bytes:
    """Bytes of a GeoTIFF with pixels that differ; `tags`, `pixels` and profile as wanted."""
    tags = options.pop("tags", {})
    domain = options.pop("domain", None)
    names = options.pop("names", ())
    pixels = options.pop("pixels", None)
    profile = {"dtype": "uint8", **PLACE, **options}
    if pixels is None:
        generator = np.random.default_rng(seed)
        pixels = generator.integers(1, 255, (bands, height, width)).astype(profile["dtype"])
    count, height, width = pixels.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=width, height=height, count=count, **profile
        ) as made:
            made.write(pixels)
            if tags:
                made.update_tags(ns=domain, **tags)
            for number, name in enumerate(names, 1):
                made.set_band_description(number, name)
        return bytes(memory.read())


def opened(data: bytes) -> Any:
    return rasterio.open(io.BytesIO(data))
