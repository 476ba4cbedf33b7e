"""CQL2 text to the CQL2-JSON tree.

The parser is lark's LALR(1), a table and a stack. Of the ready-made ones, the `cql2` package
reads all examples of the standard but takes twice as long for every bracket that is open in a
wrong text (20 of them: a second), overflows its stack, and reads 2^3^2 from the left; that of
pygeofilter does not know half of the language.
"""

from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ..errors import Invalid

Tree = Any

# Operators of CQL2 JSON that CQL2 text writes as functions, in any case.
_CANONICAL = {
    name.lower(): name
    for name in ("t_finishedBy", "t_metBy", "t_overlappedBy", "t_startedBy", "a_containedBy")
}


def read(text: str) -> Tree:
    """The tree of the text; raises `Invalid` with the line and column where it ends to be CQL2."""
    try:
        return _PARSER.parse(text)
    except UnexpectedInput as fault:
        raise Invalid(_sentence(text, fault)) from fault


def _sentence(text: str, fault: UnexpectedInput) -> str:
    if isinstance(fault, UnexpectedToken) and fault.token.type == "$END":
        return "The filter is not CQL2: it ends too early."
    where = text[fault.pos_in_stream or 0 :].split("\n")[0][:20]
    return f"The filter is not CQL2 at line {fault.line}, column {fault.column}: {where!r}."


def _op(name: str, *args: Tree) -> Tree:
    return {"op": name, "args": list(args)}


def _number(text: str) -> int | float:
    """As JSON has them: what is written without point and exponent is whole."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Invalid(f"{text[:40]} is too large a number.")
    return int(text) if text.isdigit() and value < 2**53 else value


@v_args(inline=True)
class _ToJson(Transformer[Token, Tree]):
    """Bottom up while the text is read, so that no depth of text is a depth of calls."""

    def disjunction(self, *args: Tree) -> Tree:
        return _op("or", *args)

    def conjunction(self, *args: Tree) -> Tree:
        return _op("and", *args)

    def not_(self, arg: Tree) -> Tree:
        return _op("not", arg)

    def compare(self, left: Tree, op: Token, right: Tree) -> Tree:
        return _op("<>" if op == "!=" else str(op), left, right)

    def like(self, value: Tree, pattern: Tree) -> Tree:
        return _op("like", value, pattern)

    def not_like(self, value: Tree, pattern: Tree) -> Tree:
        return _op("not", _op("like", value, pattern))

    def between(self, value: Tree, low: Tree, high: Tree) -> Tree:
        return _op("between", value, low, high)

    def not_between(self, value: Tree, low: Tree, high: Tree) -> Tree:
        return _op("not", _op("between", value, low, high))

    def in_(self, value: Tree, *values: Tree) -> Tree:
        return _op("in", value, list(values))

    def not_in(self, value: Tree, *values: Tree) -> Tree:
        return _op("not", _op("in", value, list(values)))

    def is_null(self, value: Tree) -> Tree:
        return _op("isNull", value)

    def is_not_null(self, value: Tree) -> Tree:
        return _op("not", _op("isNull", value))

    def arithmetic(self, left: Tree, op: Token, right: Tree) -> Tree:
        return _op(op.lower(), left, right)

    def sign(self, sign: Token, value: Tree) -> Tree:
        if sign == "+":
            return value
        return -value if isinstance(value, int | float) else _op("*", -1, value)

    def number(self, text: Token) -> Tree:
        return _number(text)

    def string(self, text: Token) -> Tree:
        return text[1:-1].replace("''", "'").replace("\\'", "'")

    def true(self, _: Token) -> Tree:
        return True

    def false(self, _: Token) -> Tree:
        return False

    def property(self, name: Token) -> Tree:
        return {"property": str(name)}

    def quoted(self, name: Token) -> Tree:
        return {"property": name[1:-1].replace('""', '"')}

    def function(self, name: Token, *args: Tree | None) -> Tree:
        lower = name.lower()
        given = [arg for arg in args if arg is not None]
        if lower.startswith("a_"):  # ('x') is an array of one, which brackets alone do not tell
            given = [arg if isinstance(arg, list | dict) else [arg] for arg in given]
        known = lower.startswith(("s_", "t_", "a_")) or lower in ("casei", "accenti")
        return _op(_CANONICAL.get(lower, lower) if known else str(name), *given)

    def group(self, value: Tree) -> Tree:
        return value

    def array(self, *values: Tree) -> Tree:
        return list(values)

    def timestamp(self, text: Token) -> Tree:
        return {"timestamp": text[1:-1]}

    def date(self, text: Token) -> Tree:
        return {"date": text[1:-1]}

    def interval(self, start: Tree, end: Tree) -> Tree:
        return {"interval": [start, end]}

    def bbox(self, *numbers: Tree) -> Tree:
        return {"bbox": list(numbers)}

    def signed_number(self, *parts: Token) -> Tree:
        return -_number(parts[-1]) if parts[0] == "-" else _number(parts[-1])

    def position(self, *numbers: Tree) -> Tree:
        return list(numbers)

    positions = rings = position

    def point(self, position: Tree) -> Tree:
        return {"type": "Point", "coordinates": position}

    def linestring(self, positions: Tree) -> Tree:
        return {"type": "LineString", "coordinates": positions}

    def polygon(self, rings: Tree) -> Tree:
        return {"type": "Polygon", "coordinates": rings}

    def multipoint(self, positions: Tree) -> Tree:
        return {"type": "MultiPoint", "coordinates": positions}

    def multipoint_in_brackets(self, *positions: Tree) -> Tree:
        return {"type": "MultiPoint", "coordinates": list(positions)}

    def multilinestring(self, lines: Tree) -> Tree:
        return {"type": "MultiLineString", "coordinates": lines}

    def multipolygon(self, *polygons: Tree) -> Tree:
        return {"type": "MultiPolygon", "coordinates": list(polygons)}

    def collection(self, *geometries: Tree) -> Tree:
        return {"type": "GeometryCollection", "geometries": list(geometries)}


_PARSER: Lark = Lark.open(
    "text.lark", rel_to=__file__, parser="lalr", lexer="contextual", transformer=_ToJson()
)
