"""The one place that builds STAC addresses."""

from collections.abc import Buffer
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse

# Stored bodies hold this character where the root stands when they are sent. A control character
# cannot stand raw inside JSON text (RFC 8259, 7), so nothing that was sent to us can forge it.
MARK = "\x01"

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES = "http://www.opengis.net/def/rel/ogc/1.0/sortables"

Link = dict[str, object]


def rooted(text: Buffer, root: str) -> bytes:
    """Bodies as they are sent from this root."""
    return bytes(text).replace(MARK.encode(), root.encode())


def root(request: HttpRequest) -> str:
    """The absolute address of the catalog by the door that was used; ends with a slash.

    Which hosts may be asked for, and by which port, is decided before: ALLOWED_HOSTS, or a
    middleware that puts the known address into the request.
    """
    return request.build_absolute_uri(_landing(get_urlconf(), get_script_prefix()))


@lru_cache(maxsize=1_000)  # where it is mounted does not change
def _landing(urlconf: str | None, prefix: str) -> str:
    return reverse("stac:landing", urlconf)


@lru_cache(maxsize=1_000)  # an item's links name each id many times
def segment(text: str) -> str:
    """One path segment, percent-encoded (RFC 3986, 3.3)."""
    return quote(text, safe="~:@,")


def collection_path(collection: str) -> str:
    return f"collections/{segment(collection)}"


def browse_path(collection: str, part: str = "") -> str:
    """The catalog of a collection's items, or of a part of them (browsing.py)."""
    return f"{collection_path(collection)}/browse" + (f"/{segment(part)}" if part else "")


def query(**parameters: str) -> str:
    """What follows the path: the parameters that are not empty."""
    given = {name: value for name, value in parameters.items() if value}
    return f"?{urlencode(given)}" if given else ""


def item_path(collection: str, item: str) -> str:
    return f"{collection_path(collection)}/items/{segment(item)}"


def asset_path(collection: str, item: str | None, key: str) -> str:
    """The gate of one asset of an item, or of the collection where `item` is None."""
    owner = collection_path(collection) if item is None else item_path(collection, item)
    return f"{owner}/assets/{segment(key)}"


def path_of(row: Any) -> str:
    """Of an item or a collection, relative to the root."""
    item = getattr(row, "stac_id", None)
    return collection_path(row.pk) if item is None else item_path(row.collection_id, item)


def link(rel: str, href: str, media_type: str, title: str, **more: object) -> Link:
    return {"rel": rel, "href": href, "type": media_type, "title": title, **more}


def to_root(root: str) -> Link:
    return link("root", root, JSON, "The catalog")


def header(link: Link, before: str | None = None) -> str:
    """The link as an HTTP header (RFC 8288), after those that are there `before`."""
    said = f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'
    return f"{before}, {said}" if before else said


def of_item(base: str, collection: str, item: str) -> list[Link]:
    """What STAC API 1.0.0 (ogcapi-features) asks of an item: self, root, parent, collection."""
    owner = base + collection_path(collection)
    return [
        link("self", base + item_path(collection, item), GEOJSON, "This item"),
        to_root(base),
        link("parent", owner, JSON, "Its collection"),
        link("collection", owner, JSON, "Its collection"),
    ]


def of_collections(base: str) -> list[Link]:
    """What Collection Search 1.0.0-rc.1 asks of the list of collections."""
    asked, sorted_by = base + "collection-queryables", base + "collection-sortables"
    return [
        to_root(base),
        link(QUERYABLES, asked, SCHEMA, "What filters can ask of collections"),
        link(SORTABLES, sorted_by, SCHEMA, "What collections are sorted by"),
    ]


def of_collection(base: str, collection: str) -> list[Link]:
    """What STAC API 1.0.0 (collections, ogcapi-features) asks of a collection."""
    own = base + collection_path(collection)
    return [
        link("self", own, JSON, "This collection"),
        to_root(base),
        link("parent", base, JSON, "The catalog"),
        link("items", own + "/items", GEOJSON, "Its items"),
        link("child", base + browse_path(collection), JSON, "Its items, by time"),
        link(QUERYABLES, own + "/queryables", SCHEMA, "What filters can ask of its items"),
        link(SORTABLES, own + "/sortables", SCHEMA, "What its items are sorted by"),
        link("aggregations", own + "/aggregations", JSON, "What can be counted of its items"),
        *of_aggregate(own + "/"),
    ]


def of_aggregate(base: str) -> list[Link]:
    """STAC API Aggregation 0.3.0, "STAC Endpoints": one link for each method."""
    return [
        link("aggregate", f"{base}aggregate", JSON, f"Counts by {method}", method=method)
        for method in ("GET", "POST")
    ]
