"""Filters in CQL2 1.0 (OGC 21-065r2), text and JSON, as conditions on items or collections.

`text` reads CQL2 text into the CQL2-JSON tree, `limits` refuses what is too much, `compiler` and
its parts (`operands`, `temporal`, `spatial`, `arrays`) turn the tree into a Django Q. No part of
a filter ever becomes SQL text: names and values travel as parameters, and there is no function
that is not named in these modules.
"""

from typing import Any

import orjson
from django.db.models import Q

from ..errors import Invalid
from . import compiler, limits, operands, text
from .operands import Names

TEXT, JSON = "cql2-text", "cql2-json"


def condition(
    value: str | dict[str, Any] | bool,
    lang: str = TEXT,
    at: str = "",
    names: Names = operands.name,
) -> Q:
    """The rows for which the filter is true; those for which it is false or null are left out.

    `value` is CQL2 text, or CQL2 JSON as text or read already; `at` is the JSON pointer to it.
    `names` says what its names stand for: those of items, or collections.name.
    Raises `Invalid` that says what is wrong and where.
    """
    try:
        tree = _read(value, lang)
        limits.check(tree, at)
        return compiler.holds(operands.named(tree, at, names), at)
    except Invalid as fault:
        # A pointer into a tree that the asker never wrote would say nothing.
        pointer = None if lang == TEXT else fault.pointer
        parameter = fault.parameter or "filter"
        raise Invalid(fault.message, pointer=pointer, parameter=parameter) from fault


def _read(value: object, lang: str) -> Any:
    if lang not in (TEXT, JSON):
        raise Invalid(f"filter-lang is {TEXT} or {JSON}.", parameter="filter-lang")
    if lang == JSON:
        return _json(value) if isinstance(value, str) else value
    if not isinstance(value, str):
        raise Invalid(f"A filter in {TEXT} is a text.")
    limits.check_text(value)
    return text.read(value)


def _json(value: str) -> Any:
    limits.check_length(value, limits.LONGEST_JSON)
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as fault:
        raise Invalid(f"The filter is not JSON: {fault}.") from fault
