"""In which form an answer is sent: `f` says, else `Accept` (RFC 9110, 12.5.1).

What nobody serves is not held against anyone: OGC API Features 1 (7.5.1) lists 406 among what a
server may answer, and RFC 9110 lets it disregard `Accept`. So programs with odd headers get the
usual form, as they always did. An `f` that is not there was meant, and is 400.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from rest_framework.request import Request

from . import links
from .errors import Invalid

_ANY_JSON = (links.JSON, links.GEOJSON, links.SCHEMA, links.OPENAPI)


@dataclass(frozen=True)
class Form:
    """One form of an answer. `name` is what `f` calls it, `also` what else it is known by."""

    name: str
    media_type: str
    title: str
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *(other for other in self.also if "/" not in other))

    @property
    def media_types(self) -> tuple[str, ...]:
        return (self.media_type, *(kind for kind in self.also if "/" in kind))


# Whoever asks for any kind of JSON gets the kind that is there.
JSON = Form("json", links.JSON, "JSON", _ANY_JSON)
GEOJSON = Form("json", links.GEOJSON, "GeoJSON", ("geojson", *_ANY_JSON))
SCHEMA = Form("json", links.SCHEMA, "JSON Schema", _ANY_JSON)
OPENAPI = Form("json", links.OPENAPI, "OpenAPI 3.0", _ANY_JSON)
HTML = Form("html", "text/html", "This as a page", ("application/xhtml+xml",))
NDJSON = Form(
    "ndjson",
    "application/x-ndjson",
    "GeoJSON, one item on each line",
    ("application/ndjson", "application/jsonl"),
)
CSV = Form("csv", "text/csv", "CSV, one item on each line")
PARQUET = Form(
    "parquet", "application/vnd.apache.parquet", "GeoParquet", ("application/x-parquet",)
)
MVT = Form("mvt", "application/vnd.mapbox-vector-tile", "Mapbox Vector Tile")
TABLES = (NDJSON, CSV, PARQUET)


def choose(request: Request, forms: Sequence[Form], name: str | None = None) -> Form:
    """The form that `name` or `f` asks for, else the one that `Accept` likes best.

    Django weighs `Accept`, quality first, then what is said most exactly; among equals the first
    of `forms` is taken, which is the usual one. Raises `Invalid` naming what there is.
    """
    name = name or request.query_params.get("f")
    if name is not None:
        return _named(forms, name)
    return _liked(request.headers.get("Accept", "*/*"), tuple(forms))


@lru_cache(maxsize=256)  # clients of one kind all send the same
def _liked(accept: str, forms: tuple[Form, ...]) -> Form:
    asking = HttpRequest()
    asking.META["HTTP_ACCEPT"] = accept
    owners = {kind: form for form in reversed(forms) for kind in form.media_types}
    liked = asking.get_preferred_type([kind for form in forms for kind in form.media_types])
    return owners[liked] if liked else forms[0]


def _named(forms: Sequence[Form], name: str) -> Form:
    for form in forms:
        if name in form.names:
            return form
    known = ", ".join(known for form in forms for known in form.names)
    raise Invalid(f"f: there is no form {name[:40]!r} here; there is {known}.", parameter="f")


def alternate(address: str, form: Form, query: str = "") -> links.Link:
    """The link to the same in another form; `query` is what else the address asks, encoded."""
    asked = f"{query}&f={form.name}" if query else f"f={form.name}"
    return links.link("alternate", f"{address}?{asked}", form.media_type, form.title)
