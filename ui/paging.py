"""Pages of rows by key, for lists that people read; tokens and order are the API's."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.core.paginator import Paginator
from django.db.models import DateTimeField, QuerySet, Value
from django.http import QueryDict

from catalogs.stac.errors import Invalid
from catalogs.stac.paging import LATEST, Key, Pager

PARAMETER = "page"

# Collections: the newest first.
NEWEST = (
    Key(
        "created",
        True,
        written=lambda value: value.isoformat(),
        value=lambda read: Value(read, DateTimeField()),
    ),
    Key("pk"),
)


@dataclass(frozen=True)
class Page[Row]:
    rows: list[Row]
    previous: str  # the query string of that page, "" where there is none
    next: str

    @property
    def paged(self) -> bool:
        return bool(self.previous or self.next)


def page(
    rows: QuerySet[Any] | Sequence[QuerySet[Any]],
    query: QueryDict,
    size: int,
    *,
    of: str,
    keys: Sequence[Key] = LATEST,
    parameter: str = PARAMETER,
) -> Page[Any]:
    """The page that the address names; an address that makes no sense names the first one.

    `of` says what is paged: a token is good for that list and no other. `parameter` is what the
    address calls it.
    """
    pager = Pager(of, {}, keys)
    values, backward = _place(pager, query.get(parameter, ""))
    found = beyond(
        [rows] if isinstance(rows, QuerySet) else rows, pager, values, size + 1, backward
    )
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    ahead = bool(found) and (more or backward)
    behind = bool(found) and (more if backward else bool(values))
    return Page(
        found,
        _address(pager, query, parameter, found[0], True) if behind else "",
        _address(pager, query, parameter, found[-1], False) if ahead else "",
    )


def numbered(rows: QuerySet[Any], query: QueryDict, size: int, *, parameter: str) -> Page[Any]:
    """By number, for a list that is short as a rule and has an order of its own."""
    shown = Paginator(rows, size).get_page(query.get(parameter, ""))
    previous = shown.previous_page_number() if shown.has_previous() else 0
    following = shown.next_page_number() if shown.has_next() else 0
    return Page(
        list(shown),
        _number(query, parameter, previous) if previous else "",
        _number(query, parameter, following) if following else "",
    )


def _number(query: QueryDict, parameter: str, number: int) -> str:
    changed = query.copy()
    changed[parameter] = str(number)
    return f"?{changed.urlencode()}"


def beyond(
    several: Sequence[QuerySet[Any]],
    pager: Pager,
    values: Sequence[Any],
    size: int,
    backward: bool = False,
) -> list[Any]:
    """The next rows from a place on, the first ones where there is none; several tables are read
    as one list."""
    found: list[Any] = []
    for rows in several:
        beyond = rows.filter(pager.beyond(values, backward)) if values else rows
        found += beyond.order_by(*(key.order(backward) for key in pager.keys))[:size]
    if len(several) > 1:
        for key in reversed(pager.keys):
            found.sort(key=attrgetter(key.field), reverse=key.descending != backward)
    return found[:size]


def newest(rows: QuerySet[Any]) -> QuerySet[Any]:
    """In the order of the lists."""
    return rows.order_by(*(key.order(False) for key in LATEST))


def neighbours(rows: QuerySet[Any], row: Any) -> tuple[Any, Any]:
    """The rows before and after this one, in the order of the lists."""
    pager = Pager("", {}, LATEST)
    place = [key.written(getattr(row, key.field)) for key in LATEST]
    before, after = (
        rows.filter(pager.beyond(place, backward))
        .order_by(*(key.order(backward) for key in LATEST))
        .first()
        for backward in (True, False)
    )
    return before, after


def _place(pager: Pager, token: str) -> tuple[list[Any], bool]:
    try:
        place = pager.open(token) if token else None
    except Invalid:
        return [], False
    return (place.values, place.backward) if place else ([], False)


def _address(pager: Pager, query: QueryDict, parameter: str, row: Any, backward: bool) -> str:
    changed = query.copy()
    changed[parameter] = pager.token([getattr(row, key.field) for key in pager.keys], backward)
    return f"?{changed.urlencode()}"
