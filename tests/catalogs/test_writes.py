"""What a write costs: statements, which do not grow with the items."""

import contextlib
from collections.abc import Callable, Iterator

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stac import documents
from tests.stac.door import stac  # noqa: F401

ITEMS = "collections/c/items"
MERGE = "application/merge-patch+json"


@pytest.fixture
def home(stac):  # noqa: F811
    """A collection with an item, so that its queryables are known."""
    assert stac.post("collections", documents.collection()).status_code == 201
    assert stac.post(ITEMS, documents.item("first", properties={"gsd": 10})).status_code == 201
    return stac


@pytest.fixture
def statements() -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """Fails when there are more; savepoints, which a test has and a request has not, left out."""

    @contextlib.contextmanager
    def at_most(ceiling: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        said = [each["sql"] for each in captured]
        asked = [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= ceiling, "\n".join(sql[:200] for sql in asked)

    return at_most


def test_one_item(home, statements):
    with statements(9):
        assert home.post(ITEMS, documents.item("i", properties={"gsd": 10})).status_code == 201
    other = documents.item("i", properties={"gsd": 10, "datetime": "2021-01-01T00:00:00Z"})
    with statements(13):
        assert home(f"{ITEMS}/i", "PUT", other).status_code == 204
    patch = {"properties": {"datetime": "2022-01-01T00:00:00Z"}}
    with statements(13):
        assert home(f"{ITEMS}/i", "PATCH", patch, MERGE).status_code == 204


def test_many_items_cost_as_much_as_few(home, statements, monkeypatch):
    def lines(some) -> bytes:
        items = (documents.item(f"i{number}", properties={"gsd": 10}) for number in some)
        return b"\n".join(orjson.dumps(item) for item in items)

    kind = "application/x-ndjson"
    with statements(10):
        assert home.post(ITEMS, lines(range(2)), content_type=kind).status_code == 201
    with statements(10):
        assert home.post(ITEMS, lines(range(2, 200)), content_type=kind).status_code == 201
    monkeypatch.setattr("catalogs.stac.bulk.BATCH", 50)
    with statements(10 + 3 * 5):  # for each batch more: who is there, COPY, what is known, counts
        assert home.post(ITEMS, lines(range(200, 400)), content_type=kind).status_code == 201


def test_the_second_of_two_is_refused_by_the_constraint(home):
    answer = home.post(ITEMS, documents.item("first"))
    assert (answer.status_code, answer.json()["code"]) == (409, "Conflict")
    assert answer.json()["description"] == ("There is an item 'first' in this collection already.")
    assert home.get("collections/c/items")["numberMatched"] == 1
