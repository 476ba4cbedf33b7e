"""Regional scenes for the demo, cut from NASA's global pictures and georeferenced.

The pictures (Blue Marble, Earth at night, topography; public domain) are the whole Earth in plate
carrée, so that a pixel's place follows from its row and column alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.transform import Affine, from_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject

WGS84 = "EPSG:4326"


@dataclass(frozen=True)
class Scene:
    name: str  # of the file, and so of the item
    title: str
    box: tuple[float, float, float, float]  # west, south, east, north in degrees
    crs: str = WGS84


@dataclass(frozen=True)
class Series:
    """One global picture, and the collection that its scenes make."""

    id: str
    title: str
    description: str
    keywords: tuple[str, ...]
    picture: str
    taken: str  # as TIFFTAG_DATETIME has it
    public: bool
    scenes: tuple[Scene, ...]


SERIES = (
    Series(
        id="blue-marble",
        title="Blue Marble",
        description="Regions of NASA's *Blue Marble: Next Generation*, a cloudless true-colour "
        "picture of the Earth made of MODIS observations. The date stands for the data set, not "
        "for a pass of the satellite.",
        keywords=("MODIS", "true colour", "land", "ocean"),
        picture="earth-blue-marble.jpg",
        taken="2004:07:01 00:00:00",
        public=True,
        scenes=(
            Scene("blue-marble-alps", "Around the Alps", (-6, 36, 24, 56), "EPSG:32632"),
            Scene("blue-marble-nile", "The Nile, the Red Sea, Arabia", (20, 8, 62, 38)),
            Scene("blue-marble-himalaya", "The Himalaya and Tibet", (66, 20, 106, 46)),
            Scene("blue-marble-greenland", "Greenland", (-76, 58, -8, 84), "EPSG:3413"),
            Scene("blue-marble-amazon", "The Amazon", (-82, -24, -34, 14)),
        ),
    ),
    Series(
        id="night-lights",
        title="Earth at night",
        description="Regions of NASA's *Earth at Night*, the lights of cities seen by Suomi NPP "
        "on cloudless nights. The date stands for the data set.",
        keywords=("VIIRS", "night", "cities"),
        picture="earth-night.jpg",
        taken="2012:10:01 00:00:00",
        public=True,
        scenes=(
            Scene("night-lights-nile", "The Nile at night", (20, 8, 62, 38)),
            Scene("night-lights-europe", "Europe at night", (-12, 35, 42, 62)),
            Scene("night-lights-japan", "Japan and Korea at night", (120, 28, 150, 48)),
        ),
    ),
    Series(
        id="topography",
        title="Topography",
        description="Regions of NASA's global topography picture: the brighter, the higher. "
        "The steps of grey are not metres.",
        keywords=("elevation", "relief"),
        picture="earth-topology.png",
        taken="2005:07:01 00:00:00",
        public=False,
        scenes=(
            Scene("topography-andes", "The Andes", (-84, -56, -34, 14)),
            Scene("topography-himalaya", "The roof of the world", (66, 20, 106, 46)),
            Scene("topography-alps", "The Alps in relief", (-6, 36, 24, 56), "EPSG:32632"),
        ),
    ),
)


def cut(pictures: Path, series: Series, folder: Path) -> Iterator[tuple[Scene, Path]]:
    """One GeoTIFF for each scene of the series."""
    with Image.open(pictures / series.picture) as picture:
        world = np.asarray(picture)
    if world.ndim == 2:
        world = world[:, :, np.newaxis]
    for scene in series.scenes:
        path = folder / f"{scene.name}.tif"
        _write(path, _window(world, scene.box), series, scene)
        yield scene, path


def _window(world: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    height, width = world.shape[:2]
    west, south, east, north = box
    columns = slice(round((west + 180) / 360 * width), round((east + 180) / 360 * width))
    rows = slice(round((90 - north) / 180 * height), round((90 - south) / 180 * height))
    return np.moveaxis(world[rows, columns], 2, 0)


def _write(path: Path, pixels: np.ndarray, series: Series, scene: Scene) -> None:
    bands, height, width = pixels.shape
    transform = from_bounds(*scene.box, width, height)
    if scene.crs != WGS84:
        pixels, transform = _reproject(pixels, transform, scene)
        bands, height, width = pixels.shape
    profile = {
        "driver": "GTiff",
        "crs": scene.crs,
        "transform": transform,
        "count": bands,
        "height": height,
        "width": width,
        "dtype": "uint8",
        "compress": "deflate",
        # What reprojection leaves empty is no picture of black ground.
        "nodata": 0 if scene.crs != WGS84 else None,
        "photometric": "RGB" if bands == 3 else "MINISBLACK",
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels)
        file.update_tags(
            TIFFTAG_DATETIME=series.taken,
            TIFFTAG_IMAGEDESCRIPTION=f"{series.title}: {scene.title}",
            TIFFTAG_COPYRIGHT="NASA, public domain",
        )


def _reproject(pixels: np.ndarray, transform: Affine, scene: Scene) -> tuple[np.ndarray, Affine]:
    bands, height, width = pixels.shape
    target, columns, rows = calculate_default_transform(WGS84, scene.crs, width, height, *scene.box)
    projected = np.zeros((bands, rows, columns), "uint8")
    reproject(
        # Black ground keeps a trace of light, since 0 now means "no picture here".
        np.maximum(pixels, 1),
        projected,
        src_transform=transform,
        src_crs=WGS84,
        dst_transform=target,
        dst_crs=scene.crs,
        resampling=Resampling.bilinear,
        src_nodata=0,
        dst_nodata=0,
    )
    return projected, target
