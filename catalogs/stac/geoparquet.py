"""Items as stac-geoparquet 1.0: GeoParquet 1.1 whose columns are the items' properties.

Columns have one type, and items are free: so what is there is looked through first, and then
written, in groups of rows of a bounded size. Values that no one type fits are JSON text.
"""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from .columns import Columns, row
from .documents import Document

GROUP = 5_000  # rows that are in memory, and found together in the file
VERSION = "1.0.0"  # of stac-geoparquet

_GEOMETRY = {"encoding": "WKB", "geometry_types": [], "edges": "planar"}  # in OGC:CRS84
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class Sink:
    """A file that is only ever appended to, and emptied by who sends it on."""

    closed = False

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0

    def write(self, part: Any) -> int:
        self.parts.append(bytes(part))
        self.length += len(self.parts[-1])
        return len(self.parts[-1])

    def tell(self) -> int:
        return self.length

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        whole, self.parts = b"".join(self.parts), []
        return whole


def file(texts: Iterable[list[bytes]]) -> Generator[bytes, None, None]:
    """The bytes of the file, group after group; `texts` is gone through twice.

    A file that breaks off has no footer, so no reader takes it for a whole one.
    """
    columns = Columns()
    for some in texts:
        for text in some:
            columns.see(row(orjson.loads(text)))
        columns.check()
    schema = columns.schema().with_metadata(metadata(columns))
    sink = Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _groups(texts, columns, schema):
            writer.write_table(group, row_group_size=GROUP)
            yield sink.taken()
    yield sink.taken()


def _groups(texts: Iterable[list[bytes]], columns: Columns, schema: Any) -> Iterator[Any]:
    batches: list[Any] = []
    waiting = 0
    for some in texts:
        batches.append(_batch([orjson.loads(text) for text in some], columns, schema))
        waiting += len(some)
        if waiting >= GROUP:
            yield pa.Table.from_batches(batches)
            batches, waiting = [], 0
    if batches:
        yield pa.Table.from_batches(batches)


def _batch(items: list[Document], columns: Columns, schema: Any) -> Any:
    rows = [columns.fit(row(item)) for item in items]
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def metadata(columns: Columns) -> dict[str, bytes]:
    """`geo` (GeoParquet 1.1.0) and `stac-geoparquet` (1.0.0)."""
    geometry: dict[str, Any] = dict(_GEOMETRY)
    if columns.have_boxes:
        geometry["covering"] = {"bbox": {side: ["bbox", side] for side in _CORNERS}}
    shapes = {"geometry": geometry}
    if columns.is_shape("proj:geometry"):
        shapes["proj:geometry"] = {**_GEOMETRY, "crs": None}  # each row may have its own
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": shapes}
    return {"geo": orjson.dumps(geo), "stac-geoparquet": orjson.dumps({"version": VERSION})}
