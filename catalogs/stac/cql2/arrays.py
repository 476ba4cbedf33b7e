"""A_ functions: arrays as sets of texts, numbers, booleans and times (OGC 21-065r2, 7.10).

A time in an array is equal to the same text in the item, as it is written.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, Q

from .. import sql
from ..errors import Invalid
from . import limits, operands
from .operands import Member, Tree

FUNCTIONS = {"a_equals", "a_contains", "a_containedby", "a_overlaps"}


@dataclass(frozen=True)
class Array:
    json: Func
    guard: Q  # that it is an array at all
    values: list[Any] | None = None  # where the filter itself names them
    name: str = ""  # of the property


def relation(op: str, arguments: list[Tree], at: str, truth: bool) -> Q:
    """Items for which the function gives `truth`; null where a property is no array.

    A_CONTAINS of a property uses a GIN index on `properties`.
    """
    operands.exactly(2, arguments, at)
    a, b = (_array(part, f"{at}/args/{n}") for n, part in enumerate(arguments))
    found = _holds(op, a, b)
    return a.guard & b.guard & (found if truth else Q(sql.negated(found)))


def _holds(op: str, a: Array, b: Array) -> Q:
    match op:
        case "a_contains":
            return _contains(a, b)
        case "a_containedby":
            return _contains(b, a)
        case "a_equals":
            return _contains(a, b) & _contains(b, a)
    return _overlaps(a, b)


def _contains(a: Array, b: Array) -> Q:
    if a.name and b.values is not None:
        return Q(sql.infix("@>", F("properties"), sql.document({a.name: b.values})))
    return Q(sql.infix("@>", a.json, b.json))


def _overlaps(a: Array, b: Array) -> Q:
    elements = "jsonb_array_elements(CASE jsonb_typeof({0}) WHEN 'array' THEN {0} END)"
    template = (
        "EXISTS (SELECT FROM (SELECT %(expressions)s AS b) AS sides, "
        f"{elements.format('a')} AS one, {elements.format('b')} AS other "
        "WHERE one.value = other.value)"
    )
    joiner = " AS a, "
    return Q(Func(a.json, b.json, arg_joiner=joiner, template=template, output_field=sql.BOOLEAN))


def _array(tree: Tree, at: str) -> Array:
    if isinstance(tree, list):
        values = _values(tree, at)
        return Array(sql.document(values), Q(), values)
    if not isinstance(tree, operands.Operand):
        raise Invalid("This is no array and no property.", pointer=at or None)
    if not isinstance(tree, Member):
        raise Invalid("This property is no array.", pointer=tree.at)
    return Array(tree.json, sql.is_a(tree.json, "array"), name=tree.name)


def _values(tree: list[Tree], at: str) -> list[Any]:
    if len(tree) > limits.MOST_VALUES:
        raise Invalid(f"An array has at most {limits.MOST_VALUES} values.", pointer=at or None)
    return [_value(value, f"{at}/{number}") for number, value in enumerate(tree)]


def _value(tree: Tree, at: str) -> Any:
    match tree:
        case str() | int() | float():  # bool is an int
            return tree
        case {"timestamp": str(text)} | {"date": str(text)}:
            operands.moment_literal(text, at)
            return text
    raise Invalid("An array is made of texts, numbers, booleans and times.", pointer=at or None)
