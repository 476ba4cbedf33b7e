"""One item: read, replaced, patched, deleted."""

import pytest

from tests.stac import documents
from tests.stac.client import link


@pytest.fixture
def home(stac):
    assert stac.post("collections", documents.collection()).status_code == 201
    return "collections/c/items"


def test_it_works(stac, home):
    answer = stac.post(home, documents.item(other={"kept": [1.0, None]}))
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"{stac.root}{home}/i"
    read = stac(f"{home}/i")
    assert read["Content-Type"] == "application/geo+json"
    found = read.json()
    assert found["other"] == {"kept": [1.0, None]}
    assert link(found, "self")["href"] == f"{stac.root}{home}/i"
    assert link(found, "root")["href"] == stac.root
    assert link(found, "parent")["href"] == link(found, "collection")["href"]
