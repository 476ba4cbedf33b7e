"""The latest items of a place, by the index that holds both.

GiST gives rows in the order of a distance: here of seconds to one that no item is beyond. So of
what lies in a place only the first are read, however many there are. Within a second rows come in
any order: all of the last one are read, WITH TIES, and then sorted as a page is.

Where a filter is asked as well, nobody knows how many of a place meet it: PostgreSQL takes what
filters say for independent of each other and of places, and may read an index of a whole catalog
for a page. Most filters let through a part of what there is, so the first rows of the place are
looked through before it is left to choose.
"""

from typing import Any

from django.db.models import BigIntegerField, Func, QuerySet

from .search import SECOND
from .shapes import Sql, sql_of

FAR = 1_000_000_000_000  # seconds
WHERE = frozenset({"bbox", "intersects", "datetime"})  # what the index knows
FIRST = 1_000  # rows of a place that a filter looks through first
MOST_ASKED = 100  # items of a page that may well be found among them


def distance(backward: bool) -> Func:
    """Latest first; earliest first where a walk goes back."""
    far = -FAR if backward else FAR
    return Func(
        SECOND, template=f"(%(expressions)s <-> '{far}'::bigint)", output_field=BigIntegerField()
    )


def around(count: int, backward: bool) -> tuple[str, str]:
    """What stands before and after the SQL of rows in that order, for `count` of them."""
    down, up = ("ASC", "DESC") if backward else ("DESC", "ASC")
    moment = "COALESCE(datetime, '-infinity'::timestamptz)"
    order = f"{moment} {down}, collection_id {up}, stac_id {up}"
    after = f" FETCH FIRST {count} ROWS WITH TIES) AS near ORDER BY {order} LIMIT {count}"
    return "SELECT * FROM (", after


def among_first(asked: QuerySet[Any, Any], placed: QuerySet[Any, Any]) -> Sql:
    """What is `asked` of the first rows of those `placed`, both in the order of distance.

    All that it finds is right; where it finds too little, there may be more beyond.
    """
    (sql, parameters), (first, of_place) = sql_of(asked), sql_of(placed)
    table = f'"{asked.model._meta.db_table}"'
    assert "%s" not in first[: first.index(f" FROM {table}")]  # parameters follow in their order
    first, _, order = first[first.index(f" FROM {table}") :].rpartition(" ORDER BY ")
    rows = (
        f"SELECT {table}.*, {order.removesuffix(' ASC')} AS far{first}"
        f" ORDER BY {order} FETCH FIRST {FIRST} ROWS WITH TIES"
    )
    read, _, conditions = sql.rpartition(" ORDER BY ")[0].partition(f" FROM {table}")
    found = f"{read} FROM ({rows}) AS {table}{conditions} ORDER BY {table}.far ASC"
    return found, [*of_place, *parameters]
