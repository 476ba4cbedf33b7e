"""Bodies of items: kept on disk past a few megabytes, and read one document at a time."""

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, ClassVar

from rest_framework.parsers import BaseParser

from . import documents, parquet
from .documents import Document
from .errors import Invalid, Refused, TooLarge
from .parsers import LARGEST_BODY, in_utf8, parse

IN_MEMORY = 4 * 2**20  # bytes of a body that stay in memory
LARGEST_STREAM = 2 * 2**30  # bytes of one body that is read line by line
LARGEST_TABLE = 512 * 2**20  # bytes of one body of stac-geoparquet
CHUNK = 2**20

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
SEQUENCES = ("application/geo+json-seq", "application/json-seq")  # RFC 8142, RFC 7464
_SEPARATOR = b"\x1e"

type Sent = bytes | Document | Refused
"""A document as it came: its JSON text, its value where it is known, or why it is neither."""


@dataclass
class Body:
    """What was sent, from its first byte; whoever reads it may begin again."""

    file: IO[bytes]
    media_type: str
    size: int  # bytes

    @property
    def is_one_text(self) -> bool:
        return self.media_type in ("application/json", "application/geo+json")

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex."""
        self.file.seek(0)
        whole = hashlib.sha256()
        while chunk := self.file.read(CHUNK):
            whole.update(chunk)
        return whole.hexdigest()

    @cached_property
    def value(self) -> Any:
        """The JSON value of a body that is one JSON text."""
        self.file.seek(0)
        return parse(self.file.read())

    def features(self) -> Iterator[Sent]:
        """The items in it, in order; what cannot be read as one is a `Refused` in its place."""
        if self.is_one_text:
            return iter(features_of(self.value))
        if self.table is not None:
            return iter(self.table)
        self.file.seek(0)
        return lines(self.file, self.media_type in SEQUENCES)

    @cached_property
    def table(self) -> parquet.Lines | None:
        return parquet.Lines(self.file) if self.media_type in parquet.MEDIA_TYPES else None

    def done(self) -> float:
        """How much of it has been read, from 0 to 1."""
        if self.table is not None:
            return self.table.done()
        return min(1.0, self.file.tell() / self.size) if self.size else 1.0

    def named(self, index: int, fault: Refused) -> Refused:
        """The fault of the item `index`, told so that its sender finds it."""
        if self.is_one_text:
            fault.pointer = f"/features/{index}{fault.pointer or ''}"
        else:
            fault.message = f"Item {index}: {fault.message}"
        return fault


def listed(features: Sequence[Document]) -> Body:
    """A body of items that are in memory already."""
    body = Body(io.BytesIO(), "application/geo+json", 0)
    body.value = {"type": "FeatureCollection", "features": list(features)}
    return body


def features_of(value: Any) -> list[Any]:
    found = value.get("features") if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise Invalid("/features must be of type array.", pointer="/features")
    return found


def lines(file: IO[bytes], separated: bool = False) -> Iterator[Sent]:
    """Newline-delimited JSON: empty lines are passed over, one that is too long is not read."""
    while line := file.readline(documents.LARGEST + 2):
        if len(line) > documents.LARGEST + 1 and not line.endswith(b"\n"):
            _pass_over(file)
            yield TooLarge(f"A document may have {documents.LARGEST // 2**20} MiB.")
            continue
        text = line.strip(b" \t\r\n" + (_SEPARATOR if separated else b""))
        if text:
            yield text


def _pass_over(file: IO[bytes]) -> None:
    while (line := file.readline(CHUNK)) and not line.endswith(b"\n"):
        pass


class BodyParser(BaseParser):
    """Takes a body in without looking into it; raises `TooLarge` before it is all read."""

    largest: ClassVar[int] = LARGEST_BODY

    def parse(  # type: ignore[override]
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Body:
        in_utf8(media_type)
        expected = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if expected > self.largest:
            raise self.too_large()
        file = tempfile.SpooledTemporaryFile(IN_MEMORY, buffering=CHUNK)  # noqa: SIM115 - closed with it
        size = 0
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > self.largest:
                raise self.too_large()
            file.write(chunk)
        if size < expected:
            raise Invalid(f"The body broke off after {size:,} of {expected:,} bytes.")
        file.seek(0)
        return Body(file, self.media_type, size)

    def too_large(self) -> TooLarge:
        return TooLarge(
            f"A body of {self.media_type} may have {self.largest // 2**20:,} MiB. Send more items "
            "as newline-delimited JSON, or in parts."
        )


def _parser(name: str, media_type: str, largest: int) -> type[BodyParser]:
    return type(name, (BodyParser,), {"media_type": media_type, "largest": largest})


PARSERS = (
    _parser("JSONBody", "application/json", LARGEST_BODY),
    _parser("GeoJSONBody", "application/geo+json", LARGEST_BODY),
    *(_parser("LinesBody", kind, LARGEST_STREAM) for kind in (*NDJSON, *SEQUENCES)),
    *(_parser("TableBody", kind, LARGEST_TABLE) for kind in parquet.MEDIA_TYPES),
)
