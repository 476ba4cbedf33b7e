"""Pages by key: the place of the last row, not its number, so nothing is skipped or repeated."""

import hashlib
from collections.abc import Buffer, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core import signing
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)

from . import near, sql
from .errors import Invalid
from .search import SECOND, moment, rising_moment, second


@dataclass(frozen=True)
class Key:
    """One value that orders a search. `made` must never be null, or a row would be lost."""

    field: str
    descending: bool = False
    made: Callable[[Any], Any] = lambda column: column
    written: Callable[[Any], Any] = lambda value: value  # as JSON, in the token
    value: Callable[[Any], Combinable] = lambda read: Value(read, TextField())  # and back

    @property
    def read(self) -> Any:
        """What is read of each row, to be written into a token; a name is read without an alias."""
        return self.field

    @property
    def mine(self) -> Any:
        """What rows are ordered by."""
        return self.made(F(self.field))

    def given(self, read: Any) -> Any:
        """The same of the row that a token was written for."""
        return self.made(self.value(read))

    def order(self, backward: bool) -> Any:
        return self.mine.desc() if self.descending != backward else self.mine.asc()

    def beyond(self, read: Any, rest: Q | None, backward: bool) -> Q:
        """After this value, or at it and `rest`; the plain bound lets an index start there."""
        mine, given = self.mine, self.given(read)
        down = self.descending != backward
        strictly = Q(LessThan(mine, given) if down else GreaterThan(mine, given))
        if rest is None:
            return strictly
        bound = LessThanOrEqual(mine, given) if down else GreaterThanOrEqual(mine, given)
        return Q(bound) & (strictly | (Q(Exact(mine, given)) & rest))


def by_datetime(descending: bool) -> Key:
    """What has no datetime comes last both ways; each way has its index."""
    made = moment if descending else rising_moment
    return Key("datetime", descending, made, lambda value: value and value.isoformat(), sql.moment)


# Items: latest first, then by collection and id, so that no two are equal.
LATEST = (by_datetime(descending=True), Key("collection_id"), Key("stac_id"))
BY_ID = (Key("id"),)


@dataclass(frozen=True)
class Page:
    """The bodies of one page, the tokens of its neighbours, and the total if one was asked for."""

    bodies: list[Buffer]
    next: str | None
    prev: str | None
    total: int | None = None


@dataclass(frozen=True)
class Place:
    """What a token says: the keys of the row at the edge of a page, and to which side to go on."""

    values: list[Any]
    backward: bool
    kinds: list[list[str]] | None  # what the sort took the values for, see sorting.py


@dataclass(frozen=True)
class Pager:
    """Pages of one query at one address; its tokens are good for nothing else."""

    at: str
    query: Mapping[str, Any]
    keys: Sequence[Key] = LATEST
    kinds: Sequence[Sequence[str]] | None = None

    def rows(
        self,
        rows: QuerySet[Any],
        limit: int,
        place: Place | None = None,
        total: Combinable | None = None,
        is_near: bool = False,
    ) -> QuerySet[Any, tuple[Any, ...]]:
        """Bodies and keys of `limit` rows from this place on, and of one more to see that there
        is one; with the `total` beside each, where one is asked for. Where `is_near`, all rows in
        the order of near.py, which says around them how many are read."""
        backward = place is not None and place.backward
        if place:
            rows = rows.filter(self.beyond(place.values, backward))
        reads = [key.read for key in self.keys]
        totals = [] if total is None else [total]
        if is_near:
            if place:
                edge = second(sql.moment(place.values[0]))
                rows = rows.filter(Q(sql.infix(">=" if backward else "<=", SECOND, edge)))
            return rows.order_by(near.distance(backward)).values_list("body", *totals, *reads)
        ordered = rows.order_by(*(key.order(backward) for key in self.keys))
        return ordered.values_list("body", *totals, *reads)[: limit + 1]

    def page(
        self, found: list[tuple[Any, ...]], limit: int, place: Place | None, has_total: bool
    ) -> Page:
        """Of what `rows` found."""
        backward = place is not None and place.backward
        more, found = len(found) > limit, found[:limit]
        if backward:
            found.reverse()
        ahead = bool(found) and (more or backward)
        behind = bool(found) and (more if backward else place is not None)
        keys = 2 if has_total else 1  # where they begin in a row
        return Page(
            [row[0] for row in found],
            self.token(found[-1][keys:], False) if ahead else None,
            self.token(found[0][keys:], True) if behind else None,
            found[0][1] or 0 if has_total and found else None,
        )

    def beyond(self, values: Sequence[Any], backward: bool) -> Q:
        rest: Q | None = None
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            rest = key.beyond(value, rest, backward)
        return rest or Q()

    def token(self, values: Sequence[Any], backward: bool) -> str:
        written = [key.written(_decoded(v)) for key, v in zip(self.keys, values, strict=True)]
        said = [written, backward, self.kinds, self._query()]
        return signing.dumps(said, salt=self._salt(), compress=True)

    def open(self, token: str) -> Place:
        try:
            values, backward, kinds, query = signing.loads(token, salt=self._salt())
        except signing.BadSignature as fault:
            raise Invalid("token: it is not one of this catalog's.", parameter="token") from fault
        if query != self._query():
            raise Invalid("token: it belongs to another query.", parameter="token")
        return Place(values, backward, kinds)

    def _salt(self) -> str:
        return f"stac.pages:{self.at}"

    def _query(self) -> str:
        asked = {name: v for name, v in self.query.items() if name not in ("token", "limit")}
        text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]


def _decoded(value: Any) -> Any:
    """Of a row whose texts were left as they came."""
    return str(value, "utf-8") if isinstance(value, memoryview | bytes) else value
