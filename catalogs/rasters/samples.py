"""A picture of the whole file small enough to hold: what all descriptions are made of."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

LONGEST = 1024  # pixels of the longer side
MOST_BANDS = 64  # described one by one; the rest are only counted
BUDGET = 1024**3  # bytes to unpack at most for one sample


class Sample(NamedTuple):
    pixels: NDArray[Any]  # bands, rows, columns
    valid: NDArray[np.bool_]  # rows, columns: any band has data there
    masks: NDArray[np.bool_]  # bands, rows, columns
    whole: bool  # every pixel of the file was read


def sample(dataset: DatasetReader) -> Sample:
    bands = data_bands(dataset)
    height, width = shape(dataset, len(bands))
    pixels = dataset.read(bands, out_shape=(len(bands), height, width))
    masks = _masks(dataset, bands, (height, width), pixels)
    whole = (height, width) == (dataset.height, dataset.width)
    return Sample(pixels, masks.any(axis=0), masks, whole)


def data_bands(dataset: DatasetReader) -> list[int]:
    """Numbers of the bands to describe; alpha is no data."""
    found = [
        number
        for number, meaning in zip(dataset.indexes, dataset.colorinterp, strict=True)
        if meaning is not ColorInterp.alpha
    ]
    return (found or list(dataset.indexes))[:MOST_BANDS]


def shape(dataset: DatasetReader, bands: int) -> tuple[int, int]:
    """Rows and columns of the sample: fewer where the file has no overviews to read from."""
    longest = LONGEST if bands <= 8 else LONGEST // 2
    while True:
        shrink = min(1.0, longest / max(dataset.height, dataset.width))
        rows = max(1, round(dataset.height * shrink))
        columns = max(1, round(dataset.width * shrink))
        if longest <= 64 or _cost(dataset, rows, columns, bands) <= BUDGET:
            return rows, columns
        longest //= 2


def _cost(dataset: DatasetReader, rows: int, columns: int, bands: int) -> float:
    """Bytes to unpack: the blocks that hold at least one sampled pixel."""
    overviews = [level for level in dataset.overviews(1) if level * rows <= dataset.height]
    level = max(overviews, default=1)
    block_rows, block_columns = dataset.block_shapes[0]
    down = min(rows, math.ceil(dataset.height / level / block_rows))
    across = min(columns, math.ceil(dataset.width / level / block_columns))
    depth = np.dtype(_plain(dataset.dtypes[0])).itemsize
    return float(down * across * block_rows * block_columns * depth * bands)


def _plain(dtype: str) -> str:
    return "complex64" if dtype == "complex_int16" else dtype


def _masks(
    dataset: DatasetReader, bands: list[int], size: tuple[int, int], pixels: NDArray[Any]
) -> NDArray[np.bool_]:
    """What GDAL calls valid, and is a number: NaN is no data whether it is declared or not."""
    if all(MaskFlags.all_valid in dataset.mask_flag_enums[band - 1] for band in bands):
        valid = np.ones(pixels.shape, dtype=bool)
    else:
        valid = dataset.read_masks(bands, out_shape=(len(bands), *size)) > 0
    if pixels.dtype.kind in "fc":
        valid &= np.isfinite(pixels)
    return valid
