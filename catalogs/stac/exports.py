"""Items sent as lines or as a table: all that a search finds, or with `limit` a page of it."""

from collections.abc import Buffer, Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from . import geoparquet, links, tables
from .formats import CSV, NDJSON, PARQUET, Form
from .streams import Rows, Stream

if TYPE_CHECKING:
    from .listing import Listing

Writer = Callable[[Iterable[list[bytes]]], Generator[bytes, None, None]]

WRITERS: dict[Form, Writer] = {NDJSON: tables.lines, CSV: tables.rows, PARQUET: geoparquet.file}
# What ends an answer that broke; a Parquet file without its footer needs no more words.
BROKEN = {NDJSON: tables.BROKEN_LINES, CSV: tables.BROKEN_ROWS, PARQUET: b""}


class Texts:
    """The documents as they are sent, some at a time, as often as they are gone through."""

    def __init__(self, listing: "Listing", rows: Iterable[list[Buffer]]) -> None:
        self.listing = listing
        self.rows = rows

    def __iter__(self) -> Iterator[list[bytes]]:
        return map(self.listing.texts, self.rows)


def answer(listing: "Listing") -> HttpResponseBase:
    """In the form that was asked for, to be saved as a file."""
    is_page = not {"limit", "token"}.isdisjoint(listing.asked)
    sent = _page(listing) if is_page else _whole(listing)
    name = unquote(listing.path.removeprefix("collections/").removesuffix("/items"))
    disposition = content_disposition_header(True, f"{name}.{listing.form.name}")
    sent["Content-Disposition"] = disposition or "attachment"
    return sent


def _page(listing: "Listing") -> HttpResponse:
    """The next one is a Link header (RFC 8288), for a table has no links."""
    form, page = listing.form, listing.page()
    written = WRITERS[form]([listing.texts(page.bodies)])
    sent = HttpResponse(written, content_type=form.media_type)
    for neighbour in listing.neighbours(page):
        if neighbour["rel"] in ("next", "prev") and listing.method == "GET":
            sent.headers["Link"] = links.header(neighbour, sent.headers.get("Link"))
    return sent


def _whole(listing: "Listing") -> StreamingHttpResponse:
    form = listing.form
    ordered = listing.found.order_by(*(key.order(False) for key in listing.keys))
    rows = Rows(ordered.values_list("body"))
    stream = Stream(rows, WRITERS[form](Texts(listing, rows)), BROKEN[form])
    return StreamingHttpResponse(stream, content_type=form.media_type)
