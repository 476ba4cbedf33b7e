"""GeoJSON as it is written to us, checked before PostGIS sees it, and its place in the index."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import antimeridian
import orjson
import shapely
import shapely.affinity
import shapely.errors
import shapely.geometry
from django.contrib.gis.geos import GEOSGeometry
from rest_framework_gis import fields
from shapely.geometry.base import BaseGeometry

from .boxes import Box, unite
from .errors import Invalid

ITEM_VERTICES = 50_000
QUERY_VERTICES = 5_000

# How deep the positions lie in `coordinates` (RFC 7946, 3.1).
_DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_SHORTEST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}


@dataclass
class _Walk:
    """One look at every position: checks it, flattens it, and notes what the index must know."""

    kind: str
    room: int  # vertices that may still come
    lowest: float = math.inf
    highest: float = -math.inf
    jumps: bool = False  # two neighbours are more than half the globe apart
    beyond: bool = False  # longitudes go on beyond 180

    def step(self, value: Any, depth: int, pointer: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise Invalid("Coordinates must be an array that is not empty.", pointer=pointer)
        if depth == 0:
            return self.position(value, pointer)
        parts = value if depth == 1 and self.are_plain(value) else self.steps(value, depth, pointer)
        if depth == 1 and self.kind in _SHORTEST:
            self.line(parts, pointer)
        return parts

    def steps(self, value: list[Any], depth: int, pointer: str) -> list[Any]:
        return [self.step(v, depth - 1, f"{pointer}/{n}") for n, v in enumerate(value)]

    def are_plain(self, value: list[Any]) -> bool:
        """Whether these are positions of two numbers on the globe, as nearly all are; what is
        odd about others is found position by position."""
        if len(value) > self.room:
            return False
        for each in value:
            if type(each) is not list or len(each) != 2:
                return False
            lon, lat = each
            if type(lon) not in (float, int) or type(lat) not in (float, int):
                return False
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                return False
        self.room -= len(value)
        return True

    def position(self, value: list[Any], pointer: str) -> list[float]:
        if not 2 <= len(value) <= 4 or not all(_is_number(number) for number in value):
            raise Invalid(
                "A position is two or three finite numbers: longitude, latitude, elevation.",
                pointer=pointer,
            )
        lon, lat = value[:2]
        if not (-360 <= lon <= 360 and -90 <= lat <= 90):
            raise Invalid(
                f"Longitude {lon}, latitude {lat} is not on Earth: longitudes run from -180 to "
                "180, latitudes from -90 to 90 (WGS 84, longitude first).",
                pointer=pointer,
            )
        self.beyond |= abs(lon) > 180
        self.room -= 1
        if self.room < 0:
            raise Invalid("The geometry has too many vertices; simplify it.", pointer=pointer)
        if len(value) > 2:
            self.lowest, self.highest = min(self.lowest, value[2]), max(self.highest, value[2])
        return [lon, lat]

    def line(self, parts: list[Any], pointer: str) -> None:
        shortest = _SHORTEST[self.kind]
        if len(parts) < shortest:
            raise Invalid(f"This needs at least {shortest} positions.", pointer=pointer)
        if shortest == 4 and parts[0] != parts[-1]:
            raise Invalid("A ring must end where it starts.", pointer=pointer)
        longitudes = [lon for lon, _ in parts]
        if max(longitudes) - min(longitudes) > 180:
            self.jumps |= any(abs(b - a) > 180 for a, b in pairwise(longitudes))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _flatten(value: Any, room: int, pointer: str) -> tuple[dict[str, Any], list[_Walk]]:
    """The geometry in two dimensions, and what was seen on the way."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "GeometryCollection":
        return _flatten_collection(value, room, pointer)
    if not isinstance(kind, str) or kind not in _DEPTH:
        raise Invalid(
            "A geometry is a GeoJSON object: Point, MultiPoint, LineString, MultiLineString, "
            "Polygon, MultiPolygon or GeometryCollection.",
            pointer=pointer,
        )
    walk = _Walk(kind, room)
    at = f"{pointer}/coordinates"
    coordinates = walk.step(value.get("coordinates"), _DEPTH[kind], at)
    return {"type": kind, "coordinates": coordinates}, [walk]


def _flatten_collection(value: Any, room: int, pointer: str) -> tuple[dict[str, Any], list[_Walk]]:
    members, walks = value.get("geometries"), []
    if not isinstance(members, list) or not members:
        raise Invalid("A GeometryCollection has `geometries`, not empty.", pointer=pointer)
    flat = []
    for number, member in enumerate(members):
        at = f"{pointer}/geometries/{number}"
        if isinstance(member, dict) and member.get("type") == "GeometryCollection":
            raise Invalid("A GeometryCollection may not lie in another.", pointer=at)
        part, seen = _flatten(member, room, at)
        room = seen[0].room
        flat.append(part)
        walks += seen
    return {"type": "GeometryCollection", "geometries": flat}, walks


@dataclass(frozen=True)
class Footprint:
    """A geometry's place in the index: two-dimensional, cut at the antimeridian, valid."""

    ewkb: bytes  # in WGS 84
    box: Box
    lowest: float  # metres; 0 where the geometry has no elevations
    highest: float

    @property
    def shape(self) -> GEOSGeometry:
        return GEOSGeometry(memoryview(self.ewkb))


class GeometryField(fields.GeometryField):  # type: ignore[misc]
    """GeoJSON to `Footprint`; raises `Invalid` with a JSON pointer.

    Finite numbers, latitudes within 90 degrees, closed rings, at most `vertices` vertices, no
    collection within a collection. Edges longer than 180 degrees are
    taken to cross the antimeridian (RFC 7946, 3.1.9); a box drawn along its own edges only where
    `crosses` says so, since it may be as wide as it looks. With `mend`, a shape that crosses
    itself is made valid for the index, and longitudes that go on beyond 180, to 360 at most, are
    laid back onto the globe; without, both are refused.
    """

    def __init__(
        self,
        *,
        vertices: int,
        at: str = "",
        mend: bool = False,
        crosses: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.vertices, self.at, self.mend, self.crosses = vertices, at, mend, crosses

    def to_internal_value(self, value: Any) -> Footprint:
        flat, walks = _flatten(value, self.vertices, self.at)
        shape = plain = _shapely(flat)
        if any(walk.beyond for walk in walks):
            if not self.mend:
                raise Invalid("Longitudes beyond 180 are not on Earth.", pointer=self.at)
            shape = _wrapped(flat)
        elif any(walk.jumps for walk in walks):
            wide = not self.crosses and plain.is_valid and plain.equals(plain.envelope)
            shape = plain if wide else self.cut(flat)
        if not shape.is_valid:
            shape = self.mended(shape)
        return Footprint(_ewkb(shape), _box(shape), *_heights(walks))

    def cut(self, flat: dict[str, Any]) -> BaseGeometry:
        try:
            if flat["type"] == "GeometryCollection":
                parts = [_cut(part) for part in flat["geometries"]]
                return _shapely({**flat, "geometries": parts})
            return _shapely(_cut(flat))
        except (ValueError, AssertionError, IndexError, shapely.errors.ShapelyError) as fault:
            # The library asserts what it expects of rings and holes.
            message = "It crosses the antimeridian, and cannot be cut there: split it in two."
            raise Invalid(message, pointer=self.at) from fault

    def mended(self, shape: BaseGeometry) -> BaseGeometry:
        if not self.mend:
            reason = shapely.is_valid_reason(shape)
            raise Invalid(f"The geometry is not valid: {reason}.", pointer=self.at)
        mended = shapely.make_valid(shape)
        if mended.is_empty:
            raise Invalid("The geometry covers nothing.", pointer=self.at)
        return mended


def _shapely(flat: dict[str, Any]) -> BaseGeometry:
    return shapely.from_geojson(orjson.dumps(flat))


def _ewkb(shape: Any) -> Any:
    """As PostGIS has it, in WGS 84; of one shape, or of an array of them."""
    return shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True)


def _heights(walks: list[_Walk]) -> tuple[float, float]:
    low = min(walk.lowest for walk in walks)
    return (low, max(walk.highest for walk in walks)) if math.isfinite(low) else (0.0, 0.0)


def plain_footprints(geometries: Sequence[Any]) -> list[Footprint | None]:
    """Those of items' geometries that need no care, by a few calls for all of them: of one part,
    valid, on the globe, not across the antimeridian. None: it wants to be looked at alone.
    """
    found: list[Footprint | None] = [None] * len(geometries)
    plain = {n: flat for n, value in enumerate(geometries) if (flat := _plain(value))}
    texts = [orjson.dumps(flat) for flat, _ in plain.values()]
    shapes = shapely.from_geojson(texts, on_invalid="ignore")
    sound = shapely.is_valid(shapes) & (shapely.get_num_geometries(shapes) == 1)
    drawn = zip(sound.tolist(), _ewkb(shapes), shapely.bounds(shapes).tolist(), strict=True)
    for (number, (_, walks)), (is_sound, ewkb, bounds) in zip(plain.items(), drawn, strict=True):
        if is_sound:
            found[number] = Footprint(ewkb, Box(*bounds), *_heights(walks))
    return found


def _plain(value: Any) -> tuple[dict[str, Any], list[_Walk]] | None:
    try:
        flat, walks = _flatten(value, ITEM_VERTICES, "")
    except Invalid:
        return None
    is_odd = flat["type"] not in _DEPTH or walks[0].jumps or walks[0].beyond
    return None if is_odd else (flat, walks)


def _cut(flat: dict[str, Any]) -> dict[str, Any]:
    if "Point" in flat["type"]:
        return flat
    cut: dict[str, Any] = antimeridian.fix_shape(flat, fix_winding=True, great_circle=False)
    return cut


def _wrapped(flat: dict[str, Any]) -> BaseGeometry:
    """Each part of the plane beyond 180 laid back onto the globe."""
    shape = shapely.make_valid(shapely.geometry.shape(flat))
    pieces = []
    for turn in (-360, 0, 360):
        piece = shape.intersection(shapely.box(-180 + turn, -90, 180 + turn, 90))
        pieces.append(shapely.affinity.translate(piece, xoff=-turn))
    return shapely.union_all(pieces)


def _box(shape: BaseGeometry) -> Box:
    """The box around all parts, across the antimeridian where the parts meet there."""
    boxes = [Box(*part) for part in shapely.bounds(shapely.get_parts(shape)).tolist()]
    return reduce(lambda one, other: unite(one, other) or one, boxes)
