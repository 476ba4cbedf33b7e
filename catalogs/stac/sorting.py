"""The order of a search (STAC API Sort extension 1.1.0).

Under one name, numbers come before texts; texts go by code point, or by instant where all of them
are times. What has neither comes last, whether the order rises or falls. Which kinds there are is
read from the queryables, which are kept as items are written; a token says what was read, so that
its walk goes on as it began, whatever is written meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, QuerySet, Value

from . import ranks, sql
from .cql2.operands import Computed, Datetime, Kind, Member, Names, Operand
from .errors import Invalid
from .paging import Key, by_datetime
from .ranks import Rank

MOST_KEYS = 5

Kinds = Mapping[str, Sequence[str]]
Known = Callable[[Sequence[str]], Kinds]  # of these names those that can be sorted by


@dataclass(frozen=True)
class By:
    name: str
    descending: bool = False


def read(given: Any) -> list[By]:
    """`+a,-b`, whose plus may have become a space, or [{"field": "a", "direction": "asc"}]."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list) or not parts:
        raise Invalid("it is a list of fields, like +datetime,-id.")
    if len(parts) > MOST_KEYS:
        raise Invalid(f"a search is sorted by at most {MOST_KEYS} fields.")
    found = [_written(one) if isinstance(one, str) else _object(one) for one in parts]
    names = [by.name for by in found]
    if not all(_is_name(name) for name in names):
        raise Invalid("a field has a name, of characters that JSON and PostgreSQL can hold.")
    if len(set(names)) < len(names):
        raise Invalid("a field stands there twice.")
    return found


def _is_name(text: str) -> bool:
    return bool(text) and "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _written(one: str) -> By:
    plain = one[1:] if one[:1] in ("+", "-", " ") else one
    return By(plain, one.startswith("-"))


def _object(one: Any) -> By:
    match one:
        case {"field": str(name), **rest} if not rest.keys() - {"direction"}:
            direction = rest.get("direction", "asc")
            if direction in ("asc", "desc"):
                return By(name, direction == "desc")
            raise Invalid("a direction is asc or desc.")
    raise Invalid('each is like {"field": "datetime", "direction": "desc"}.')


def kinds(sort: Sequence[By], names: Names, known: Known) -> list[list[str]]:
    """For each field the kinds of its values, in the order in which they come.

    Raises `Invalid` for a field that `known`, and so the sortables, do not list.
    """
    listed = known([_plain(by) for by in sort])
    found = []
    for by in sort:
        of = listed.get(_plain(by), ())
        kind = names(by.name, "").kind if of else Kind.UNKNOWN
        of = of if kind == Kind.UNKNOWN else [kind]
        if not of or kind not in _SORTED:
            message = f"nothing is sorted by {by.name[:80]!r} here; the sortables list the fields."
            raise Invalid(f"sortby: {message}", parameter="sortby")
        found.append([str(one) for one in of])
    return found


def _plain(by: By) -> str:
    return by.name.removeprefix("properties.")


def keys(
    sort: Sequence[By], kinds: Sequence[Sequence[str]], names: Names, last: Sequence[Key]
) -> list[Key]:
    """What rows are ordered by; `last` are the keys that make each row differ from all others."""
    made = [
        key for by, of in zip(sort, kinds, strict=True) for key in _keys(by, names(by.name, ""), of)
    ]
    given = {key.field for key in made if not isinstance(key, ValueKey)}
    return [*made, *(key for key in last if key.field not in given)]


def _keys(by: By, operand: Operand, kinds: Sequence[str]) -> list[Key]:
    if isinstance(operand, Datetime):
        return [by_datetime(by.descending)]
    match operand:
        case Computed(kind=Kind.TEXT, expression=F() as column):  # never null
            return [Key(str(column.name), by.descending)]  # type: ignore[attr-defined]
    return [_VALUES[Kind(kind)](by, operand) for kind in kinds]


@dataclass(frozen=True)
class ValueKey(Key):
    """A value that is computed; a token holds it as PostgreSQL writes it."""

    expression: Any = None
    type: str = "text"
    rank: Rank | None = None  # where it is one that an index can hold

    @property
    def read(self) -> Any:
        return Func(self.expression, template="(%(expressions)s)::text", output_field=sql.TEXT)

    @property
    def mine(self) -> Any:
        return self.expression

    def given(self, read: Any) -> Any:
        template = f"%(expressions)s::{self.type}"
        return Func(Value(read), template=template, output_field=self.expression.output_field)


def _number(by: By, operand: Operand) -> Key:
    found = ranks.number(operand.number(), by.descending)
    return _key(by, operand, found, ranks.NUMBER, "numeric")


def _moment(by: By, operand: Operand) -> Key:
    found = ranks.moment(operand.moment().first, by.descending)
    return ValueKey(by.name, by.descending, expression=found, type="timestamptz")


def _text(by: By, operand: Operand) -> Key:
    return _key(by, operand, ranks.text(operand.text(), by.descending), ranks.TEXT, "text")


def _key(by: By, operand: Operand, found: Any, kind: str, type: str) -> Key:
    rank = Rank(operand.name, kind, by.descending) if isinstance(operand, Member) else None
    return ValueKey(by.name, by.descending, expression=found, type=type, rank=rank)


_VALUES = {Kind.NUMBER: _number, Kind.MOMENT: _moment, Kind.TEXT: _text}
_SORTED = {*_VALUES, Kind.UNKNOWN}


ALWAYS: dict[str, Sequence[str]] = {
    "id": [Kind.TEXT],
    "collection": [Kind.TEXT],
    "datetime": [Kind.MOMENT],
}


def of_items(queryables: QuerySet[Any], names: Sequence[str]) -> Kinds:
    """The kinds of values that items have under these names; what cannot be sorted is left out."""
    rows = queryables.filter(name__in=set(names) - ALWAYS.keys())
    types: dict[str, set[str]] = {}
    formats: dict[str, set[str | None]] = {}
    for name, kinds, format in rows.values_list("name", "kinds", "format").distinct():
        types.setdefault(name, set()).update(kinds)
        formats.setdefault(name, set()).add(format)
    found = {name: sortable(types[name], formats[name]) for name in types}
    return ALWAYS | {name: kinds for name, kinds in found.items() if kinds}


def sortable(types: Iterable[str], formats: Iterable[str | None]) -> list[str]:
    """The kinds to sort by, of a queryable's JSON Schema types and the formats of its texts."""
    kinds: list[str] = [Kind.NUMBER] if {"number", "integer"} & set(types) else []
    if "string" in types:
        are_times = set(formats) - {None} <= {"date", "date-time"}
        kinds.append(Kind.MOMENT if are_times else Kind.TEXT)
    return kinds
