"""CQL2 evaluated on STAC items in plain Python: what the database must agree with.

A condition is True, False or None (null). A missing property, a null, and a value of a kind that
the operation does not take are None.
"""

import operator
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal, getcontext
from typing import Any

from shapely.geometry import box, shape

getcontext().prec = 60

Item = dict[str, Any]
Answer = bool | None
COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Day(str):
    """A date or time as text that the filter or the item means as a time."""

    @property
    def sides(self) -> tuple[datetime, datetime]:
        if len(self) == 10:
            first = datetime.fromisoformat(f"{self}T00:00:00+00:00")
            return first, first + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(self)
        return moment, moment


def evaluate(tree: Any, item: Item) -> Answer:
    if isinstance(tree, bool):
        return tree
    op, args = tree["op"].lower(), tree["args"]
    if op in ("and", "or"):
        found = [evaluate(arg, item) for arg in args]
        decisive = op == "or"
        return decisive if decisive in found else None if None in found else not decisive
    if op == "not":
        return inverted(evaluate(args[0], item))
    if op.startswith("t_"):
        return temporal(op, *(interval(arg, item) for arg in args))
    if op.startswith("a_"):
        return array(op, *(value(arg, item) for arg in args))
    if op.startswith("s_"):
        return spatial(op, *(geometry(arg, item) for arg in args))
    if op == "between":
        return evaluate(
            {
                "op": "and",
                "args": [
                    {"op": ">=", "args": [args[0], args[1]]},
                    {"op": "<=", "args": [args[0], args[2]]},
                ],
            },
            item,
        )
    if op == "in":
        each = [{"op": "=", "args": [args[0], arg]} for arg in args[1]]
        return evaluate({"op": "or", "args": each}, item)
    if op == "isnull":
        return value(args[0], item) is None
    if op == "like":
        return like(value(args[0], item), value(args[1], item))
    return compare(op, value(args[0], item), value(args[1], item))


def inverted(answer: Answer) -> Answer:
    return None if answer is None else not answer


def compare(op: str, left: Any, right: Any) -> Answer:
    if isinstance(left, Day) or isinstance(right, Day):
        return compare_times(op, moment(left), moment(right))
    if left is None or right is None or kind(left) != kind(right) or kind(left) is None:
        return None
    return COMPARE[op](left, right)


def moment(found: Any) -> tuple[datetime, datetime] | None:
    if not isinstance(found, str):
        return None
    try:
        sides = Day(found).sides
    except ValueError:
        return None
    return sides if sides[0].tzinfo else None


def compare_times(op: str, left: Any, right: Any) -> Answer:
    """By which of three is true: before, after, or together."""
    if left is None or right is None:
        return None
    order = -1 if left[1] < right[0] else 1 if right[1] < left[0] else 0
    return COMPARE[op](order, 0)


def kind(found: Any) -> str | None:
    if isinstance(found, bool):
        return "boolean"
    if isinstance(found, int | float | Decimal):
        return "number"
    return "text" if isinstance(found, str) else None


def value(tree: Any, item: Item) -> Any:
    if isinstance(tree, bool | str):
        return tree
    if isinstance(tree, int | float):
        return Decimal(repr(tree))
    if isinstance(tree, list):
        return [value(part, item) for part in tree]
    if "property" in tree:
        return property_(tree["property"], item)
    if "timestamp" in tree or "date" in tree:
        return Day(tree.get("timestamp") or tree["date"])
    op, args = tree["op"], [value(arg, item) for arg in tree["args"]]
    if op == "casei":
        return args[0].upper().lower() if isinstance(args[0], str) else None
    if op == "accenti":
        return without_accents(args[0]) if isinstance(args[0], str) else None
    if any(kind(arg) != "number" for arg in args):
        return None
    return arithmetic(op, *args)


def property_(name: str, item: Item) -> Any:
    if name in ("id", "collection", "geometry"):
        return item[name]
    name = name.removeprefix("properties.")
    found = item["properties"].get(name)
    if isinstance(found, str) and name in ("datetime", "start_datetime", "end_datetime"):
        return Day(found)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return Decimal(repr(found))
    return found


def without_accents(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)


def arithmetic(op: str, left: Decimal, right: Decimal) -> Decimal | None:
    if op in ("/", "%", "div"):
        if right == 0:
            return None
        return left / right if op == "/" else left % right if op == "%" else left // right
    if op == "^":
        return power(left, right)
    return {"+": operator.add, "-": operator.sub, "*": operator.mul}[op](left, right)


def power(left: Decimal, right: Decimal) -> Decimal | None:
    try:
        found = float(left) ** float(right)
    except (OverflowError, ZeroDivisionError):
        return None
    return None if isinstance(found, complex) else Decimal(repr(found))


def like(text: Any, pattern: Any) -> Answer:
    if not isinstance(text, str):
        return None
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


Interval = tuple[tuple[datetime, datetime] | None, tuple[datetime, datetime] | None]


def interval(tree: Any, item: Item) -> Interval:
    if isinstance(tree, dict) and "interval" in tree:
        start, end = tree["interval"]
        return side(start, EARLIEST, item), side(end, LATEST, item)
    if isinstance(tree, dict) and tree.get("property") == "datetime":
        times = item["properties"]
        start = times.get("start_datetime") or times["datetime"]
        return moment(start), moment(times.get("end_datetime") or times["datetime"])
    found = moment(value(tree, item))
    return found, found


def side(tree: Any, infinity: datetime, item: Item) -> Any:
    return (infinity, infinity) if tree == ".." else moment(value(tree, item))


def temporal(op: str, a: Interval, b: Interval) -> Answer:
    turned = {
        "t_after": "t_before",
        "t_contains": "t_during",
        "t_metby": "t_meets",
        "t_startedby": "t_starts",
        "t_finishedby": "t_finishes",
        "t_overlappedby": "t_overlaps",
    }
    if op in turned:
        return temporal(turned[op], b, a)
    if op == "t_intersects":
        return inverted(temporal("t_disjoint", a, b))
    (s1, e1), (s2, e2) = a, b
    lt, eq = "<", "="
    parts = {
        "t_before": [(e1, lt, s2)],
        "t_equals": [(s1, eq, s2), (e1, eq, e2)],
        "t_during": [(s2, lt, s1), (e1, lt, e2)],
        "t_starts": [(s1, eq, s2), (e1, lt, e2)],
        "t_finishes": [(s2, lt, s1), (e1, eq, e2)],
        "t_meets": [(e1, eq, s2)],
        "t_overlaps": [(s1, lt, s2), (s2, lt, e1), (e1, lt, e2)],
        "t_disjoint": [(e1, lt, s2), (e2, lt, s1)],
    }[op]
    found = [compare_times(sign, one, other) for one, sign, other in parts]
    decisive = op == "t_disjoint"
    return decisive if decisive in found else None if None in found else not decisive


def array(op: str, a: Any, b: Any) -> Answer:
    if not isinstance(a, list) or not isinstance(b, list):
        return None
    one, other = ({(kind(part), element(part)) for part in side} for side in (a, b))
    return {
        "a_equals": one == other,
        "a_contains": one >= other,
        "a_containedby": one <= other,
        "a_overlaps": bool(one & other),
    }[op]


def element(part: Any) -> Any:
    return str(part) if isinstance(part, list | dict) else part


def geometry(tree: Any, item: Item) -> Any:
    if "property" in tree:
        return item["geometry"] and shape(item["geometry"])
    if "bbox" not in tree:
        return shape(tree)
    numbers = tree["bbox"]
    west, south, east, north = numbers if len(numbers) == 4 else [*numbers[:2], *numbers[3:5]]
    if west > east:
        return box(west, south, 180, north).union(box(-180, south, east, north))
    return box(west, south, east, north)


def spatial(op: str, a: Any, b: Any) -> Answer:
    if a is None or b is None:
        return None
    return bool(getattr(a, op[2:])(b))
