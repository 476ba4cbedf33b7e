"""The CQL2-JSON tree to a condition.

CQL2 knows true, false and null (OGC 21-065r2, 6.2). Each part is asked for the items where it is
true, or where it is false; null is neither. So NOT turns the question round instead of its
answer, no condition depends on how SQL treats null, and what is asked stays such that an index
can answer it.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q

from .. import sql
from ..errors import Invalid
from . import arrays, limits, operands, spatial, temporal
from .comparing import compare
from .operands import Tree


def holds(tree: Tree, at: str, truth: bool = True) -> Q:
    """The rows for which the condition is `truth`."""
    match tree:
        case bool():
            return sql.constant(tree == truth)
        case {"op": str(op), "args": list(arguments)}:
            return _operator(op.lower(), arguments, at, truth)
        case {"op": str()}:
            raise Invalid("An operator has `args`, an array.", pointer=f"{at}/args")
        case operands.Operand():
            message = "A property alone is no condition: compare it, as with `= true`."
            raise Invalid(message, pointer=at or None)
    raise Invalid("This is no condition that is true or false.", pointer=at or None)


def _operator(op: str, arguments: list[Tree], at: str, truth: bool) -> Q:
    if op in _CONDITIONS:
        return _CONDITIONS[op](arguments, at, truth)
    if op in sql.OPPOSITE:
        return _comparison(op if truth else sql.OPPOSITE[op], arguments, at)
    if op in temporal.FUNCTIONS:
        return temporal.relation(op, arguments, at, truth)
    if op in spatial.FUNCTIONS:
        return spatial.relation(op, arguments, at, truth)
    if op in arrays.FUNCTIONS:
        return arrays.relation(op, arguments, at, truth)
    raise Invalid(f"There is no operator or function {op[:40]!r}.", pointer=f"{at}/op")


def _all(arguments: list[Tree], at: str, truth: bool) -> Q:
    return _joined(arguments, at, truth, and_ if truth else or_)


def _any(arguments: list[Tree], at: str, truth: bool) -> Q:
    return _joined(arguments, at, truth, or_ if truth else and_)


def _joined(arguments: list[Tree], at: str, truth: bool, join: Callable[[Q, Q], Q]) -> Q:
    if not arguments:
        raise Invalid("AND and OR join at least one condition.", pointer=f"{at}/args")
    parts = [holds(part, f"{at}/args/{n}", truth) for n, part in enumerate(arguments)]
    return reduce(join, parts)


def _not(arguments: list[Tree], at: str, truth: bool) -> Q:
    return holds(operands.exactly(1, arguments, at)[0], f"{at}/args/0", not truth)


def _comparison(op: str, arguments: list[Tree], at: str) -> Q:
    operands.exactly(2, arguments, at)
    left, right = (operands.read(part, f"{at}/args/{n}") for n, part in enumerate(arguments))
    return compare(op, left, right)


def _between(arguments: list[Tree], at: str, truth: bool) -> Q:
    match arguments:
        case [value, [low, high]]:  # as drafts of CQL2 had it, and clients still send it
            places = ("args/0", "args/1/0", "args/1/1")
        case _:
            value, low, high = operands.exactly(3, arguments, at)
            places = ("args/0", "args/1", "args/2")
    left, lowest, highest = (
        operands.read(part, f"{at}/{place}")
        for part, place in zip((value, low, high), places, strict=True)
    )
    if truth:
        return compare(">=", left, lowest) & compare("<=", left, highest)
    return compare("<", left, lowest) | compare(">", left, highest)


def _in(arguments: list[Tree], at: str, truth: bool) -> Q:
    value, values = operands.exactly(2, arguments, at)
    if not isinstance(values, list) or not values:
        raise Invalid("IN needs an array of at least one value.", pointer=f"{at}/args/1")
    if len(values) > limits.MOST_VALUES:
        message = f"IN takes at most {limits.MOST_VALUES} values."
        raise Invalid(message, pointer=f"{at}/args/1")
    left = operands.read(value, f"{at}/args/0")
    right = [operands.read(part, f"{at}/args/1/{n}") for n, part in enumerate(values)]
    if truth:
        return reduce(or_, (compare("=", left, part) for part in right))
    return reduce(and_, (compare("<>", left, part) for part in right))


def _is_null(arguments: list[Tree], at: str, truth: bool) -> Q:
    only, here = operands.exactly(1, arguments, at)[0], f"{at}/args/0"
    if isinstance(only, dict) and ({"bbox", "type", "interval"} & only.keys()):
        return sql.constant(not truth)
    return operands.read(only, here).is_null(truth)


def _like(arguments: list[Tree], at: str, truth: bool) -> Q:
    """`%` is any text, `_` any one character, and a backslash takes their meaning away."""
    value, pattern = operands.exactly(2, arguments, at)
    _check_pattern(pattern, f"{at}/args/1")
    text = operands.read(value, f"{at}/args/0").text()
    like = "LIKE" if truth else "NOT LIKE"
    found = operands.read(pattern, f"{at}/args/1").text()
    return Q(sql.infix(like, sql.by_code_point(text), sql.by_code_point(found)))


def _check_pattern(pattern: Tree, at: str) -> None:
    while isinstance(pattern, dict) and str(pattern.get("op")).lower() in ("casei", "accenti"):
        arguments = pattern.get("args")
        pattern = arguments[0] if isinstance(arguments, list) and arguments else None
    if not isinstance(pattern, str):
        raise Invalid("LIKE takes a text as its pattern.", pointer=at)
    plain = pattern.replace(r"\\", "").replace(r"\%", "")
    if plain.endswith("\\"):
        raise Invalid("The pattern ends in a backslash that escapes nothing.", pointer=at)
    if plain.count("%") > limits.MOST_WILDCARDS:
        raise Invalid(f"A pattern has at most {limits.MOST_WILDCARDS} `%`.", pointer=at)


_CONDITIONS: dict[str, Callable[[list[Any], str, bool], Q]] = {
    "and": _all,
    "or": _any,
    "not": _not,
    "between": _between,
    "in": _in,
    "isnull": _is_null,
    "like": _like,
}
