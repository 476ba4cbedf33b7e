"""A small picture of the file, as a person would want to see it."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader, MemoryFile

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
    pixels: NDArray[Any],
    valid: NDArray[np.bool_],
    palette: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    colors = _colored(pixels[0], palette) if palette else np.broadcast_to(pixels, (3, *valid.shape))
    alpha = np.where(valid, 255, 0) if len(colors) == 3 else np.where(valid, colors[3], 0)
    height, width = valid.shape
    form = {"driver": "WEBP", "height": height, "width": width, "count": 4, "dtype": "uint8"}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")  # a picture has no georeference
        with memory.open(**form) as picture:
            picture.write(np.stack([*colors[:3], alpha]).astype(np.uint8))
        return bytes(memory.read())


def _colored(pixels: NDArray[Any], palette: dict[int, tuple[int, ...]]) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of every pixel; a number without a colour is transparent."""
    table = np.zeros((max(palette) + 1, 4), dtype=np.uint8)
    table[list(palette)] = list(palette.values())
    known = (pixels >= 0) & (pixels < len(table))
    colored: NDArray[np.uint8] = table[np.where(known, pixels, 0)]
    return np.moveaxis(np.where(known[..., np.newaxis], colored, 0), -1, 0)
