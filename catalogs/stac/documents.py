"""From a STAC document to the text that is stored, and back.

The stored body is the JSON text as it will be sent. Own links, and the hrefs of assets whose
bytes we hold, begin with the mark; all else stays as it came, unknown members too.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Any

import orjson

from . import formats, links, validation
from .errors import Invalid, TooLarge
from .validation import Report

Document = dict[str, Any]

LONGEST_ID = 256  # bytes in UTF-8
LARGEST = 16 * 2**20  # bytes of one document
_NOT_IN_ID = re.compile(r"[/\x00-\x1f\x7f]")
MOST_MEMBERS = 1_000  # of a collection that can be asked for

# Relations that we answer for; what a client sends under them is replaced.
OWN_OF_ITEM = frozenset({"self", "root", "parent", "collection"})
OWN_OF_COLLECTION = frozenset(
    {"self", "root", "parent", "items", "item", "child", links.QUERYABLES, links.SORTABLES}
    | {"aggregate", "aggregations"}
)
_NO_MEMBERS = frozenset({"id", "type", "links", "assets", "item_assets", "extent"})


def check_id(value: object, pointer: str = "/id") -> str:
    """An id of up to 256 bytes, without '/', control characters, and not '.' or '..'."""
    if not isinstance(value, str) or not value:
        raise Invalid("An id is a text that is not empty.", pointer=pointer)
    if len(value.encode()) > LONGEST_ID:
        raise Invalid(f"An id has at most {LONGEST_ID} bytes in UTF-8.", pointer=pointer)
    if value in (".", "..") or _NOT_IN_ID.search(value):
        raise Invalid(
            "An id has no '/', no control characters, and is not '.' or '..'.", pointer=pointer
        )
    return value


def check_type(document: object, wanted: str) -> Document:
    if not isinstance(document, dict) or document.get("type") != wanted:
        raise Invalid(f"This must be a JSON object whose `type` is {wanted!r}.", pointer="/type")
    return document


def item_body(
    document: Document, collection: str, held: Iterable[str], strictness: str
) -> tuple[str, Report]:
    """The text of an Item of this collection, and how it stands to its extensions."""
    stand_in = _stand_in()
    linked = _links_of_item(document, collection, stand_in)
    whole = {**document, "collection": collection, "links": linked}
    _gate(whole, held, stand_in, collection, document["id"])
    report = validation.check(whole, strictness)
    return _text(whole, stand_in), report


def collection_body(document: Document, held: Iterable[str], strictness: str) -> tuple[str, Report]:
    """The text of a Collection, and how it stands to its extensions."""
    stand_in = _stand_in()
    whole = {**document, "links": _links_of_collection(document, stand_in)}
    _gate(whole, held, stand_in, document["id"], None)
    report = validation.check(whole, strictness)
    return _text(whole, stand_in), report


def read(body: str, root: str) -> Document:
    """The document as it is sent from this root (absolute, ends with a slash)."""
    document: Document = orjson.loads(links.rooted(body.encode(), root))
    return document


def renewed(body: str) -> str:
    """The same text with our own links as they are made today."""
    stand_in = _stand_in()
    document = read(body, stand_in)
    if document["type"] == "Feature":
        document["links"] = _links_of_item(document, document["collection"], stand_in)
    else:
        document["links"] = _links_of_collection(document, stand_in)
    return _text(document, stand_in)


def etag(body: str, revision: int) -> str:
    return f"{hashlib.sha256(body.encode()).hexdigest()[:24]}-{revision}"


def members(document: Document) -> dict[str, Any]:
    """What can be asked of a collection: its members by name, those of objects by dotted names.

    `{"summaries": {"gsd": {"minimum": 1}}}` gives `{"summaries.gsd.minimum": 1}`, and the objects
    of a list give lists: `providers.name`. What has a column of its own is left out.
    """
    found: dict[str, Any] = {}
    stack = [(name, value) for name, value in document.items() if name not in _NO_MEMBERS]
    while stack and len(found) < MOST_MEMBERS:
        name, value = stack.pop()
        if len(name.encode()) > LONGEST_ID:
            continue
        if isinstance(value, dict):
            stack += [(f"{name}.{inner}", member) for inner, member in value.items()]
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            stack += _columns(name, value)
        else:
            found[name] = value
    return found


def _columns(name: str, rows: list[Any]) -> list[tuple[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for inner, value in row.items() if isinstance(row, dict) else ():
            columns.setdefault(inner, []).extend(value if isinstance(value, list) else [value])
    return [(f"{name}.{inner}", values) for inner, values in columns.items()]


def _page_of(address: str) -> links.Link:
    return formats.alternate(address, formats.HTML)


def own_hrefs(document: Document, collection: str, item: str | None) -> set[str]:
    """Keys of the assets whose href is their own gate, by whichever door it was read."""
    assets = document.get("assets")
    if not isinstance(assets, dict):
        return set()
    return {
        key
        for key, asset in assets.items()
        if isinstance(asset, dict)
        and str(asset.get("href")).endswith("/" + links.asset_path(collection, item, key))
    }


def _stand_in() -> str:
    """Stands for the root while the text is made; drawn anew, so that no input can know it."""
    return f"https://{secrets.token_hex(16)}.invalid/"


def _links_of_item(document: Document, collection: str, base: str) -> list[Any]:
    path = links.item_path(collection, document["id"])
    own = [*links.of_item(base, collection, document["id"]), _page_of(base + path)]
    return own + others_links(_links(document), OWN_OF_ITEM, path)


def _links_of_collection(document: Document, base: str) -> list[Any]:
    path = links.collection_path(document["id"])
    own = [*links.of_collection(base, document["id"]), _page_of(base + path)]
    return own + others_links(_links(document), OWN_OF_COLLECTION, path)


def _links(document: Document) -> list[Any]:
    given = document.get("links", [])
    if not isinstance(given, list):
        raise Invalid("/links must be of type array.", pointer="/links")
    return given


def others_links(given: list[Any], rels: frozenset[str], path: str) -> list[Any]:
    """Of the links of a document at this path, those that are its author's."""
    page = str(_page_of(f"/{path}")["href"])
    return [link for link in given if not _is_ours(link, rels, page)]


def _is_ours(link: Any, rels: frozenset[str], page: str) -> bool:
    """What we answer for, by whichever door it was read."""
    if not isinstance(link, dict) or not isinstance(link.get("rel"), str):
        return False
    is_page = link["rel"] == "alternate" and str(link.get("href")).endswith(page)
    return is_page or link["rel"] in rels


def _gate(
    whole: Document, held: Iterable[str], stand_in: str, collection: str, item: str | None
) -> None:
    assets = dict(whole["assets"]) if isinstance(whole.get("assets"), dict) else {}
    for key in held:
        href = stand_in + links.asset_path(collection, item, key)
        assets[key] = {**assets.get(key, {}), "href": href}
    if assets:
        whole["assets"] = assets


def _text(whole: Document, stand_in: str) -> str:
    body = orjson.dumps(whole)
    if len(body) > LARGEST:
        raise TooLarge(f"A document may have {LARGEST // 2**20} MiB.")
    return body.decode().replace(stand_in, links.MARK)
