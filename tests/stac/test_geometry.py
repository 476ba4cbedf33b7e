"""Whatever geometry comes: a sound footprint, or a refusal with its place."""

import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogs.stac.errors import Invalid
from catalogs.stac.geometry import GeometryField

numbers = st.one_of(
    st.sampled_from([-180, 180, -90, 90, 0, 179.9999, -360, 360]), st.floats(-190, 190)
)
positions = st.lists(numbers, min_size=2, max_size=3)
lines = st.lists(positions, min_size=2, max_size=7)
rings = lines.map(lambda line: [*line, line[0]])


def shapes(kind, coordinates):
    return st.fixed_dictionaries({"type": st.just(kind), "coordinates": coordinates})


geometries = st.one_of(
    shapes("Point", positions),
    shapes("LineString", lines),
    shapes("MultiLineString", st.lists(lines, min_size=1, max_size=3)),
    shapes("Polygon", st.lists(rings, min_size=1, max_size=2)),
    shapes("MultiPolygon", st.lists(st.lists(rings, min_size=1, max_size=1), max_size=3)),
)


# Found once: the cutting library asserts where a hole lies.
HOLE = {
    "type": "Polygon",
    "coordinates": [
        [[-180, 0.0], [180, 90], [-90, -90], [-180, 0.0]],
        [[-180, -90], [-180, -90], [-180, 0.0], [-180, -90]],
    ],
}


@example(HOLE, False, False)
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(geometries, st.booleans(), st.booleans())
def test_any_geometry(shape, mend, crosses):
    field = GeometryField(vertices=100, at="/geometry", mend=mend, crosses=crosses)
    with contextlib.suppress(Invalid):
        found = field.to_internal_value(shape)
        assert found.shape.valid
        assert not found.shape.empty
        assert -180 <= found.box.west <= 180
        assert -180 <= found.box.east <= 180
        assert -90 <= found.box.south <= found.box.north <= 90
        assert found.lowest <= found.highest
