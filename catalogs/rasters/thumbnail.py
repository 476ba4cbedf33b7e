"""A small picture of the file, as a person would want to see it."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader
from rio_tiler.models import ImageData

from catalogs.rasters.samples import Sample, data_bands

LONGEST = 512
MEDIA_TYPE, EXTENSION = "image/webp", "webp"
_COLORS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


def thumbnail(dataset: DatasetReader, sample: Sample) -> bytes:
    """WebP with what is not valid left transparent; colours by palette, else stretched."""
    step = max(1, -(-max(sample.valid.shape) // LONGEST))
    valid = sample.valid[::step, ::step]
    chosen = [sample.pixels[at][::step, ::step] for at in _chosen(dataset)]
    palette = _palette(dataset)
    if palette:
        return _render(chosen[0][np.newaxis], valid, palette)
    masks = [sample.masks[at][::step, ::step] for at in _chosen(dataset)]
    if len(chosen) == 3 and all(band.dtype == np.uint8 for band in chosen):
        return _render(np.stack(chosen), valid)  # colours as they were meant
    stretched = [stretch(band, mask) for band, mask in zip(chosen, masks, strict=True)]
    return _render(np.stack(stretched), valid)


def _chosen(dataset: DatasetReader) -> list[int]:
    """Which of the sampled bands: red, green and blue where the file says so, or the first."""
    numbers = data_bands(dataset)
    meanings = [dataset.colorinterp[number - 1] for number in numbers]
    if all(color in meanings for color in _COLORS):
        return [meanings.index(color) for color in _COLORS]
    said = [(dataset.descriptions[number - 1] or "").strip().lower() for number in numbers]
    if all(name in said for name in ("red", "green", "blue")):
        return [said.index(name) for name in ("red", "green", "blue")]
    return [0, 1, 2] if len(numbers) in (3, 4) else [0]


def _palette(dataset: DatasetReader) -> dict[int, tuple[int, ...]] | None:
    if dataset.colorinterp[0] is not ColorInterp.palette:
        return None
    return dict(dataset.colormap(1))


def stretch(pixels: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Percentiles 2 to 98 over the whole range of grey."""
    values = np.abs(pixels) if pixels.dtype.kind == "c" else pixels
    values = values.astype(np.float64)
    if not valid.any():
        return np.zeros(pixels.shape, dtype=np.uint8)
    low, high = np.percentile(values[valid], (2, 98))
    if high <= low:
        low, high = low - 0.5, low + 0.5
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.clip((values - low) / (high - low), 0, 1) * 255
    return np.where(valid, np.nan_to_num(scaled), 0).astype(np.uint8)


def _render(
    pixels: NDArray[Any], valid: NDArray[np.bool_], palette: dict[int, Any] | None = None
) -> bytes:
    image = ImageData(np.ma.MaskedArray(pixels, mask=np.broadcast_to(~valid, pixels.shape)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture has no georeference
        return bytes(image.render(img_format="WEBP", colormap=palette))
