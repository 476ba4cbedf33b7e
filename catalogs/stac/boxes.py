"""Bounding boxes in degrees: (west, south, east, north); west > east crosses the antimeridian."""

import math
import re
from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple

from django.contrib.gis.geos import GeometryCollection, GEOSGeometry, LineString, Point, Polygon

ROUNDING = 1e-9  # degrees: a sum of longitudes is not exact
# Of EWKB: byte order, kind, reference system, then numbers of points and the points.
_POINT, _LINE, _POLYGON = Struct("<BII2d"), Struct("<BIII4d"), Struct("<BIIII10d")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        width = self.east - self.west
        return width if width >= 0 else width + 360

    def holds(self, other: "Box") -> bool:
        """Whether `other` lies within, its edges included."""
        if other.south < self.south or other.north > self.north:
            return False
        reach = (other.west - self.west) % 360 + other.width
        return self.width >= 360 or reach <= self.width + ROUNDING

    def touches_edge_of(self, outer: "Box") -> bool:
        """Whether `outer` could be smaller without this one."""
        return (
            self.west == outer.west
            or self.east == outer.east
            or self.south <= outer.south
            or self.north >= outer.north
        )

    def halves(self) -> list["Box"]:
        """Itself, or the two boxes on either side of the antimeridian."""
        if self.west <= self.east:
            return [self]
        return [self._replace(east=180.0), self._replace(west=-180.0)]


WORLD = Box(-180.0, -90.0, 180.0, 90.0)


def unite(one: Box | None, other: Box | None) -> Box | None:
    """A box around both; across the antimeridian only if they meet there or one crosses."""
    if one is None or other is None:
        return one or other
    south, north = min(one.south, other.south), max(one.north, other.north)
    meet = {one.east, other.east} & {180.0} and {one.west, other.west} & {-180.0}
    if not meet and one.west <= one.east and other.west <= other.east:
        return Box(min(one.west, other.west), south, max(one.east, other.east), north)
    arcs = [
        Box(west, south, east, north)
        for west in (one.west, other.west)
        for east in (one.east, other.east)
    ]
    fitting = [arc for arc in arcs if arc.holds(one) and arc.holds(other)]
    return min(fitting, key=lambda arc: arc.width, default=WORLD._replace(south=south, north=north))


def flat(numbers: list[Any]) -> Box:
    """The two-dimensional box of a `bbox` of 4 or 6 numbers."""
    half = len(numbers) // 2
    return Box(*(float(number) for number in (*numbers[:2], *numbers[half : half + 2])))


def number(given: object) -> float:
    """A finite number, or a text that is one in JSON's digits; else NaN.

    Python reads more: `1_0`, digits of other scripts, `infinity`.
    """
    if isinstance(given, str) and not _NUMBER.fullmatch(given.strip()):
        return math.nan
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return math.nan
    try:
        value = float(given)
    except OverflowError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def on_earth(box: Box) -> Box | None:
    """The same place as a sound box: north above south, longitudes within 180; else None."""
    west, south, east, north = box
    if not (all(-90 <= lat <= 90 for lat in (south, north)) and -360 <= west <= 360):
        return None
    south, north = min(south, north), max(south, north)
    if -180 <= west <= 180 and -180 <= east <= 180:
        return Box(west, south, east, north)
    if not west <= east <= 540:
        return None
    if east - west >= 360:
        return WORLD._replace(south=south, north=north)
    return Box(_turn(west), south, _turn(east), north)


def _turn(longitude: float) -> float:
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180


def says_it_crosses(bbox: object) -> bool:
    """Whether this, if it is a `bbox`, crosses the antimeridian."""
    if not isinstance(bbox, list) or len(bbox) not in (4, 6):
        return False
    west, east = bbox[0], bbox[len(bbox) // 2]
    return isinstance(west, int | float) and isinstance(east, int | float) and west > east


def shape(box: Box) -> GEOSGeometry:
    """What the box covers; a box without height or width is a line or a point."""
    parts = [_rectangle(half) for half in box.halves()]
    return parts[0] if len(parts) == 1 else GeometryCollection(parts, srid=4326)


class Within(NamedTuple):
    """A `bbox` as it is searched for: one part, or two on either side of the antimeridian."""

    parts: tuple[str, ...]  # EWKB, in hexadecimal digits
    elevations: tuple[float, float] | None = None  # metres


def within(bbox: Sequence[float]) -> Within:
    """Of 4 or 6 numbers, in degrees and metres."""
    parts = tuple(_ewkb(half) for half in flat(list(bbox)).halves())
    return Within(parts, (bbox[2], bbox[5]) if len(bbox) == 6 else None)


def _ewkb(box: Box) -> str:
    """What the box covers; without height or width it is a line or a point."""
    west, south, east, north = box
    if west == east and south == north:
        return _POINT.pack(1, 0x20000001, 4326, west, south).hex()
    if west == east or south == north:
        return _LINE.pack(1, 0x20000002, 4326, 2, *box).hex()
    ring = (west, south, west, north, east, north, east, south, west, south)
    return _POLYGON.pack(1, 0x20000003, 4326, 1, 5, *ring).hex()


def _rectangle(box: Box) -> GEOSGeometry:
    if box.west == box.east and box.south == box.north:
        return Point(box.west, box.south, srid=4326)
    if box.west == box.east or box.south == box.north:
        return LineString((box.west, box.south), (box.east, box.north), srid=4326)
    rectangle = Polygon.from_bbox((box.west, box.south, box.east, box.north))
    rectangle.srid = 4326
    return rectangle
