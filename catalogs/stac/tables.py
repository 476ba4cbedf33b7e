"""Items as lines of text: newline-delimited GeoJSON, and CSV for spreadsheets."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import orjson
import shapely

from .documents import Document
from .errors import Invalid

# Documents as they are sent, some at a time; can be gone through more than once.
Texts = Iterable[list[bytes]]

MOST_COLUMNS = 1_000
_FIRST = ("id", "collection", "datetime", "bbox", "geometry")
# A spreadsheet takes what begins so for a formula, and runs it; so do their full-width twins.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# What ends an answer that broke: a line that is no JSON; a row longer than any other, whose last
# quote is never closed.
_BROKEN = "This is not all: the answer broke off here. Please ask again."
BROKEN_LINES = f'{{"error": "{_BROKEN}"\n'.encode()
BROKEN_ROWS = f"{_BROKEN}{',' * MOST_COLUMNS}".encode() + b'"'


def lines(texts: Texts) -> Generator[bytes, None, None]:
    """One item on each line; our JSON has no line breaks."""
    for some in texts:
        yield b"\n".join([*some, b""])


def rows(texts: Texts) -> Generator[bytes, None, None]:
    """CSV (RFC 4180) of flat rows, the names of all columns first.

    `geometry` is WKT in degrees, `bbox` numbers with commas between, an object's members are
    `name.member`, lists are JSON. A text that a spreadsheet would run gets an apostrophe before
    it, as OWASP advises; numbers stay as they are.
    """
    columns = _columns(texts)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writerow({name: _safe(name) for name in columns})
    for item in _items(texts):
        writer.writerow({name: cell(value) for name, value in _flat(item)})
        if text.tell() > 2**16:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken


def _items(texts: Texts) -> Iterator[Document]:
    for some in texts:
        for text in some:
            yield orjson.loads(text)


def _columns(texts: Texts) -> list[str]:
    """Names of all columns that any of the items needs."""
    found: set[str] = set()
    for item in _items(texts):
        found.update(name for name, _ in _flat(item))
        if len(found) > MOST_COLUMNS:
            raise Invalid(
                f"These items have more than {MOST_COLUMNS:,} different properties and assets, "
                "too many for one table. Ask for fewer by `fields`, or for f=ndjson."
            )
    return [*_FIRST, *sorted(found.difference(_FIRST))]


def _flat(item: Document) -> Iterator[tuple[str, Any]]:
    yield "id", item.get("id")
    yield "collection", item.get("collection")
    yield "bbox", ",".join(str(number) for number in item.get("bbox") or ())
    geometry = item.get("geometry")
    yield "geometry", wkt(geometry) if geometry else ""
    taken = {"id", "collection", "bbox", "geometry"}
    for name, value in (item.get("properties") or {}).items():
        yield from _members(f"properties.{name}" if name in taken else name, value)
    for key, asset in (item.get("assets") or {}).items():
        if isinstance(asset, dict):
            yield f"assets.{key}.href", asset.get("href")


def _members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for member, inner in value.items():
            yield from _members(f"{name}.{member}", inner)
    else:
        yield name, value


def wkt(geometry: Any) -> str:
    """Well-known text, with as many digits as there are."""
    shape = shapely.from_geojson(orjson.dumps(geometry), on_invalid="ignore")
    return str(shapely.to_wkt(shape, rounding_precision=-1)) if shape else ""


def cell(value: Any) -> Any:
    """A value as a table may have it: nothing in it is run by a spreadsheet."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return _safe(value)
        case dict() | list():
            return _safe(orjson.dumps(value).decode())
    return value


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
