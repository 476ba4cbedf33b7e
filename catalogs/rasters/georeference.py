"""Where a file's pixels lie: an affine transform, control points, or a camera model (RPC)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS as Proj
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.io import DatasetReader
from rasterio.transform import GCPTransformer, RPCTransformer

from catalogs.rasters.refusals import (
    LOCAL_CRS,
    NO_CRS,
    NO_GEOREFERENCE,
    NO_PLACE,
    NOT_EARTH,
    Rejected,
)

WGS84 = CRS.from_epsg(4326)
EARTH_RADIUS = (6_300_000, 6_400_000)  # metres; Mars has 3.4 million, Venus 6.05
Points = NDArray[np.float64]


class Georeference(NamedTuple):
    kind: str  # "affine", "gcps" or "rpc"
    crs: CRS
    to_crs: Callable[[Points, Points], tuple[Points, Points]]  # columns, rows -> x, y
    inverse: Affine | None = None  # x, y -> column, row

    def to_earth(self, columns: Points, rows: Points) -> tuple[Points, Points]:
        """Longitude and latitude of pixel corners; not finite where there is none."""
        x, y = self.to_crs(columns, rows)
        if self.crs == WGS84:
            return x, y
        longitudes, latitudes = _between(self.crs, WGS84).transform(x, y)
        return np.asarray(longitudes), np.asarray(latitudes)

    def to_pixel(self, longitude: float, latitude: float) -> tuple[float, float] | None:
        """Column and row of a place; none where the projection does not reach it."""
        x, y = _between(WGS84, self.crs).transform(longitude, latitude)
        if self.inverse is None or not (np.isfinite(x) and np.isfinite(y)):
            return None
        column, row = self.inverse * (x, y)
        return float(column), float(row)


def georeference(dataset: DatasetReader) -> Georeference:
    """Raises Rejected where the file does not say, or says another body than the Earth."""
    points, points_crs = dataset.gcps
    if dataset.crs and not _identity(dataset):
        return Georeference(
            "affine", _earthly(dataset.crs), _affine(dataset), _inverse(dataset.transform)
        )
    if points and points_crs:
        return Georeference("gcps", _earthly(points_crs), _by(GCPTransformer(points)))
    if dataset.rpcs:
        return Georeference("rpc", WGS84, _by(RPCTransformer(dataset.rpcs)))
    if dataset.crs:
        raise Rejected(NO_PLACE)
    raise Rejected(NO_GEOREFERENCE if _identity(dataset) and not points else NO_CRS)


def _identity(dataset: DatasetReader) -> bool:
    return tuple(dataset.transform)[:6] in ((1, 0, 0, 0, 1, 0), (1, 0, 0, 0, -1, 0))


def _inverse(transform: Affine) -> Affine:
    if transform.is_degenerate:
        raise Rejected(NO_PLACE)
    inverse: Affine = ~transform
    return inverse


def _affine(dataset: DatasetReader) -> Callable[[Points, Points], tuple[Points, Points]]:
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    return lambda columns, rows: (a * columns + b * rows + c, d * columns + e * rows + f)


def _by(transformer: Any) -> Callable[[Points, Points], tuple[Points, Points]]:
    def to_crs(columns: Points, rows: Points) -> tuple[Points, Points]:
        x, y = transformer.xy(rows, columns, offset="ul")
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    return to_crs


def _earthly(crs: CRS) -> CRS:
    try:
        known = Proj.from_wkt(crs.to_wkt())
    except (ProjError, CRSError) as fault:
        raise Rejected(LOCAL_CRS) from fault
    if known.ellipsoid is None:
        raise Rejected(LOCAL_CRS)
    if not EARTH_RADIUS[0] <= known.ellipsoid.semi_major_metre <= EARTH_RADIUS[1]:
        raise Rejected(NOT_EARTH)
    return crs


def _between(source: CRS, target: CRS) -> Transformer:
    """Gives infinity for places that a projection does not reach."""
    try:
        known, wanted = Proj.from_wkt(source.to_wkt()), Proj.from_wkt(target.to_wkt())
        return Transformer.from_crs(known, wanted, always_xy=True)
    except (ProjError, CRSError) as fault:
        raise Rejected(LOCAL_CRS) from fault


def metres_per_unit(crs: CRS, latitude: float) -> tuple[float, float]:
    """Of one unit of x and of y, near this latitude."""
    if crs.is_geographic:
        return 111_320 * max(np.cos(np.radians(latitude)), 0.01), 111_320
    _, factor = crs.linear_units_factor
    return factor, factor
