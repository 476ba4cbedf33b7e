"""SQL that is made once for all questions of one shape.

Django takes longer to make the SQL of a search than PostgreSQL takes to answer it, and makes the
same of all that give the same parameters: values stand beside SQL. So it is made once, of marks in
the place of the values, which are found again among the parameters of what was made. A shape for
which that fails, and a question with something that has no shape, is made anew each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Buffer, Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg.adapt import Loader

MOST = 1_000  # shapes that a process keeps
MOST_VALUES = 50  # of one question

type Value = str | datetime
type Sql = tuple[str, Sequence[Any]]  # with its parameters


class Shapeless(Exception):
    """Something in a question stands for more than its place in the SQL."""


class _Text(str):
    at: int


class _Moment(datetime):
    at: int


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    parameters: Sequence[Any]
    places: Sequence[tuple[int, int]]  # which parameter is which value

    def filled(self, values: Sequence[Value]) -> list[Any]:
        parameters = list(self.parameters)
        for place, value in self.places:
            parameters[place] = values[value]
        return parameters


_lock = threading.Lock()
_known: OrderedDict[Hashable, Statement | None] = OrderedDict()


def of(question: Any, values: list[Value]) -> Hashable:
    """The shape of what is asked; its texts and moments are added to `values`."""
    kind = type(question)
    if kind is str or kind is datetime:
        values.append(question)
        if len(values) > MOST_VALUES:
            raise Shapeless
        return kind.__name__
    if question is None or kind in (bool, int, float):
        return question  # type: ignore[no-any-return]
    if kind is dict:
        return tuple([(name, of(part, values)) for name, part in question.items()])
    if isinstance(question, list | tuple):
        return (kind, *[of(part, values) for part in question])
    raise Shapeless


def with_values(question: Any, values: Iterator[Value]) -> Any:
    """The same question with others in the place of its texts and moments, in their order."""
    kind = type(question)
    if kind is str or kind is datetime:
        return next(values)
    if kind is dict:
        return {name: with_values(part, values) for name, part in question.items()}
    if isinstance(question, list | tuple):
        parts = [with_values(part, values) for part in question]
        return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
    return question


def rows(
    make: Callable[..., QuerySet[Any, tuple[Any, ...]] | Sql],
    *question: Any,
    fixed: Hashable,
    around: tuple[str, str] = ("", ""),
    raw: bool = False,
) -> list[tuple[Any, ...]]:
    """The rows of `make(*question)`, a query of plain columns by `values_list`, or SQL.

    `fixed` is what else decides what that makes, None where nobody can tell; `around` is SQL that
    stands before and after it. Where `raw`, texts are as `leave_texts` has them.
    """
    values: list[Value] = []
    statement = None
    if fixed is not None:
        with suppress(Shapeless):
            shape = (make.__qualname__, fixed, around, of(question, values))
            statement = _statement(shape, make, question, values)
    if statement is None:
        try:
            statement = Statement(*sql_of(make(*question)), ())
        except EmptyResultSet:
            return []
    before, after = around
    with connection.cursor() as cursor:
        if raw:
            leave_texts(cursor)
        cursor.execute(before + statement.sql + after, statement.filled(values))
        return cursor.fetchall()  # type: ignore[no-any-return]


class _AsItCame(Loader):
    def load(self, data: Buffer) -> Buffer:
        return data


def leave_texts(cursor: Any) -> None:
    """PostgreSQL's `text` is read as the UTF-8 that it came in: as buffers that keep the whole
    result alive. A body that is only sent on is copied twice less than by way of str.
    """
    cursor.adapters.register_loader("text", _AsItCame)


def sql_of(made: QuerySet[Any, Any] | Sql) -> Sql:
    return made if isinstance(made, tuple) else made.query.sql_with_params()


def _statement(
    shape: Hashable,
    make: Callable[..., QuerySet[Any, Any] | Sql],
    question: Any,
    values: list[Value],
) -> Statement | None:
    with _lock:
        if shape in _known:
            _known.move_to_end(shape)
            return _known[shape]
    made = _made(make, question, values)
    with _lock:
        _known[shape] = made
        if len(_known) > MOST:
            _known.popitem(last=False)
    return made


def _made(
    make: Callable[..., QuerySet[Any, Any] | Sql], question: Any, values: list[Value]
) -> Statement | None:
    marks = [_mark(value, at) for at, value in enumerate(values)]
    try:
        sql, parameters = sql_of(make(*with_values(question, iter(marks))))
    except EmptyResultSet:
        return None
    places = [
        (place, given.at)
        for place, given in enumerate(parameters)
        if isinstance(given, _Text | _Moment)
    ]
    if {value for _, value in places} != set(range(len(values))):
        return None  # one of them was read, and stands there as something else
    return Statement(sql, tuple(parameters), tuple(places))


def _mark(value: Value, at: int) -> Value:
    if isinstance(value, str):
        marked: _Text | _Moment = _Text(value)
    else:
        marked = _Moment.combine(value.date(), value.timetz())
    marked.at = at
    return marked
