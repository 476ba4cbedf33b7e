"""What stands in a comparison: names, literals, arithmetic, CASEI and ACCENTI.

Properties differ from item to item, so each use says which kind of value it wants; a property
that is missing, null or of another kind counts as null there, and no cast can fail.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from django.db.models import Case, F, Func, Q, When

from .. import sql, times
from ..errors import Invalid
from ..search import MOMENT
from . import functions

Tree = Any
DAY = timedelta(days=1) - timedelta(microseconds=1)


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "string"  # as jsonb_typeof says it
    BOOLEAN = "boolean"
    MOMENT = "time"
    GEOMETRY = "geometry"
    UNKNOWN = "property"  # differs from item to item


@dataclass(frozen=True)
class Moment:
    """A time with its granularity: the first and the last instant of it (one day for a date)."""

    first: Any
    last: Any
    known: Q = field(default_factory=Q)  # must hold besides, where the columns hide a null


@dataclass(frozen=True)
class Operand:
    at: str
    kind: Kind

    def number(self) -> Any:
        raise self.misplaced(Kind.NUMBER)

    def text(self) -> Any:
        raise self.misplaced(Kind.TEXT)

    def moment(self) -> Moment:
        raise self.misplaced(Kind.MOMENT)

    def is_null(self, truth: bool) -> Q:
        raise NotImplementedError

    def misplaced(self, wanted: Kind) -> Invalid:
        return Invalid(f"A {self.kind} stands where a {wanted} belongs.", pointer=self.at or None)


@dataclass(frozen=True)
class Literal(Operand):
    value: Any  # a moment's is the pair of its first and last instant

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """First and last instant of a time."""
        found = moment_literal(self.value, self.at) if self.kind == Kind.TEXT else self
        first, last = found.value
        return first, last

    def number(self) -> Any:
        return sql.number(self.value) if self.kind == Kind.NUMBER else super().number()

    def text(self) -> Any:
        return sql.text(self.value) if self.kind == Kind.TEXT else super().text()

    def moment(self) -> Moment:
        """Text beside a time is read as a time: clients leave TIMESTAMP('...') out."""
        if self.kind not in (Kind.MOMENT, Kind.TEXT):
            return super().moment()
        first, last = self.bounds
        return Moment(sql.moment(first), sql.moment(last))

    def is_null(self, truth: bool) -> Q:
        return sql.constant(not truth)


@dataclass(frozen=True)
class Computed(Operand):
    """An SQL expression of a known kind: a column, arithmetic, a function of a text."""

    expression: Any

    def number(self) -> Any:
        return self.expression if self.kind == Kind.NUMBER else super().number()

    def text(self) -> Any:
        return self.expression if self.kind == Kind.TEXT else super().text()

    def moment(self) -> Moment:
        if self.kind != Kind.MOMENT:
            return super().moment()
        return Moment(self.expression, self.expression)

    def is_null(self, truth: bool) -> Q:
        return Q(sql.is_null(self.expression, truth))


@dataclass(frozen=True)
class Datetime(Computed):
    """The item's `datetime`; compared by the key that the usual order has its index on."""

    def moment(self) -> Moment:
        return Moment(MOMENT, MOMENT, Q(sql.is_null(F("datetime"), False)))


@dataclass(frozen=True)
class Span(Operand):
    """A time with two ends, as that of a collection; compared as a date is, whole."""

    start: Any
    end: Any

    def moment(self) -> Moment:
        return Moment(self.start, self.end)

    def is_null(self, truth: bool) -> Q:
        return sql.constant(not truth)


@dataclass(frozen=True)
class Member(Operand):
    """A member of `properties`; its kind is known only item by item."""

    name: str

    @property
    def json(self) -> Func:
        return sql.member(self.name)

    def number(self) -> Any:
        return sql.member_number(self.name)

    def text(self) -> Any:
        return sql.member_string(self.name)

    def moment(self) -> Moment:
        text = sql.member_text(self.name)
        midnight = sql.infix("||", text, sql.text("T00:00:00Z"), sql.TEXT)
        is_date = When(Q(sql.infix("~", text, sql.text(_DATE))), then=_instant(midnight))
        is_time = When(Q(sql.infix("~", text, sql.text(_TIME))), then=_instant(text))
        ends = sql.infix("+", _instant(midnight), _interval(DAY), sql.TIME)
        is_day = When(Q(sql.infix("~", text, sql.text(_DATE))), then=ends)
        return Moment(Case(is_date, is_time), Case(is_day, is_time))

    def is_null(self, truth: bool) -> Q:
        kind = Func(sql.type_of(self.json), sql.text("null"), function="COALESCE")
        kind.output_field = sql.TEXT
        return Q(sql.infix("=" if truth else "<>", kind, sql.text("null")))


# Dates and times that PostgreSQL reads without a fault: years 1 to 9999, real days, no leap
# second, offsets within 15:59.
_DAY = (
    r"(?!0000)(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
    r"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_DATE = f"^{_DAY}$"
_TIME = (
    rf"^{_DAY}[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?"
    r"(?:[Zz]|[+-](?:0\d|1[0-5]):[0-5]\d)$"
)


def _instant(text: Any) -> Func:
    return Func(text, template="%(expressions)s::timestamptz", output_field=sql.TIME)


def _interval(length: timedelta) -> Func:
    seconds = sql.number(length.total_seconds())
    template = "make_interval(secs => %(expressions)s::float8)"
    return Func(seconds, template=template, output_field=sql.TIME)


def moment_literal(text: Any, at: str) -> Literal:
    """A date, which is a whole day (UTC), or a time as RFC 3339 has it."""
    if not isinstance(text, str):
        raise Invalid("A time is a text like 2020-02-12T23:20:50Z.", pointer=at or None)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return date_literal(text, at)
    try:
        moment = times.parse(text)
    except Invalid as fault:
        raise Invalid(fault.message, pointer=at or None) from fault
    return Literal(at, Kind.MOMENT, (moment, moment))


def date_literal(text: Any, at: str) -> Literal:
    try:
        day = date.fromisoformat(text)
        first = times.parse(f"{day.isoformat()}T00:00:00Z")
    except (TypeError, ValueError, Invalid) as fault:
        message = f"{str(text)[:40]!r} is not a date like 2020-02-12."
        raise Invalid(message, pointer=at or None) from fault
    return Literal(at, Kind.MOMENT, (first, first + DAY))


def _only_with(name: str, column: str) -> Case:
    """A column that also stands in for the item's datetime, where the item has the property."""
    return Case(When(sql.is_a(sql.member(name), "string"), then=F(column)))


def name(value: Any, at: str) -> Operand:
    """A property by its name, with or without `properties.`; what no item has is null."""
    if not isinstance(value, str) or not value:
        raise Invalid("A property is named by a text that is not empty.", pointer=at or None)
    plain = value.removeprefix("properties.")
    match value, plain:
        case "id", _:
            return Computed(at, Kind.TEXT, F("stac_id"))
        case "collection", _:
            return Computed(at, Kind.TEXT, F("collection_id"))
        case "geometry", _:
            return Computed(at, Kind.GEOMETRY, F("geometry"))
        case "bbox", _:
            raise Invalid("Ask `geometry` instead of `bbox`, with a BBOX(...).", pointer=at or None)
        case _, "datetime":
            return Datetime(at, Kind.MOMENT, F("datetime"))
        case _, "start_datetime":
            return Computed(at, Kind.MOMENT, _only_with(plain, "start"))
        case _, "end_datetime":
            return Computed(at, Kind.MOMENT, _only_with(plain, "end"))
    return Member(at, Kind.UNKNOWN, plain)


class Names(Protocol):
    """What a name stands for; raises `Invalid`, its pointer `at`, for what is no name."""

    def __call__(self, value: Any, at: str) -> Operand: ...


def named(tree: Tree, at: str, names: Names) -> Tree:
    """The tree with what its names stand for in their places."""
    match tree:
        case {"property": value}:
            return names(value, f"{at}/property")
        case {"op": _, "args": list(arguments)}:
            return {**tree, "args": named(arguments, f"{at}/args", names)}
        case {"interval": list(sides)}:
            return {**tree, "interval": named(sides, f"{at}/interval", names)}
        case list():
            return [named(part, f"{at}/{number}", names) for number, part in enumerate(tree)]
    return tree


def read(tree: Tree, at: str) -> Operand:
    """A scalar expression (cql2, rule `scalarExpression`)."""
    match tree:
        case bool():
            return Literal(at, Kind.BOOLEAN, tree)
        case int() | float():
            return Literal(at, Kind.NUMBER, tree)
        case str():
            return Literal(at, Kind.TEXT, tree)
        case Operand():
            return tree
        case {"timestamp": value}:
            return _timestamp(value, f"{at}/timestamp")
        case {"date": value}:
            return date_literal(value, f"{at}/date")
        case {"op": str(op), "args": list(arguments)}:
            return _computed(op.lower(), arguments, at)
        case None:
            raise Invalid("Nothing equals null: ask with IS NULL.", pointer=at or None)
    raise Invalid("This is no value, property or function of one.", pointer=at or None)


def _timestamp(value: Any, at: str) -> Literal:
    found = moment_literal(value, at)
    if found.value[0] != found.value[1]:
        raise Invalid("A timestamp has a time too; a day alone is a date.", pointer=at or None)
    return found


def _computed(op: str, arguments: list[Tree], at: str) -> Operand:
    if op in ("casei", "accenti"):
        only = exactly(1, arguments, at)[0]
        fold = functions.without_case if op == "casei" else functions.without_accents
        return Computed(at, Kind.TEXT, fold(read(only, f"{at}/args/0").text()))
    if op in functions.ARITHMETIC:
        exactly(2, arguments, at)
        left, right = (read(part, f"{at}/args/{n}").number() for n, part in enumerate(arguments))
        return Computed(at, Kind.NUMBER, functions.ARITHMETIC[op](left, right))
    raise Invalid(f"There is no function {op[:40]!r} that gives a value.", pointer=at or None)


def exactly(number: int, arguments: list[Tree], at: str) -> list[Tree]:
    if len(arguments) != number:
        raise Invalid(f"This takes {number} arguments, not {len(arguments)}.", pointer=at or None)
    return arguments
