"""Ceilings of queries."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

_NOT_COUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT")


@pytest.fixture
def queries() -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """`with queries(6): client.get(...)` fails when there are more."""

    @contextlib.contextmanager
    def at_most(ceiling: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        asked = [query["sql"] for query in captured.captured_queries]
        counted = [sql for sql in asked if not sql.startswith(_NOT_COUNTED)]
        assert len(counted) <= ceiling, "\n".join(counted)

    return at_most
