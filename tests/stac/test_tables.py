"""Whole results as lines and tables, read back by the programs that people use for them."""

import csv
import io
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from stac_geoparquet.arrow import stac_table_to_items

from catalogs.stac import exports, formats
from tests.stac import documents
from tests.stac.client import body

ODD = {
    "text": 'Grüße, "quoted"\nand broken',
    "number": 1.5,
    "flag": True,
    "list": [1, 2],
    "deep": {"a": {"b": 1}},
    "evil": '=HYPERLINK("http://example.org")',
    "below": -5,
    "mixed": "word",
    "none": None,
}


@pytest.fixture
def filled(stac):
    stac.post("collections", documents.collection())
    stac.post("collections/c/items", documents.item("a", **{"=1+1": 2}))
    odd = documents.item("odd")
    odd["properties"] |= ODD
    stac.post("collections/c/items", odd)
    mixed = documents.item("mixed")
    mixed["properties"] |= {"mixed": 3, "number": 2, "id": "not the id"}
    stac.post("collections/c/items", mixed)
    for number in range(30):
        stac.post("collections/c/items", documents.item(f"i{number}"))
    return stac


def in_order(stac, **query):
    return stac.get("search", limit=1000, **query)["features"]


@pytest.mark.parametrize("path", ["search", "collections/c/items"])
def test_lines_are_all_items(filled, path):
    answer = filled(path, f="ndjson")
    assert answer["Content-Disposition"].endswith('.ndjson"')
    lines = body(answer).decode().splitlines()
    assert [json.loads(line) for line in lines] == in_order(filled)


def test_post_and_filters_apply(filled):
    asked = {"ids": ["a", "odd"]}
    lines = body(filled.post("search?f=ndjson", asked)).splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == ["a", "odd"]
    assert body(filled("search", f="ndjson", collections="nowhere")) == b""
    assert body(filled.post("search?f=ndjson", {"ids": []})) == b""


def test_a_limit_gives_a_page_and_its_neighbour(filled):
    found, answer = [], filled("search", f="ndjson", limit=20)
    while True:
        found += [json.loads(line)["id"] for line in body(answer).splitlines()]
        following = [one for one in answer["Link"].split(", <") if 'rel="next"' in one]
        if not following:
            break
        answer = filled(following[0].lstrip("<").partition(">")[0])
    assert found == [item["id"] for item in in_order(filled)]


def test_strangers_get_what_they_may_see(filled, stranger):
    for form in ("ndjson", "csv", "parquet"):
        assert stranger("collections/c/items", f=form).status_code == 404
    assert body(stranger("search", f="ndjson")) == b""
    [head] = csv.reader(io.StringIO(body(stranger("search", f="csv")).decode()))
    assert head == ["id", "collection", "datetime", "bbox", "geometry"]
    assert pq.read_table(io.BytesIO(body(stranger("search", f="parquet")))).num_rows == 0


def test_csv(filled):
    text = body(filled("search", f="csv")).decode()
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert list(rows) == [item["id"] for item in in_order(filled)]
    odd, item = rows["odd"], filled.get("collections/c/items/odd")
    assert odd["text"] == ODD["text"]
    assert (odd["number"], odd["flag"], odd["list"]) == ("1.5", "true", "[1,2]")
    assert (odd["deep.a.b"], odd["below"], odd["none"]) == ("1", "-5", "")
    assert odd["datetime"] == item["properties"]["datetime"]
    assert odd["bbox"] == ",".join(str(number) for number in item["bbox"])
    assert shapely.from_wkt(odd["geometry"]) == shapely.geometry.shape(item["geometry"])
    assert odd["assets.data.href"] == item["assets"]["data"]["href"]
    assert rows["mixed"]["properties.id"] == "not the id"


def test_spreadsheets_run_nothing(filled):
    text = body(filled("search", f="csv")).decode()
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t")), cell
            assert not cell.startswith("-") or float(cell)


def test_parquet(filled):
    file = io.BytesIO(body(filled("search", f="parquet")))
    table = pq.read_table(file)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert json.loads(table.schema.metadata[b"stac-geoparquet"]) == {"version": "1.0.0"}
    items = in_order(filled)
    assert table["id"].to_pylist() == [item["id"] for item in items]
    odd = table.filter(table.column("id").to_numpy(zero_copy_only=False) == "odd").to_pylist()[0]
    assert (odd["number"], odd["flag"], odd["list"]) == (1.5, True, [1, 2])
    assert odd["deep"] == {"a": {"b": 1}}
    assert json.loads(odd["mixed"]) == "word"


def test_geopandas_reads_it(filled):
    import geopandas  # noqa: PLC0415 - takes long

    frame = geopandas.read_parquet(io.BytesIO(body(filled("search", f="parquet"))))
    assert frame.crs == "OGC:CRS84"
    assert frame.geometry.iloc[0].is_valid
    assert len(frame) == 33


def test_the_fields_own_reader_gives_the_items_back(filled):
    """All that stac-geoparquet keeps: not the order of members, nor which was null or absent."""
    asked = {"ids": [f"i{number}" for number in range(30)]}
    file = io.BytesIO(body(filled.post("search?f=parquet", asked)))
    read = {item["id"]: item for item in stac_table_to_items(pq.read_table(file))}
    sent = {item["id"]: item for item in in_order(filled) if item["id"] in asked["ids"]}
    assert read.keys() == sent.keys()
    assert whole(read["i7"]) == whole(sent["i7"])


def whole(value):
    """Without null members, numbers as floats, times as short as they are exact."""
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [whole(one) for one in value]
    if isinstance(value, str):
        return value.replace(".000000Z", "Z")
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_nowhere_is_null(filled):
    filled.post("collections/c/items", documents.nowhere())
    for form in ("csv", "parquet", "ndjson"):
        assert body(filled("search", f=form, ids="nowhere"))
    table = pq.read_table(io.BytesIO(body(filled("search", f="parquet", ids="nowhere"))))
    assert table["geometry"].to_pylist() == [None]


def test_too_many_columns_are_refused(stac):
    stac.post("collections", documents.collection())
    wide = documents.item("wide")
    wide["properties"] |= {f"p{number}": number for number in range(1100)}
    assert stac.post("collections/c/items", wide).status_code == 201
    for form in ("csv", "parquet"):
        answer = stac("search", f=form)
        assert answer.status_code == 400
        assert "f=ndjson" in answer.json()["description"]


class Many:
    """Items enough to be seen if they were kept, made anew whenever they are gone through."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        for start in range(0, self.count, 200):
            yield [json.dumps(documents.item(f"i{start + n}")).encode() for n in range(200)]


@pytest.mark.parametrize("form", [formats.NDJSON, formats.CSV, formats.PARQUET])
def test_memory_is_bounded(form):
    def most(count):
        held = pa.total_allocated_bytes()
        tracemalloc.start()
        peak = 0
        for part in exports.WRITERS[form](Many(count)):
            assert part is not None
            peak = max(peak, pa.total_allocated_bytes() - held)
        _, peak_of_python = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak + peak_of_python

    few, many = most(6_000), most(18_000)
    assert many < few * 1.3
