"""stac-geoparquet sent to us: what other writers make of items comes back as they were."""

import io
import tempfile
import threading
from importlib.util import cache_from_source
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.core
import pytest
import stac_geoparquet.arrow

from catalogs.stac import parquet, parquet_lines
from tests.stac import documents

ITEMS = "collections/c/items"
PARQUET = "application/vnd.apache.parquet"


@pytest.fixture
def home(stac):
    assert stac.post("collections", documents.collection()).status_code == 201
    return ITEMS


def written(items) -> bytes:
    """As the best-known library writes it."""
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(items)
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        stac_geoparquet.arrow.to_parquet(table, file.name)
        return file.read()


def table(**columns) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def send(stac, body: bytes, query="", **headers):
    return stac.post(ITEMS + query, body, content_type=PARQUET, headers=headers)


def test_the_process_leaves_no_bytecode(stac, home):
    """What it may write has an end, and Python would keep the half of a module."""
    kept = Path(cache_from_source(pyarrow.parquet.core.__file__))
    kept.unlink(missing_ok=True)
    assert send(stac, written([documents.item()])).status_code == 201
    assert not kept.exists()


def test_it_works(stac, home):
    sent = [
        documents.item("a", properties={"eo:cloud_cover": 3.5, "gsd": 10, "title": "é"}),
        documents.item("b", west=40, properties={"created": "2020-01-02T03:04:05.678Z"}),
    ]
    answer = send(stac, written(sent))
    assert answer.status_code == 201, answer.content
    assert answer.json()["created"] == 2
    for document in sent:
        read = stac.get(f"{home}/{document['id']}")
        assert read["geometry"] == document["geometry"]
        assert read["bbox"] == document["bbox"]
        assert read["assets"] == document["assets"]
        assert read["properties"] == document["properties"]
    assert stac.ids(bbox="40,50,41,51") == ["b"]


def test_lenient(stac, home):
    body = written([documents.item("a"), documents.item("b", collection="other")])
    answer = send(stac, body, Prefer="handling=lenient")
    assert [row["status"] for row in answer.json()["items"]] == [201, 400]


WRONG = {
    "empty": b"",
    "text": b'{"type": "Feature"}',
    "magic alone": b"PAR1",
    "magic twice": b"PAR1PAR1",
    "a length beyond": b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1",
    "noise": b"PAR1" + bytes(range(256)) * 40 + b"\x00\x10\x00\x00PAR1",
    "other columns": table(name=["a"], value=[1]),
    "no wkb": table(id=["a"], geometry=["POINT(1 1)"]),
    "wrong wkb": table(id=["a"], geometry=[b"\x01\x02"]),
    "bytes": table(id=["a"], geometry=[b""], other=[b"\xff"]),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_no_stac_geoparquet(stac, home, body):
    answer = send(stac, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["description"].endswith(".")


def test_a_cut_file(stac, home):
    body = written([documents.item(f"i{n}") for n in range(50)])
    for end in (len(body) // 2, len(body) - 5):
        assert send(stac, body[:end] + b"PAR1").status_code in (400, 413)
    broken = bytearray(body)
    broken[200:400] = b"\xff" * 200
    assert send(stac, bytes(broken)).status_code in (400, 413)
    assert stac.ids() == []


def test_a_bomb(stac, home):
    """Eight megabytes, once in the file and ten thousand times in the table."""
    long = pa.DictionaryArray.from_arrays(
        pa.array([0] * 10_000, pa.int32()), pa.array(["x" * (8 * 2**20)])
    )
    point = bytes.fromhex("0101000000000000000000f03f000000000000f03f")
    columns = {"id": [str(n) for n in range(10_000)], "geometry": [point] * 10_000}
    body = table(**columns, title=long)
    assert len(body) < 2**20
    answer = send(stac, body)
    assert answer.status_code in (400, 413), answer.content
    assert stac.ids() == []


def test_too_many_rows(stac, home, monkeypatch):
    rows = parquet_lines.MOST_ROWS + 1
    body = table(id=pa.nulls(rows, pa.string()), geometry=pa.nulls(rows, pa.binary()))
    assert send(stac, body).status_code == 413


def test_whoever_stops_reading_leaves_nothing_behind():
    body = io.BytesIO(written([documents.item(f"i{n}") for n in range(300)]))
    lines = iter(parquet.Lines(body))
    assert orjson.loads(next(lines))["id"] == "i0"
    lines.close()
    own = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    programs = [Path(f"/proc/{child}/cmdline").read_bytes() for child in own]
    assert not [program for program in programs if b"parquet_lines" in program]
