"""The outline of the valid pixels, in longitude and latitude."""

from typing import Any

import antimeridian
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import MultiPolygon, Polygon, mapping, shape

from catalogs.rasters.georeference import Georeference
from catalogs.rasters.refusals import NO_PIXELS, OUTSIDE, Rejected

MOST_PARTS = 12
MOST_POINTS = 400
MOST_EDGES = 20_000  # between valid cells and others, along the rows
STEPS = 48  # points along the longer side, so that edges bend as the projection does
SMALL = 0.005  # of the whole: smaller holes and islands are left out
OVER = 1.0  # degrees beyond the Earth that rounding and pixel centres explain


def footprint(
    valid: NDArray[np.bool_], width: int, height: int, place: Georeference
) -> tuple[dict[str, Any], list[float]]:
    """GeoJSON geometry and bbox; west > east where it crosses the antimeridian."""
    if not valid.any():
        raise Rejected(NO_PIXELS)
    outline = _outline(valid)
    rows, columns = valid.shape
    in_pixels = shapely.transform(outline, lambda xy: xy * [width / columns, height / rows])
    bent = shapely.segmentize(in_pixels, max(width, height) / STEPS)
    on_earth = _on_earth(bent, place)
    north, south = (_holds(in_pixels, place, latitude) for latitude in (90, -90))
    fixed = antimeridian.fix_multi_polygon(
        on_earth, force_north_pole=north, force_south_pole=south, fix_winding=True
    )
    geometry = _thin(_valid(fixed))
    return _rounded(geometry), _box(geometry)


def _holds(in_pixels: Any, place: Georeference, pole: float) -> bool:
    """Whether the pole lies inside, where longitudes say nothing."""
    at = place.to_pixel(0, pole) if place.kind == "affine" and not place.crs.is_geographic else None
    return at is not None and bool(in_pixels.intersects(shapely.Point(at)))


def _box(geometry: Any) -> list[float]:
    """GeoJSON's bbox (RFC 7946, 5): west > east where the parts meet at the antimeridian."""
    west, south, east, north = geometry.bounds
    sides = sorted((part.bounds[0], part.bounds[2]) for part in _polygons(geometry))
    if west == -180 and east == 180:
        gap, reach = (0.0, 0.0), sides[0][1]
        for start, end in sides:
            gap = max(gap, (start - reach, start))
            reach = max(reach, end)
        if gap[0] > 0:
            west, east = gap[1], gap[1] - gap[0]
    return [round(side, 7) for side in (west, south, east, north)]


def _outline(valid: NDArray[np.bool_]) -> MultiPolygon:
    """Around the valid cells of the grid, without specks."""
    if valid.all():
        rows, columns = valid.shape
        return MultiPolygon([shapely.box(0, 0, columns, rows)])
    valid, across, down = _coarser(valid)
    outline = _without_islands(valid)
    return shapely.transform(outline, lambda xy: xy * [across, down])


def _coarser(valid: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float, float]:
    """Cells are joined until the outline is no maze; and how many cells wide and high each is."""
    rows, columns = valid.shape
    while np.count_nonzero(valid[:, 1:] != valid[:, :-1]) > MOST_EDGES:
        high, wide = (max(1, side // 2) for side in valid.shape)
        down = np.arange(high) * valid.shape[0] // high
        across = np.arange(wide) * valid.shape[1] // wide
        valid = np.logical_or.reduceat(valid, down, axis=0)
        valid = np.logical_or.reduceat(valid, across, axis=1)
    return valid, columns / valid.shape[1], rows / valid.shape[0]


def _without_islands(valid: NDArray[np.bool_]) -> MultiPolygon:
    found = [shape(outline) for outline, value in shapes(valid.astype("uint8"), mask=valid)]
    found.sort(key=lambda part: part.area, reverse=True)
    least = SMALL * found[0].area
    parts = [_without_specks(part, least) for part in found[:MOST_PARTS] if part.area >= least]
    return MultiPolygon(_polygons(shapely.union_all(parts)))


def _without_specks(part: Any, least: float) -> Any:
    holes = [ring for ring in part.interiors if Polygon(ring).area >= least]
    whole = Polygon(part.exterior, holes)
    for tolerance in (0.75, 1.5, 3, 6, 12, 24):  # cells: straight edges instead of stairs
        simple = whole.simplify(tolerance)
        if shapely.get_num_coordinates(simple) <= MOST_POINTS // 4:
            break
    return simple if isinstance(simple, Polygon) and simple.is_valid else whole.convex_hull


def _polygons(geometry: Any) -> list[Polygon]:
    parts = getattr(geometry, "geoms", [geometry])
    return [part for part in parts if isinstance(part, Polygon) and not part.is_empty]


def _on_earth(geometry: Any, place: Georeference) -> MultiPolygon:
    parts = [_part_on_earth(part, place) for part in _polygons(geometry)]
    found = [part for part in parts if part is not None]
    if not found:
        raise Rejected(OUTSIDE)
    return MultiPolygon(found)


def _part_on_earth(part: Polygon, place: Georeference) -> Polygon | None:
    outer = _ring_on_earth(part.exterior.coords, place)
    if outer is None:
        return None
    inner = [_ring_on_earth(ring.coords, place) for ring in part.interiors]
    return Polygon(outer, [ring for ring in inner if ring is not None])


def _ring_on_earth(ring: Any, place: Georeference) -> NDArray[np.float64] | None:
    points = np.asarray(ring, dtype=float)
    longitudes, latitudes = place.to_earth(points[:, 0], points[:, 1])
    seen = np.isfinite(longitudes) & np.isfinite(latitudes)  # beyond the horizon there is none
    longitudes, latitudes = longitudes[seen], latitudes[seen]
    if len(longitudes) < 4:
        return None
    if np.abs(latitudes).max() > 90 + OVER or np.abs(longitudes).max() > 540 + OVER:
        raise Rejected(OUTSIDE)
    return np.column_stack([longitudes, np.clip(latitudes, -90, 90)])


def _valid(geometry: Any) -> Any:
    if geometry.is_valid:
        return geometry
    parts = _polygons(shapely.make_valid(geometry))
    return MultiPolygon(parts) if len(parts) > 1 else parts[0]


def _thin(geometry: Any) -> Any:
    """Points that change nothing go; then more, until few enough are left."""
    west, south, east, north = geometry.bounds
    extent = max(east - west, north - south, 1e-9)
    for tolerance in (extent * 2e-4 * 2**step for step in range(9)):
        thinner = geometry.simplify(tolerance)
        if shapely.get_num_coordinates(thinner) <= MOST_POINTS:
            break
    return thinner if thinner.is_valid and not thinner.is_empty else geometry.convex_hull


def _rounded(geometry: Any) -> dict[str, Any]:
    found: dict[str, Any] = mapping(shapely.transform(geometry, lambda xy: np.round(xy, 7)))
    return found
