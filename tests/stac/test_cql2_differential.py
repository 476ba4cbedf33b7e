"""Generated filters: the database finds what a plain evaluator of CQL2 finds."""

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.stac import cql2
from tests.stac.cql2_evaluator import evaluate
from tests.stac.cql2_items import found, seed

EXAMPLES = int(os.environ.get("GISTAC_FILTERS", "400"))

NAMES = ["name", "population", "founded", "capital", "twin", "double", "tags", "none", "id"]
names = st.sampled_from([*NAMES, "properties.name", "eo:cloud_cover", "properties.population"])
prop = names.map(lambda name: {"property": name})
member = st.sampled_from([name for name in NAMES if name != "id"]).map(lambda n: {"property": n})
text = st.sampled_from(["", "a", "København", "Straße", "STRASSE", "17", "a_b", "city-3", "many"])
number = st.sampled_from([0, 1, 2.5, -5, 10, 100, 635994, 635994.5, 8, 1e3, -0.5])
day = st.sampled_from(["1167-01-01", "1436-07-17", "2020-02-29", "2021-01-02", "2020-06-30"])
moments = ["2020-01-05T12:00:00Z", "2021-01-02T10:00:00Z", "2020-06-30T00:00:00Z"]
instant = st.one_of(
    day.map(lambda text: {"date": text}),
    st.sampled_from(moments).map(lambda text: {"timestamp": text}),
)
plain_text = st.one_of(text, st.just({"property": "name"}), st.just({"property": "twin"}))
folded = st.recursive(
    plain_text,
    lambda inner: st.builds(
        lambda op, arg: {"op": op, "args": [arg]}, st.sampled_from(["casei", "accenti"]), inner
    ),
    max_leaves=2,
)
numeric = st.recursive(
    st.one_of(
        number, st.sampled_from(["population", "double", "name"]).map(lambda n: {"property": n})
    ),
    lambda inner: st.builds(
        lambda op, a, b: {"op": op, "args": [a, b]},
        st.sampled_from(["+", "-", "*", "/", "%", "div"]),
        inner,
        inner,
    ),
    max_leaves=4,
)
times = st.one_of(
    instant,
    st.sampled_from(["founded", "datetime", "start_datetime"]).map(lambda n: {"property": n}),
)
COMPARISONS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def op(names: Any, *args: Any) -> Any:
    return st.builds(lambda name, *given: {"op": name, "args": list(given)}, names, *args)


same_kind = st.one_of(
    st.tuples(member, st.one_of(text, number, st.booleans())),
    st.tuples(st.one_of(text, number, st.booleans()), member),
    st.tuples(member, member),
    st.tuples(folded, folded),
    st.tuples(prop, plain_text),
    st.tuples(numeric, numeric),
    st.tuples(times, times),
)
comparison = st.builds(lambda name, pair: {"op": name, "args": list(pair)}, COMPARISONS, same_kind)
pattern = st.sampled_from(["%", "a%", "%a%", "a_b", r"a\_b", r"%\%", "", "_", r"back\\slash", "%e"])
like = op(
    st.just("like"),
    folded,
    st.one_of(pattern, pattern.map(lambda text: {"op": "casei", "args": [text]})),
)
between = op(st.just("between"), numeric, numeric, number)
listed = op(
    st.just("in"), member, st.lists(st.one_of(text, number, st.booleans()), min_size=1, max_size=4)
)
is_null = op(st.just("isNull"), st.one_of(prop, numeric, folded, st.just({"property": "geometry"})))
sides = st.one_of(
    st.just(".."),
    st.sampled_from(moments),
    day,
    st.just({"property": "founded"}),
    st.sampled_from(["start_datetime", "end_datetime", "datetime"]).map(lambda n: {"property": n}),
)
BOUNDS = [
    ("2020-01-01T00:00:00Z", "2020-12-31T23:59:59Z"),
    ("2020-01-01T00:00:00Z", "2020-03-01T00:00:00Z"),
    ("2020-06-30", ".."),
    ("..", "2020-01-05"),
    ("2020-01-03T12:00:00Z", "2020-01-07T12:00:00Z"),
    ("2019-01-01", "2020-06-30"),
]
literal_interval = st.sampled_from(BOUNDS).map(lambda pair: {"interval": list(pair)})
mixed_interval = st.builds(
    lambda start, end: {"interval": [start, end]},
    st.sampled_from([{"property": "start_datetime"}, {"property": "founded"}, ".."]),
    st.sampled_from([{"property": "end_datetime"}, {"property": "datetime"}, ".."]),
)
interval = st.one_of(literal_interval, mixed_interval, st.just({"property": "datetime"}))
any_time = st.sampled_from(["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"])
RANGES_ONLY = (
    "contains during finishedBy finishes meets metBy overlappedBy overlaps startedBy starts"
)
ranges_only = st.sampled_from([f"t_{name}" for name in RANGES_ONLY.split()])
temporal = st.one_of(
    op(any_time, st.one_of(times, interval), st.one_of(times, interval)),
    op(ranges_only, interval, interval),
)
elements = st.lists(
    st.one_of(st.sampled_from(["a", "b", "c"]), st.sampled_from([1, 2]), st.booleans()), max_size=3
)
arrays = st.one_of(
    elements, st.sampled_from(["tags", "name", "none"]).map(lambda n: {"property": n})
)
array = op(
    st.sampled_from(["a_contains", "a_containedBy", "a_equals", "a_overlaps"]), arrays, arrays
)
boxes = [
    [0, 0, 1, 1],
    [11, 54, 14, 57],
    [170, -20, -160, 80],
    [5, 45, 29, 50],
    [28.25, 47, 28.75, 47.5],
]
shapes = [
    {"type": "Point", "coordinates": [28.5, 47.5]},
    {"type": "LineString", "coordinates": [[0, 0], [29, 48]]},
    {"type": "Polygon", "coordinates": [[[12, 55], [13, 55], [13, 56], [12, 56], [12, 55]]]},
    {"type": "MultiPoint", "coordinates": [[12.5, 55.5], [6.5, 49.5]]},
]
place = st.one_of(
    st.sampled_from(boxes).map(lambda numbers: {"bbox": numbers}), st.sampled_from(shapes)
)
relations = [
    "contains",
    "crosses",
    "disjoint",
    "equals",
    "intersects",
    "overlaps",
    "touches",
    "within",
]
spatial = st.builds(
    lambda name, shape, turned: {
        "op": f"s_{name}",
        "args": [shape, {"property": "geometry"}] if turned else [{"property": "geometry"}, shape],
    },
    st.sampled_from(relations),
    place,
    st.booleans(),
)
leaf = st.one_of(
    comparison, like, between, listed, is_null, temporal, array, spatial, st.booleans()
)
filters = st.recursive(
    leaf,
    lambda inner: st.one_of(
        op(st.just("not"), inner),
        st.builds(
            lambda name, args: {"op": name, "args": args},
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=5,
)


@pytest.mark.usefixtures("inside")
def test_finds_what_a_plain_evaluator_finds():
    items = seed()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="GISTAC_FILTERS" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(filters)
    def agree(tree: Any) -> None:
        expected = sorted(item["id"] for item in items if evaluate(tree, item))
        condition = cql2.condition(tree, cql2.JSON)
        assert found(condition) == expected, json.dumps(tree, ensure_ascii=False)

    agree()
