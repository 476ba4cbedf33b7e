"""The functions that a filter may call; there are no others."""

from collections.abc import Callable
from typing import Any

from django.db.models import Func

from .. import sql

Arithmetic = Callable[[Any, Any], Func]


def without_case(text: Any) -> Func:
    """Full case folding, near enough: 'Straße' is 'STRASSE', by ICU in any database."""
    collated = Func(text, template='(%(expressions)s COLLATE "und-x-icu")')
    return sql.call("lower", sql.call("upper", collated, field=sql.TEXT), field=sql.TEXT)


def without_accents(text: Any) -> Func:
    """Base letters without their combining marks."""
    template = (
        "normalize(regexp_replace(normalize(%(expressions)s, NFD), "
        r"'[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g'), NFC)"
    )
    return Func(text, template=template, output_field=sql.TEXT)


def _over(operator: str) -> Arithmetic:
    return lambda left, right: sql.infix(operator, left, right, sql.NUMBER)


def _divided(function: str) -> Arithmetic:
    """Division by zero is null."""

    def divide(left: Any, right: Any) -> Func:
        not_zero = sql.call("NULLIF", right, sql.number(0), field=sql.NUMBER)
        return sql.call(function, left, not_zero, field=sql.NUMBER)

    return divide


def _power(left: Any, right: Any) -> Func:
    """Null where there is no real answer, or none that a double holds.

    The inner SELECT gives both sides a name, so that towers of powers do not repeat themselves.
    """
    template = (
        "(SELECT CASE WHEN a = 0 AND b >= 0 THEN power(0, least(b, 1)) "
        "WHEN a = 0 OR (a < 0 AND b <> trunc(b)) OR abs(b) > 1e6 THEN NULL "
        "WHEN abs(a) NOT BETWEEN 1e-300 AND 1e300 OR abs(b * ln(abs(a))) > 690 THEN NULL "
        "WHEN b = 0 THEN 1 WHEN abs(b) < 1e-300 THEN 1 "
        "ELSE power(a::float8, b::float8)::numeric END "
        "FROM (SELECT %(expressions)s AS b OFFSET 0) AS powers)"
    )
    return Func(left, right, arg_joiner=" AS a, ", template=template, output_field=sql.NUMBER)


def _quotient(left: Any, right: Any) -> Func:
    not_zero = sql.call("NULLIF", right, sql.number(0), field=sql.NUMBER)
    return sql.infix("/", left, not_zero, sql.NUMBER)


ARITHMETIC: dict[str, Arithmetic] = {
    "+": _over("+"),
    "-": _over("-"),
    "*": _over("*"),
    "/": _quotient,
    "%": _divided("mod"),
    "div": _divided("div"),
    "^": _power,
}
