"""The few pieces of SQL that the compiler is made of; every name and value is a parameter."""

import json
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DecimalField,
    F,
    Field,
    Func,
    JSONField,
    Q,
    TextField,
    Value,
    When,
)

BOOLEAN: "Field[Any, Any]" = BooleanField()
JSON: "Field[Any, Any]" = JSONField()
NUMBER: "Field[Any, Any]" = DecimalField()
TEXT: "Field[Any, Any]" = TextField()
TIME: "Field[Any, Any]" = DateTimeField()
SPAN: "Field[Any, Any]" = DateTimeRangeField()
PLACE: "Field[Any, Any]" = GeometryField(srid=4326)

TRUE = Func(template="TRUE", output_field=BOOLEAN)
FALSE = Func(template="FALSE", output_field=BOOLEAN)

# The six comparisons, what holds where they do not, and how they read from the right.
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def constant(value: bool) -> Q:
    return Q(TRUE if value else FALSE)


def infix(operator: str, left: Any, right: Any, field: "Field[Any, Any] | None" = None) -> Func:
    return Func(
        left,
        right,
        arg_joiner=f" {operator} ",
        template="(%(expressions)s)",
        output_field=field or BOOLEAN,
    )


def call(function: str, *arguments: Any, field: "Field[Any, Any]") -> Func:
    return Func(*arguments, function=function, output_field=field)


def among(name: str, values: list[str]) -> Func:
    """Whether the column is one of these texts; all of them are one parameter."""
    return Func(
        F(name),
        Value(values, ArrayField(TEXT)),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BOOLEAN,
    )


def negated(condition: Any) -> Func:
    return Func(condition, template="(NOT %(expressions)s)", output_field=BOOLEAN)


def is_null(expression: Any, truth: bool = True) -> Func:
    words = "IS NULL" if truth else "IS NOT NULL"
    return Func(expression, template=f"(%(expressions)s {words})", output_field=BOOLEAN)


def text(value: str) -> Func:
    return Func(Value(value), template="%(expressions)s::text", output_field=TEXT)


def number(value: float) -> Func:
    return Func(Value(repr(value)), template="%(expressions)s::numeric", output_field=NUMBER)


def moment(value: Any) -> Func:
    template = "%(expressions)s::timestamptz"
    return Func(Value(value), template=template, output_field=TIME)


def interval(start: Any, end: Any) -> Func:
    """With both its ends; a side that is None is open."""
    return call("tstzrange", moment(start), moment(end), text("[]"), field=SPAN)


def place(ewkb: str) -> Func:
    """A geometry of EWKB in hexadecimal digits."""
    return Func(Value(ewkb), template="%(expressions)s::geometry", output_field=PLACE)


def document(value: Any) -> Func:
    return _written(json.dumps(value))


def _written(json_text: str) -> Func:
    return Func(Value(json_text), template="%(expressions)s::jsonb", output_field=JSON)


def member(name: str) -> Func:
    """The value of a property as JSON; an index on (properties -> 'name') is one on this."""
    return infix("->", F("properties"), text(name), JSON)


def member_text(name: str) -> Func:
    return infix("->>", F("properties"), text(name), TEXT)


def member_number(name: str) -> Case:
    """The value of a property where it is a number, else null."""
    value = Func(member(name), template="%(expressions)s::numeric", output_field=NUMBER)
    return Case(When(is_a(member(name), "number"), then=value))


def member_string(name: str) -> Case:
    """The value of a property where it is a text, else null."""
    return Case(When(is_a(member(name), "string"), then=member_text(name)), output_field=TEXT)


def type_of(value: Any) -> Func:
    return call("jsonb_typeof", value, field=TEXT)


def is_a(value: Any, kind: str) -> Q:
    return Q(infix("=", type_of(value), text(kind)))


def is_between(value: Any, kind: str) -> Q:
    """Is a number, or a boolean, said by the order of JSON values, which an index knows.

    No double lies beyond the bounds, and nothing else than numbers lies between them.
    """
    low, high = ("false", "true") if kind == "boolean" else ("-1e309", "1e309")
    return Q(infix(">=", value, _written(low))) & Q(infix("<=", value, _written(high)))


def by_code_point(value: Any) -> Func:
    """Texts compare the same in every database."""
    return Func(value, template='(%(expressions)s COLLATE "C")', output_field=TEXT)
