"""S_ functions between the geometry of a row and geometries of the filter (OGC 21-065r2, 7.6-7.8).

Geometries are compared in the plane of longitude and latitude, as the `bbox` parameter does. The
heights of a BBOX of six numbers count in S_INTERSECTS and S_DISJOINT, where an item without
elevations lies at 0; all other heights are not looked at.
"""

import math
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.db.models import Q

from .. import boxes, sql
from ..boxes import Box
from ..errors import Invalid
from ..geometry import QUERY_VERTICES, GeometryField
from . import operands
from .operands import Computed, Kind, Operand, Tree

# The name of the lookup, and the same from the right.
FUNCTIONS = {
    "s_contains": ("contains", "within"),
    "s_crosses": ("crosses", "crosses"),
    "s_disjoint": ("intersects", "intersects"),
    "s_equals": ("equals", "equals"),
    "s_intersects": ("intersects", "intersects"),
    "s_overlaps": ("overlaps", "overlaps"),
    "s_touches": ("touches", "touches"),
    "s_within": ("within", "contains"),
}
# What holds between a geometry and itself.
_OF_ITSELF = {"contains", "equals", "intersects", "within"}


@dataclass(frozen=True)
class Shape:
    geometry: GEOSGeometry
    heights: tuple[float, float] | None = None  # metres, of a box of six numbers


def relation(op: str, arguments: list[Tree], at: str, truth: bool) -> Q:
    """Rows for which the function gives `truth`; the geometry's index is used where it can."""
    operands.exactly(2, arguments, at)
    left, right = (_shape(part, f"{at}/args/{n}") for n, part in enumerate(arguments))
    lookup, turned = FUNCTIONS[op]
    truth = truth != (op == "s_disjoint")
    match left, right:
        case Shape(), Shape():
            return sql.constant(_between(lookup, left, right, at) == truth)
        case str(), Shape():
            return _with_row(lookup, left, right, truth)
        case Shape(), str():
            return _with_row(turned, right, left, truth)
    there = Q(**{f"{left}__isnull": False})
    return there & sql.constant((lookup in _OF_ITSELF) == truth)


def _with_row(lookup: str, column: str, shape: Shape, truth: bool) -> Q:
    found = Q(**{f"{column}__{lookup}": shape.geometry})
    if shape.heights and lookup == "intersects" and column == "geometry":
        low, high = shape.heights
        found &= Q(highest__gte=low, lowest__lte=high)
    return found if truth else ~found & Q(**{f"{column}__isnull": False})


def _between(lookup: str, left: Shape, right: Shape, at: str) -> bool:
    try:
        holds = bool(getattr(left.geometry, lookup)(right.geometry))
    except GEOSException as fault:
        raise Invalid("These two cannot be compared.", pointer=at or None) from fault
    if lookup != "intersects" or not left.heights or not right.heights:
        return holds
    return holds and left.heights[0] <= right.heights[1] and right.heights[0] <= left.heights[1]


def _shape(tree: Tree, at: str) -> Shape | str:
    """A geometry of the filter, or the column of the row's."""
    match tree:
        case Operand():
            return _column(tree)
        case {"bbox": value}:
            return _box(value, f"{at}/bbox")
        case {"type": _}:
            field = GeometryField(vertices=QUERY_VERTICES, at=at)
            return Shape(field.to_internal_value(tree).shape)
        case {"op": str(op)}:
            message = f"There is no function {op[:40]!r} that gives a geometry."
            raise Invalid(message, pointer=at or None)
    raise Invalid("This is no geometry.", pointer=at or None)


def _column(operand: Operand) -> str:
    if isinstance(operand, Computed) and operand.kind == Kind.GEOMETRY:
        return str(operand.expression.name)
    message = "This property is no geometry: the only one is `geometry`."
    raise Invalid(message, pointer=operand.at or None)


def _box(numbers: Any, at: str) -> Shape:
    if not isinstance(numbers, list) or len(numbers) not in (4, 6):
        raise Invalid("A BBOX has 4 or 6 numbers.", pointer=at or None)
    for value in numbers:
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not math.isfinite(value)
        ):
            raise Invalid("A BBOX is made of finite numbers.", pointer=at or None)
    box = boxes.flat(numbers)
    if max(abs(box.west), abs(box.east)) > 180 or not -90 <= box.south <= box.north <= 90:
        message = "A BBOX is west, south, east, north in degrees (WGS 84), or with heights between."
        raise Invalid(message, pointer=at or None)
    heights = (float(numbers[2]), float(numbers[5])) if len(numbers) == 6 else None
    if heights and heights[0] > heights[1]:
        raise Invalid("The BBOX ends below where it starts.", pointer=at or None)
    return Shape(_covered(box), heights)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _covered(box: Box) -> GEOSGeometry:
    """One valid geometry, of two parts where the box crosses the antimeridian."""
    first, *rest = (boxes.shape(half) for half in box.halves())
    return first.union(rest[0]) if rest else first
