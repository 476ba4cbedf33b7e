"""A property's values as one key that is never null, for orders, indexes and comparisons.

Texts go by code point. What has no value of the kind comes last, whether the order rises or
falls, so each way has a key of its own; an index on either also answers what is before, after or
the same.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Func, Q, Value

from . import sql

LONGEST_TEXT = 256  # characters of a text that the order looks at, and an index holds
NUMBER, TEXT = "number", "string"  # as jsonb_typeof says it
TITLES = {NUMBER: "numbers", TEXT: "texts"}


def number(value: Any, descending: bool) -> Func:
    return _or_last(value, descending, "Infinity", "numeric", sql.NUMBER)


def moment(value: Any, descending: bool) -> Func:
    return _or_last(value, descending, "infinity", "timestamptz", sql.TIME)


def text(value: Any, descending: bool) -> Func:
    """A letter before the text says whether there is one."""
    there, missing = _LETTERS[descending]
    short = sql.call("left", value, Value(LONGEST_TEXT), field=sql.TEXT)
    template = f"(COALESCE('{there}' || %(expressions)s, '{missing}') COLLATE \"C\")"
    return Func(short, template=template, output_field=sql.TEXT)


_LETTERS = {False: ("a", "b"), True: ("b", "a")}


def _or_last(value: Any, descending: bool, infinity: str, type: str, field: Any) -> Func:
    infinity = f"-{infinity}" if descending else infinity
    template = f"COALESCE(%(expressions)s, '{infinity}'::{type})"
    return Func(value, template=template, output_field=field)


@dataclass(frozen=True)
class Rank:
    """Which key of which property."""

    name: str
    kind: str  # NUMBER or TEXT
    descending: bool = False

    @property
    def key(self) -> Func:
        if self.kind == NUMBER:
            return number(sql.member_number(self.name), self.descending)
        return text(sql.member_string(self.name), self.descending)

    def takes(self, value: Any) -> bool:
        """Whether comparing keys with it says the same as comparing values."""
        return self.kind == NUMBER or len(value) < LONGEST_TEXT

    def compared(self, op: str, value: Any) -> Q:
        """True where the property is a value of this kind, and before, after or the same."""
        found = Q(sql.infix(op, self.key, self._given(value)))
        if op[0] == (">", "<")[self.descending]:  # there lies also what has none
            found &= Q(sql.infix((">" if self.descending else "<"), self.key, self._missing))
        return found

    def _given(self, value: Any) -> Func:
        if self.kind == NUMBER:
            return sql.number(value)
        return sql.text(_LETTERS[self.descending][0] + value)

    @property
    def _missing(self) -> Func:
        if self.kind == TEXT:
            return sql.text(_LETTERS[self.descending][1])
        infinity = Value("-Infinity" if self.descending else "Infinity")
        return Func(infinity, template="%(expressions)s::numeric", output_field=sql.NUMBER)


class Compared(Func):
    """A comparison that says which property it compares, to be counted (asked.py)."""

    template = "%(expressions)s"

    def __init__(self, condition: Q, name: str, kind: str) -> None:
        super().__init__(condition, output_field=sql.BOOLEAN)
        self.name, self.kind = name, kind


CLEAREST = Rank("eo:cloud_cover", NUMBER)  # every catalog has an index on this
