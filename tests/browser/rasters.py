"""GeoTIFFs that the tests drop, made with what a real scene has: relief, noise, a position."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

METRES = 10
POSITION = {
    "crs": "EPSG:32629",
    "transform": from_origin(480_000, 4_290_000, METRES, METRES),
}


def scene(
    path: Path, megabytes: float = 0.2, bands: int = 3, dated: bool = True, place: bool = True
) -> Path:
    """An uncompressed scene of about this size near Lisbon, in UTM zone 29 north."""
    bands = 3
    side = max(16, round((megabytes * 1e6 / bands) ** 0.5))
    rng = np.random.default_rng(len(path.name) + side)
    y, x = np.mgrid[0:side, 0:side] * (12 / side)
    relief = np.sin(x) * np.cos(y * 1.3) + 0.4 * np.sin(3.1 * x + y)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=side,
        height=side,
        count=bands,
        dtype="uint8",
        **(POSITION if place else {}),
    ) as raster:
        for band in range(1, bands + 1):
            noise = rng.normal(0, 6, (side, side))
            raster.write(np.clip(120 + 60 * relief / band + noise, 1, 255).astype("uint8"), band)
        if dated:
            raster.update_tags(TIFFTAG_DATETIME="2024:06:01 10:30:00")
    return path
