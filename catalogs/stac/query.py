"""The Query extension 1.0.0, put as the CQL2 that asks the same, and so under its limits."""

import math
import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q

from . import cql2, times
from .cql2 import operands
from .cql2.operands import Kind, Names
from .errors import Invalid

Tree = Any
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def condition(given: Any, names: Names = operands.name) -> Q:
    """Rows for which all comparisons hold: `{"gsd": {"gte": 10, "lt": 30}, "id": {"in": [...]}}`.

    A text that is a number also meets numbers, and one that is a time is compared as a time.
    Raises `Invalid` that says what is wrong.
    """
    if not isinstance(given, dict):
        raise Invalid('it is an object like {"eo:cloud_cover": {"lt": 10}}.')
    parts = [
        _comparison(names(name, "").kind, name, operator, value)
        for name, comparisons in given.items()
        for operator, value in _of(name, comparisons).items()
    ]
    try:
        return cql2.condition({"op": "and", "args": parts}, cql2.JSON, "", names) if parts else Q()
    except Invalid as fault:
        raise Invalid(fault.message) from fault  # its pointer leads into what nobody wrote


def _of(name: str, comparisons: Any) -> dict[str, Any]:
    if isinstance(comparisons, dict):
        return comparisons
    raise Invalid(f'{name[:80]!r} takes an object of comparisons, like {{"eq": 1}}.')


def _comparison(kind: Kind, name: str, operator: str, value: Any) -> Tree:
    if operator not in OPERATORS:
        known = ", ".join(OPERATORS)
        raise Invalid(f"there is no operator {operator[:40]!r}; there is {known}.")
    return OPERATORS[operator](kind, name, value)


def _compared(op: str) -> Callable[[Kind, str, Any], Tree]:
    def compare(kind: Kind, name: str, value: Any) -> Tree:
        parts = [{"op": op, "args": [{"property": name}, each]} for each in _meant(kind, value)]
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    return compare


def _meant(kind: Kind, value: Any) -> list[Tree]:
    """What a value may stand for; each is compared with the properties of its kind only."""
    if not isinstance(value, str) or kind != Kind.UNKNOWN:
        return [value]
    number = float(value) if _NUMBER.fullmatch(value) and len(value) < 40 else math.nan
    if math.isfinite(number):
        return [value, number]
    return [{"timestamp": value}] if _is_time(value) else [value]


def _is_time(text: str) -> bool:
    try:
        times.parse(text)
    except Invalid:
        return False
    return True


def _in(kind: Kind, name: str, values: Any) -> Tree:
    if not isinstance(values, list):
        raise Invalid("`in` takes a list of values.")
    meant = [each for value in values for each in _meant(kind, value)]
    return {"op": "in", "args": [{"property": name}, meant]}


def _like(before: str, after: str) -> Callable[[Kind, str, Any], Tree]:
    def like(kind: Kind, name: str, value: Any) -> Tree:
        if not isinstance(value, str):
            raise Invalid("startsWith, endsWith and contains take a text.")
        pattern = before + re.sub(r"([\\%_])", r"\\\1", value) + after
        return {"op": "like", "args": [{"property": name}, pattern]}

    return like


OPERATORS: dict[str, Callable[[Kind, str, Any], Tree]] = {
    "eq": _compared("="),
    "neq": _compared("<>"),
    "lt": _compared("<"),
    "lte": _compared("<="),
    "gt": _compared(">"),
    "gte": _compared(">="),
    "startsWith": _like("", "%"),
    "endsWith": _like("%", ""),
    "contains": _like("%", "%"),
    "in": _in,
}
