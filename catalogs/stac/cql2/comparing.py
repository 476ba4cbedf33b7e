"""Comparisons, true where they hold; what cannot be compared is null, and so not true."""

from django.db.models import F, Func, Q

from .. import asked, sql
from ..errors import Invalid
from ..ranks import Compared
from .operands import Kind, Literal, Member, Moment, Operand


def compare(op: str, left: Operand, right: Operand) -> Q:
    """True where the comparison holds; what cannot be compared makes it null, so not true.

    Index use: `id` and `collection` by theirs; `datetime` by that of the usual order; equality
    of a property by a GIN on `properties` (jsonb_path_ops); all of a property whose key has an
    index (ranks.py) by that.
    """
    kinds = {left.kind, right.kind} - {Kind.UNKNOWN}
    if Kind.GEOMETRY in kinds:
        raise Invalid("Geometries are compared by the S_ functions.", pointer=left.at or None)
    if Kind.MOMENT in kinds:
        return compare_moments(op, left.moment(), right.moment())
    if len(kinds) > 1:
        one, other = sorted(kinds)
        message = f"A {one} cannot be compared with a {other}."
        raise Invalid(message, pointer=left.at or None)
    if isinstance(left, Member) and isinstance(right, Member):
        return _members(op, left.json, right.json)
    if isinstance(left, Member) and isinstance(right, Literal):
        return _member(op, left, right)
    if isinstance(left, Literal) and isinstance(right, Member):
        return _member(sql.TURNED[op], right, left)
    return _known(op, left, right, *kinds)


def _known(op: str, left: Operand, right: Operand, kind: Kind) -> Q:
    if kind == Kind.NUMBER:
        return Q(sql.infix(op, left.number(), right.number()))
    if kind == Kind.TEXT:
        return Q(sql.infix(op, sql.by_code_point(left.text()), sql.by_code_point(right.text())))
    one, other = (sql.document(side.value) for side in (left, right) if isinstance(side, Literal))
    return Q(sql.infix(op, one, other))


def _member(op: str, member: Member, literal: Literal) -> Q:
    if literal.kind not in (Kind.NUMBER, Kind.TEXT) or op == "<>":
        return _each(op, member, literal)
    rank = asked.rank(member.name, literal.kind)
    if rank is not None and rank.takes(literal.value):
        found = rank.compared(op, literal.value)
    else:
        found = _each(op, member, literal)
    return Q(Compared(found, member.name, literal.kind))


def _each(op: str, member: Member, literal: Literal) -> Q:
    """As each item says it, without a key."""
    if op == "=":
        return Q(sql.infix("@>", F("properties"), sql.document({member.name: literal.value})))
    if literal.kind == Kind.TEXT:
        text = sql.by_code_point(sql.member_text(member.name))
        return sql.is_a(member.json, "string") & Q(sql.infix(op, text, literal.text()))
    found = Q(sql.infix(op, member.json, sql.document(literal.value)))
    return found & sql.is_between(member.json, literal.kind)


def _members(op: str, left: Func, right: Func) -> Q:
    same = Q(sql.infix("=", sql.type_of(left), sql.type_of(right)))
    plain = sql.is_a(left, "number") | sql.is_a(left, "boolean")
    one, other = (sql.by_code_point(_unquoted(side)) for side in (left, right))
    return same & (
        (plain & Q(sql.infix(op, left, right)))
        | (sql.is_a(left, "string") & Q(sql.infix(op, one, other)))
    )


def _unquoted(value: Func) -> Func:
    return Func(value, template="(%(expressions)s #>> '{}')", output_field=sql.TEXT)


def before(one: Moment, other: Moment) -> Q:
    return Q(sql.infix("<", one.last, other.first)) & one.known & other.known


def not_after(one: Moment, other: Moment) -> Q:
    return Q(sql.infix("<=", one.first, other.last)) & one.known & other.known


def together(one: Moment, other: Moment) -> Q:
    """The same instant, or an instant within the day."""
    return not_after(one, other) & not_after(other, one)


def compare_moments(op: str, left: Moment, right: Moment) -> Q:
    match op:
        case "=":
            return together(left, right)
        case "<>":
            return before(left, right) | before(right, left)
        case "<":
            return before(left, right)
        case ">":
            return before(right, left)
        case "<=":
            return not_after(left, right)
    return not_after(right, left)
