"""What the names of a filter stand for where collections are searched."""

from typing import Any

from django.db.models import F, Func

from .. import sql
from ..errors import Invalid
from .operands import Computed, Kind, Member, Operand, Span


def name(value: Any, at: str) -> Operand:
    """A member of a collection by its name, one of an object by a dotted name.

    `datetime` and `geometry` are its extent, its open sides without end; `summaries.gsd.minimum`
    and `providers.name` reach into objects. What no collection has is null.
    """
    if not isinstance(value, str) or not value:
        raise Invalid("A property is named by a text that is not empty.", pointer=at or None)
    match value:
        case "id":
            return Computed(at, Kind.TEXT, F("id"))
        case "geometry" | "extent.spatial":
            return Computed(at, Kind.GEOMETRY, F("extent"))
        case "bbox":
            raise Invalid("Ask `geometry` instead of `bbox`, with a BBOX(...).", pointer=at or None)
        case "datetime" | "extent.temporal":
            return Span(at, Kind.MOMENT, _open("start", "-infinity"), _open("end", "infinity"))
        case "start_datetime":
            return Computed(at, Kind.MOMENT, F("start"))
        case "end_datetime":
            return Computed(at, Kind.MOMENT, F("end"))
    return Member(at, Kind.UNKNOWN, value)


def _open(column: str, infinity: str) -> Func:
    template = f"COALESCE(%(expressions)s, '{infinity}'::timestamptz)"
    return Func(F(column), template=template, output_field=sql.TIME)
