"""The latest items of a place, by the index that holds both.

GiST gives rows in the order of a distance: here of seconds to one that no item is beyond. So of
what lies in a place only the first are read, however many there are. Within a second rows come in
any order: all of the last one are read, WITH TIES, and then sorted as a page is.
"""

from django.db.models import BigIntegerField, Func

from .search import SECOND

FAR = 1_000_000_000_000  # seconds


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
