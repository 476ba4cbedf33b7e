"""T_ functions over instants and intervals (OGC 21-065r2, 7.9, after OWL-Time).

Of two times exactly one is true: one is before the other, after it, or they are together, where a
date is its whole day. Intervals are closed. `datetime` is the item's time here: its instant, or
what lies between start_datetime and end_datetime.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q

from .. import sql
from ..errors import Invalid
from . import operands
from .comparing import before, not_after, together
from .operands import Computed, Datetime, Kind, Literal, Moment, Span, Tree

Bounds = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Interval:
    start: Moment
    end: Moment
    instant: bool = False  # a single time, not a range
    bounds: Bounds | None = None  # where the filter itself names both sides
    row: bool = False  # the time of the item or collection, as its index has it


def _apart(one: Moment, other: Moment) -> Q:
    return before(one, other) | before(other, one)


def _before(a: Interval, b: Interval, truth: bool) -> Q:
    return before(a.end, b.start) if truth else not_after(b.start, a.end)


def _after(a: Interval, b: Interval, truth: bool) -> Q:
    return _before(b, a, truth)


def _intersects(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return not_after(a.start, b.end) & not_after(b.start, a.end)
    return before(a.end, b.start) | before(b.end, a.start)


def _disjoint(a: Interval, b: Interval, truth: bool) -> Q:
    return _intersects(a, b, not truth)


def _meets(a: Interval, b: Interval, truth: bool) -> Q:
    return together(a.end, b.start) if truth else _apart(a.end, b.start)


def _met_by(a: Interval, b: Interval, truth: bool) -> Q:
    return _meets(b, a, truth)


def _equals(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return together(a.start, b.start) & together(a.end, b.end)
    return _apart(a.start, b.start) | _apart(a.end, b.end)


def _during(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return before(b.start, a.start) & before(a.end, b.end)
    return not_after(a.start, b.start) | not_after(b.end, a.end)


def _contains(a: Interval, b: Interval, truth: bool) -> Q:
    return _during(b, a, truth)


def _starts(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return together(a.start, b.start) & before(a.end, b.end)
    return _apart(a.start, b.start) | not_after(b.end, a.end)


def _started_by(a: Interval, b: Interval, truth: bool) -> Q:
    return _starts(b, a, truth)


def _finishes(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return before(b.start, a.start) & together(a.end, b.end)
    return not_after(a.start, b.start) | _apart(a.end, b.end)


def _finished_by(a: Interval, b: Interval, truth: bool) -> Q:
    return _finishes(b, a, truth)


def _overlaps(a: Interval, b: Interval, truth: bool) -> Q:
    if truth:
        return before(a.start, b.start) & before(b.start, a.end) & before(a.end, b.end)
    return not_after(b.start, a.start) | not_after(a.end, b.start) | not_after(b.end, a.end)


def _overlapped_by(a: Interval, b: Interval, truth: bool) -> Q:
    return _overlaps(b, a, truth)


Relation = Callable[[Interval, Interval, bool], Q]

_FOR_ALL: dict[str, Relation] = {
    "t_after": _after,
    "t_before": _before,
    "t_disjoint": _disjoint,
    "t_equals": _equals,
    "t_intersects": _intersects,
}
_FOR_INTERVALS: dict[str, Relation] = {
    "t_contains": _contains,
    "t_during": _during,
    "t_finishedby": _finished_by,
    "t_finishes": _finishes,
    "t_meets": _meets,
    "t_metby": _met_by,
    "t_overlappedby": _overlapped_by,
    "t_overlaps": _overlaps,
    "t_startedby": _started_by,
    "t_starts": _starts,
}
FUNCTIONS = _FOR_ALL | _FOR_INTERVALS
# What holds of two times only if they share no instant.
_OF_STRANGERS = {"t_after", "t_before", "t_disjoint"}


def relation(op: str, arguments: list[Tree], at: str, truth: bool) -> Q:
    """Items for which the function gives `truth`. The item's own time uses its range index."""
    operands.exactly(2, arguments, at)
    a, b = (_interval(part, f"{at}/args/{n}") for n, part in enumerate(arguments))
    if op in _FOR_INTERVALS and (a.instant or b.instant):
        raise Invalid(f"{op.upper()} compares intervals; this is an instant.", pointer=at or None)
    found = FUNCTIONS[op](a, b, truth)
    if op == "t_disjoint" if not truth else op not in _OF_STRANGERS:
        found &= _sharing(a, b) & _sharing(b, a)
    return found


def _sharing(a: Interval, b: Interval) -> Q:
    if not a.row or b.bounds is None:
        return Q()
    return Q(span__overlap=DateTimeTZRange(*b.bounds, bounds="[]"))


def _interval(tree: Tree, at: str) -> Interval:
    if isinstance(tree, dict) and "interval" in tree:
        return _of_sides(tree["interval"], f"{at}/interval")
    found = operands.read(tree, at)
    if isinstance(found, Datetime):
        return Interval(_column("start"), _column("end"), row=True)
    if isinstance(found, Span):
        start, end = (Moment(side, side) for side in (found.start, found.end))
        return Interval(start, end, row=True)
    moment = found.moment()
    bounds = found.bounds if isinstance(found, Literal) else None
    return Interval(moment, moment, instant=True, bounds=bounds)


def _column(name: str) -> Moment:
    return Moment(F(name), F(name))


def _of_sides(sides: Any, at: str) -> Interval:
    if not isinstance(sides, list) or len(sides) != 2:
        raise Invalid("An interval has two sides.", pointer=at or None)
    start, end = (_side(side, f"{at}/{number}") for number, side in enumerate(sides))
    bounds = _bounds(start, end)
    if bounds and None not in bounds and bounds[0] > bounds[1]:  # type: ignore[operator]
        raise Invalid("The interval ends before it starts.", pointer=at or None)
    return Interval(_moment(start, "-infinity"), _moment(end, "infinity"), bounds=bounds)


Side = Literal | operands.Operand | None


def _side(side: Any, at: str) -> Side:
    """A time, a property, or None where the side is open."""
    if side in ("..", ""):
        return None
    found = operands.moment_literal(side, at) if isinstance(side, str) else operands.read(side, at)
    if isinstance(found, Computed) and found.kind != Kind.MOMENT:
        raise found.misplaced(Kind.MOMENT)
    return found


def _moment(side: Side, infinity: str) -> Moment:
    if side is None:
        return Moment(sql.moment(infinity), sql.moment(infinity))
    return side.moment()


def _bounds(start: Side, end: Side) -> Bounds | None:
    """First and last instant, where no side is a property."""
    sides = [side for side in (start, end) if side is not None]
    if not all(isinstance(side, Literal) and side.kind == Kind.MOMENT for side in sides):
        return None
    first = start.value[0] if isinstance(start, Literal) else None
    last = end.value[1] if isinstance(end, Literal) else None
    return first, last
