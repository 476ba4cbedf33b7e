"""Pages by key: the place of the last row, not its number, so nothing is skipped or repeated."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core import signing
from django.db.models import DateTimeField, F, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)

from .errors import Invalid
from .search import moment


@dataclass(frozen=True)
class Key:
    """One value that orders a search. `made` must never be null, or a row would be lost."""

    field: str
    descending: bool = False
    made: Callable[[Any], Any] = lambda column: column
    written: Callable[[Any], Any] = lambda value: value  # as JSON, in the token
    value: Callable[[Any], Combinable] = lambda read: Value(read, TextField())  # and back

    def order(self, backward: bool) -> Any:
        made = self.made(F(self.field))
        return made.desc() if self.descending != backward else made.asc()

    def beyond(self, read: Any, rest: Q | None, backward: bool) -> Q:
        """After this value, or at it and `rest`; the plain bound lets an index start there."""
        mine, given = self.made(F(self.field)), self.made(self.value(read))
        down = self.descending != backward
        strictly = Q(LessThan(mine, given) if down else GreaterThan(mine, given))
        if rest is None:
            return strictly
        bound = LessThanOrEqual(mine, given) if down else GreaterThanOrEqual(mine, given)
        return Q(bound) & (strictly | (Q(Exact(mine, given)) & rest))


def _moment_value(read: str | None) -> Value:
    return Value(read and datetime.fromisoformat(read), DateTimeField())


# Latest first, what has no datetime last; then by collection and id, so that no two are equal.
LATEST = (
    Key("datetime", True, moment, lambda value: value and value.isoformat(), _moment_value),
    Key("collection_id"),
    Key("stac_id"),
)
BY_ID = (Key("pk"),)


@dataclass(frozen=True)
class Page:
    """The bodies of one page, and the tokens of its neighbours."""

    bodies: list[str]
    next: str | None
    prev: str | None


@dataclass(frozen=True)
class Pager:
    """Pages of one query at one address; its tokens are good for nothing else."""

    at: str
    query: Mapping[str, Any]
    keys: Sequence[Key] = LATEST

    def page(self, rows: QuerySet[Any], limit: int, token: str | None) -> Page:
        """`limit` rows from where the token points, by one question to the database."""
        values, backward = self.open(token) if token else ([], False)
        if token:
            rows = rows.filter(self.beyond(values, backward))
        rows = rows.order_by(*(key.order(backward) for key in self.keys))
        fields = [key.field for key in self.keys]
        found = list(rows.values_list("body", *fields)[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        if backward:
            found.reverse()
        ahead = bool(found) and (more or backward)
        behind = bool(found) and (more if backward else bool(token))
        return Page(
            [row[0] for row in found],
            self.token(found[-1][1:], False) if ahead else None,
            self.token(found[0][1:], True) if behind else None,
        )

    def beyond(self, values: Sequence[Any], backward: bool) -> Q:
        rest: Q | None = None
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            rest = key.beyond(value, rest, backward)
        return rest or Q()

    def token(self, values: Sequence[Any], backward: bool) -> str:
        written = [key.written(value) for key, value in zip(self.keys, values, strict=True)]
        return signing.dumps([written, backward, self._query()], salt=self._salt())

    def open(self, token: str) -> tuple[list[Any], bool]:
        try:
            values, backward, query = signing.loads(token, salt=self._salt())
        except signing.BadSignature as fault:
            raise Invalid("token: it is not one of this catalog's.", parameter="token") from fault
        if query != self._query():
            raise Invalid("token: it belongs to another query.", parameter="token")
        return values, backward

    def _salt(self) -> str:
        return f"stac.page:{self.at}"

    def _query(self) -> str:
        asked = {name: v for name, v in self.query.items() if name not in ("token", "limit")}
        text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]
