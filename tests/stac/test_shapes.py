"""SQL is made once for all questions of one shape, and says the same as if it were made anew."""

from datetime import UTC, datetime
from itertools import product

import pytest

from catalogs.stac import boxes, shapes, transactions
from catalogs.stac.models import Item
from catalogs.stac.sight import PUBLIC
from tests.stac import documents


@pytest.fixture(autouse=True)
def nothing_known():
    shapes._known.clear()


def found(wanted, fixed=(PUBLIC,)):
    def rows(wanted):
        return Item.objects.search(**wanted).order_by("key").values_list("stac_id")

    return [row[0] for row in shapes.rows(rows, wanted, fixed=fixed)]


@pytest.fixture
def several(inside):
    """Twelve items: three days, four places, one of them at the antimeridian."""
    home = transactions.create_collection(documents.collection())
    places = ((10, 10), (50, -20), (-120, 40), (179, 0))
    for number, (day, (x, y)) in enumerate(product((1, 2, 3), places)):
        taken = {"datetime": f"2020-01-0{day}T00:00:00Z"}
        made = documents.item(f"i{number}", west=x, south=y, properties=taken)
        transactions.create_item(home, made)
    shapes._known.clear()  # of what writing asks


DAYS = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    "questions",
    [
        [{"ids": [f"i{number}"]} for number in range(5)],
        [{"ids": ["i1", "i1"]}, {"ids": ["i1", "i2"]}, {"ids": ["i3", "i3"]}],
        [{"bbox": boxes.within(box)} for box in ([0, 0, 20, 20], [40, -30, 60, 0], [0, 0, 1, 1])],
        [{"bbox": boxes.within(box)} for box in ([170, -1, -170, 1], [100, -1, -100, 50])],
        [{"bbox": boxes.within([10, 10, 10, 10])}, {"bbox": boxes.within([10, 0, 10, 20])}],
        [{"datetime": (day, day)} for day in DAYS],
        [{"datetime": (day, None)} for day in DAYS],
        [{"datetime": (None, day)} for day in DAYS],
        [
            {"datetime": (day, day), "bbox": boxes.within([0, 0, 60, 20]), "ids": ["i0", "i4"]}
            for day in DAYS
        ],
    ],
)
def test_the_same_is_found(several, questions):
    for wanted in questions:
        expected = Item.objects.search(**wanted).order_by("key").values_list("stac_id", flat=True)
        assert found(wanted) == list(expected)
    kept = [statement for statement in shapes._known.values() if statement]
    assert len(kept) <= 2


def test_the_second_of_a_shape_makes_no_sql(several, monkeypatch):
    assert found({"ids": ["i1"]}) == ["i1"]
    monkeypatch.delattr(Item.objects.__class__, "search")
    assert found({"ids": ["i2"]}) == ["i2"]


def test_what_decides_beside_the_question_is_part_of_the_shape(several):
    found({"ids": ["i1"]}, fixed=(PUBLIC,))
    found({"ids": ["i1"]}, fixed=("all",))
    assert len(shapes._known) == 2


def test_nothing_is_kept_of_what_nobody_can_tell(several):
    assert found({"ids": ["i1"]}, fixed=None) == ["i1"]
    assert found({"ids": [f"i{number}" for number in range(60)]}) == [f"i{n}" for n in range(12)]
    assert found({"ids": []}) == []
    assert not [statement for statement in shapes._known.values() if statement]


def test_the_oldest_are_forgotten(several, monkeypatch):
    monkeypatch.setattr(shapes, "MOST", 3)
    for number in range(1, 6):
        found({"ids": ["i0"] * number})
    assert len(shapes._known) == 3
