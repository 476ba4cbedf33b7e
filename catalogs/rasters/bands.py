"""What each band holds, as STAC 1.1 says it (common metadata "bands", extensions raster and eo)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from catalogs.rasters.samples import Sample, data_bands

COMMON_NAMES = {
    "pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071",
    "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir",
    "lwir11", "lwir12",
}  # fmt: skip
_COLORS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}
_TYPES = {"complex64": "cfloat32", "complex128": "cfloat64", "complex_int16": "cint16"}


def bands(dataset: DatasetReader, sample: Sample) -> list[dict[str, Any]]:
    numbers = data_bands(dataset)
    names = _names(dataset, numbers)
    return [
        _band(dataset, number, name, sample.pixels[at], sample.masks[at])
        for at, (number, name) in enumerate(zip(numbers, names, strict=True))
    ]


def _names(dataset: DatasetReader, numbers: list[int]) -> list[str]:
    """What the file calls them, if it tells them apart; else b1, b2, ..."""
    said = [(dataset.descriptions[number - 1] or "").strip() for number in numbers]
    if all(said) and len(set(said)) == len(said):
        return said
    return [f"b{number}" for number in numbers]


def _band(
    dataset: DatasetReader, number: int, name: str, pixels: NDArray[Any], valid: NDArray[np.bool_]
) -> dict[str, Any]:
    at = number - 1
    dtype = dataset.dtypes[at]
    band: dict[str, Any] = {"name": name, "data_type": _TYPES.get(dtype, dtype)}
    said = (dataset.descriptions[at] or "").strip()
    if said and said != name:
        band["description"] = said
    if dataset.nodatavals[at] is not None:
        band["nodata"] = number_or_name(dataset.nodatavals[at])
    if dataset.units[at]:
        band["unit"] = dataset.units[at]
    if (dataset.scales[at], dataset.offsets[at]) != (1, 0):
        band["raster:scale"], band["raster:offset"] = dataset.scales[at], dataset.offsets[at]
    if common := common_name(said or name, dataset.colorinterp[at]):
        band["eo:common_name"] = common
    if statistics := _statistics(pixels, valid):
        band["statistics"] = statistics
    return band


def common_name(said: str, meaning: ColorInterp) -> str | None:
    plain = said.strip().lower()
    return plain if plain in COMMON_NAMES else _COLORS.get(meaning)


def number_or_name(value: float) -> float | int | str:
    """JSON has no NaN and no infinity; the raster extension spells them."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _statistics(pixels: NDArray[Any], valid: NDArray[np.bool_]) -> dict[str, float] | None:
    if pixels.dtype.kind == "c":
        return None
    values = pixels[valid].astype(np.float64)
    percent = round(100 * float(valid.mean()), 3)
    if not values.size:
        return {"valid_percent": 0.0}
    found = {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean()),
        "stddev": float(values.std()),
        "valid_percent": percent,
    }
    return {name: value for name, value in found.items() if math.isfinite(value)}
