"""Filters are asked such that an index can answer, where there is one.

With a handful of rows several indexes on ids cost the same; test_plans looks at those.
"""

import pytest
from django.db import connection

from catalogs.stac import cql2
from catalogs.stac.models import Item
from tests.stac.cql2_items import seed

YEAR = "INTERVAL('2020-01-01', '2020-12-31')"


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("filter", "index"),
    [
        ("name = 'Luxembourg'", "item_by_property"),
        ("name IN ('Luxembourg', 'Alpha')", "item_by_property"),
        ("NOT name <> 'Luxembourg'", "item_by_property"),
        ("A_CONTAINS(tags, ('a'))", "item_by_property"),
        ("eo:cloud_cover < 10", "item_clearest"),
        ("eo:cloud_cover BETWEEN 10 AND 20", "item_clearest"),
        ("datetime > TIMESTAMP('2020-01-05T00:00:00Z')", "item_latest"),
        (f"T_INTERSECTS(datetime, {YEAR})", "item_by_time"),
        (f"T_DURING(datetime, {YEAR})", "item_by_time"),
        ("S_INTERSECTS(geometry, BBOX(100, 0, 101, 1))", "item_by_place"),
        ("S_WITHIN(geometry, BBOX(100, 0, 101, 1))", "item_by_place"),
    ],
)
def test_index_is_used(filter: str, index: str):
    seed()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in Item.objects.filter(cql2.condition(filter)).values("key").explain()
