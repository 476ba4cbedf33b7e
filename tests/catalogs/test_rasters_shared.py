"""Real files, odd and broken ones too: each gives a right item or a right refusal.

They are read where they lie (GISTAC_SHARED); what GDAL says of each is in their manifest.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.warp import transform as reproject

from catalogs import found
from catalogs.rasters import reader
from catalogs.rasters.formats import refusal_for_bytes
from catalogs.rasters.refusals import Rejected
from catalogs.stac.models import Collection, Item
from catalogs.stac.transactions import HeldFile

FOLDER = os.environ.get("GISTAC_SHARED", "")
MANIFEST = Path(FOLDER, "data", "manifest.json")
if not FOLDER or not MANIFEST.is_file():
    pytest.skip("GISTAC_SHARED names no folder with sample rasters.", allow_module_level=True)

FILES = {
    entry["path"].removeprefix("data/"): entry
    for entry in json.loads(MANIFEST.read_text())
    if entry["path"].startswith("data/")
}
TIFFS = sorted(path for path in FILES if path.lower().endswith((".tif", ".tiff")))
OTHERS = sorted(path for path in set(FILES) - set(TIFFS) if not path.endswith(".msk"))

# Refusals by the folder that a file lies in, and of single files.
BY_KIND = {
    "plain-image-no-georeference": "no-georeference",
    "no-crs-but-transform": "no-crs",
    "not-earth": "not-earth",
}
BY_FILE = {
    "corrupt/image-tiff__graydepth-invert-overflow-5a0aad5024cc4ff3.tiff": "damaged",
    "corrupt/image-tiff__sample-get-lzw-stuck.tiff": "no-georeference",
    "made/all-nodata.tif": "no-valid-pixels",
    "made/empty.tif": "empty",
    "made/ifd-offset-beyond-end.tif": "damaged",
    "made/no-crs.tif": "no-crs",
    "made/text-called.tif": "not-a-tiff",
    "made/truncated.tif": "damaged",
    # Every pixel of these is their nodata value.
    "16-or-32-bit/modis__MCD43A4.A2022073.h28v08.006.2022082044758_B01_cropped.TIF": (
        "no-valid-pixels"
    ),
    "16-or-32-bit/rasterio__all-nodata.tif": "no-valid-pixels",
    "south-up/rio-tiler__inverted_lat.tif": "no-valid-pixels",
}
DATES = {
    "S2A_MSIL2A_20220722T105631": "2022-07-22T10:56:31Z",
    "LC08_L2SP_005009_20150710": "2015-07-10T00:00:00Z",
    "s20211451811238": "2021-05-25T18:11:23Z",
    "AST_L1T_00305032000040446": "2000-05-03T04:04:46Z",
    "monthly_1972-03": "1972-03-01T00:00:00Z",
    "LCMAP_CU_001004_1999": "1999-01-01T00:00:00Z",
    "m_3008501_ne_16_1_20110815": "2011-08-15T00:00:00Z",
    "tagged-datetime": "2021-06-05T04:03:02Z",
}


def describe(path: str) -> dict[str, Any] | str:
    """The description, or the refusal's code."""
    whole = Path(FOLDER, "data", "data", path)
    size = whole.stat().st_size
    source = reader.Source(size, whole, lambda start, length: b"")
    filename = whole.name.rpartition("__")[2]
    try:
        answer = reader.run("describe", source, reader.describing(size), filename=filename)
    except Rejected as rejected:
        return rejected.refusal.code
    assert answer.attachment[8:12] == b"WEBP"
    return answer.document


@pytest.mark.parametrize("path", TIFFS, ids=[path[-70:] for path in TIFFS])
def test_every_tiff_gives_a_right_item_or_a_right_refusal(path):
    described = describe(path)
    expected = BY_FILE.get(path) or BY_KIND.get(path.split("/", maxsplit=1)[0])
    if expected:
        assert described == expected
        return
    assert isinstance(described, dict), described
    gdal = FILES[path]["gdal"]
    projection = described["projection"]
    assert projection["proj:shape"] == [gdal["height"], gdal["width"]]
    if described["georeference"] == "affine":
        code = projection["proj:code"]
        assert code == (f"EPSG:{gdal['epsg']}" if gdal.get("epsg") else None)
        assert code or projection["proj:wkt2"]
        assert_inside(path, described["geometry"])
    alpha = gdal.get("interp", []).count("alpha")
    assert len(described["bands"]) == gdal["count"] - alpha
    for said, date in DATES.items():
        if said in path:
            assert described["date"]["start"] == date
    assert_item(described)


def assert_inside(path: str, geometry: dict[str, Any]) -> None:
    """Every vertex lies within GDAL's bounds of the file, give or take a sampled pixel."""
    shape = shapely.geometry.shape(geometry)
    assert shape.is_valid
    points = shapely.get_coordinates(shape)
    with rasterio.open(Path(FOLDER, "data", "data", path)) as dataset:
        x, y = reproject("EPSG:4326", dataset.crs, points[:, 0], points[:, 1])
        columns, rows = ~dataset.transform * (np.array(x), np.array(y))
        if dataset.crs.is_geographic:  # longitudes of a file may run from 0 to 360
            turn = 360 / abs(dataset.transform.a)
            columns = np.where(columns < -1, columns + turn, columns)
            columns = np.where(columns > dataset.width + 1, columns - turn, columns)
        give = max(2, dataset.width / 200, dataset.height / 200)
        assert columns.min() >= -give
        assert columns.max() <= dataset.width + give
        assert rows.min() >= -give
        assert rows.max() <= dataset.height + give


def assert_item(described: dict[str, Any]) -> None:
    """The catalog takes it: STAC's schemas, geometry, dates."""
    held = [HeldFile("data", "o/x/a.tif", 1, "1220" + 64 * "0", found.GEOTIFF)]
    document = found.document_of("item", described, held)
    if document["properties"]["datetime"] is None and not described["date"]:
        document["properties"]["datetime"] = "2020-01-01T00:00:00Z"
    item = Item.from_stac(document, Collection(pk="c"), ["data"])
    west, south, east, north = described["bbox"]
    assert -180 <= west <= 180
    assert -180 <= east <= 180
    assert -90 <= south <= north <= 90
    assert item.geometry is not None


@pytest.mark.parametrize("path", OTHERS)
def test_every_other_format_is_named_in_its_refusal(path):
    head = Path(FOLDER, "data", "data", path).read_bytes()[:64]
    refusal = refusal_for_bytes(head)
    assert refusal is not None
    assert refusal.code in ("other-format", "not-a-tiff", "empty")


def test_special_places():
    assert describe("made/over-the-pole.tif")["bbox"][2:] == [180, 90]
    crossing = describe("made/crosses-antimeridian.tif")["bbox"]
    assert crossing[0] > crossing[2]
    assert "approximate" in describe("made/rpc.tif")["notes"][0]
    assert "control points" in describe("made/gcps.tif")["notes"][0]
    assert describe("made/scale-offset.tif")["bands"][0]["raster:scale"] != 1
    assert describe("made/complex.tif")["bands"][0]["data_type"] == "cfloat32"
    assert describe("made/float-nan-and-nodata.tif")["bands"][0]["nodata"] == -9999
