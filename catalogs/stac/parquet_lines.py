"""A program: reads stac-geoparquet from standard input, writes its items as lines of JSON.

Run in a process of its own, because Parquet files come from strangers: one that unpacks to more
than memory holds, or that breaks the library, ends this process and nothing else. The first line
is the number of rows. Whoever starts it sets its limits. A refusal is a sentence on standard
error, and the status 3.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

ROWS = 128  # that are unpacked at a time
MOST_ROWS = 1_000_000
MOST_COLUMNS = 5_000
REFUSED = 3  # the status that says so

_MEMBERS = ("type", "stac_version", "stac_extensions", "id", "geometry", "bbox", "links")
_OWN = {*_MEMBERS, "assets", "collection"}
_CORNERS = ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax")
_SHAPES = ("geometry", "proj:geometry")


class Refusal(Exception):
    """Why the file is not taken, as a sentence."""


def main(file: IO[bytes], out: IO[bytes]) -> None:
    pa.set_cpu_count(1)
    parquet = pq.ParquetFile(file, pre_buffer=False)
    _check(parquet)
    out.write(b"%d\n" % parquet.metadata.num_rows)
    for batch in parquet.iter_batches(batch_size=ROWS, use_threads=False):
        for row in _to_microseconds(batch).to_pylist():
            out.write(orjson.dumps(item(row), _plain, orjson.OPT_PASSTHROUGH_DATETIME) + b"\n")


def _check(parquet: Any) -> None:
    about, schema = parquet.metadata, parquet.schema_arrow
    if about.num_rows > MOST_ROWS:
        raise Refusal(f"At most {MOST_ROWS:,} items in one body.")
    if about.num_columns > MOST_COLUMNS:
        raise Refusal(f"A Parquet file may have {MOST_COLUMNS:,} columns.")
    missing = [name for name in ("id", "geometry") if name not in schema.names]
    if missing:
        raise Refusal(f"This is no stac-geoparquet: it has no column {' and no '.join(missing)}.")
    kind = schema.field("geometry").type
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_null(kind)):
        raise Refusal("The geometry of stac-geoparquet is WKB.")


def _to_microseconds(batch: Any) -> Any:
    """Python's own times end there."""
    for number, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            finer = batch.column(number).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(number, field.name, finer)
    return batch


def item(row: dict[str, Any]) -> dict[str, Any]:
    """The STAC Item of a row: columns that are no member of it are its properties."""
    known = {name: _whole(name, value) for name, value in row.items() if value is not None}
    properties = {"datetime": None}
    properties |= {k.removeprefix("properties."): v for k, v in known.items() if k not in _OWN}
    told = {name: known[name] for name in _MEMBERS if name in known}
    told = {"type": "Feature", "geometry": None, "links": [], **told}
    if "bbox" in told:
        told["bbox"] = _box(told["bbox"])
    more = {"collection": known["collection"]} if "collection" in known else {}
    return {**told, **more, "properties": properties, "assets": known.get("assets", {})}


def _whole(name: str, value: Any) -> Any:
    """Shapes as GeoJSON; members without a value were never there."""
    if isinstance(value, bytes) and name in _SHAPES:
        return orjson.loads(shapely.to_geojson(shapely.from_wkb(value)))
    if isinstance(value, dict):
        return {key: _whole(key, inner) for key, inner in value.items() if inner is not None}
    return [_whole("", inner) for inner in value] if isinstance(value, list) else value


def _box(corners: Any) -> Any:
    if not isinstance(corners, dict):
        return corners
    return [corners[name] for name in _CORNERS if name in corners]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        digits = "auto" if moment.microsecond % 1000 or not moment.microsecond else "milliseconds"
        return moment.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError


def _sentences(fault: Exception) -> Iterator[str]:
    if isinstance(fault, Refusal):
        yield str(fault)
    elif isinstance(fault, MemoryError | pa.ArrowMemoryError | pa.ArrowCapacityError):
        yield "The Parquet file unpacks to more than is taken."
    elif isinstance(fault, TypeError):
        yield "The Parquet file has a column of a kind that JSON has not."
    else:
        yield f"This cannot be read as Parquet: {str(fault).splitlines()[0][:200]}."


if __name__ == "__main__":
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except (
        Refusal,
        MemoryError,
        TypeError,
        ValueError,
        OSError,
        OverflowError,
        KeyError,
        pa.ArrowException,
        shapely.errors.ShapelyError,
    ) as fault:
        sys.stderr.write("".join(_sentences(fault)))
        sys.exit(REFUSED)
