"""Answers made of stored bodies: text is joined and the mark replaced, nothing is rendered."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from . import links, times
from .links import Link
from .models import Collection, Item
from .paging import Page


def json_answer(document: Mapping[str, Any], media_type: str = links.JSON) -> HttpResponse:
    return HttpResponse(orjson.dumps(document), content_type=media_type)


def stored(
    request: HttpRequest, body: str, etag: str, updated: datetime, media_type: str
) -> HttpResponse:
    """One document with its validators; 304 where the asker has it (RFC 9110, 13)."""
    answer = HttpResponse(body.replace(links.MARK, links.root(request)), content_type=media_type)
    _mark_version(answer, etag, updated)
    modified = int(updated.timestamp())
    checked = get_conditional_response(request, f'"{etag}"', modified, answer)
    return checked or answer


def created(request: HttpRequest, row: Item | Collection) -> HttpResponse:
    """201 with Location, ETag and the document (STAC API Transaction extension)."""
    root = links.root(request)
    is_item = isinstance(row, Item)
    answer = HttpResponse(
        row.body.replace(links.MARK, root),
        content_type=links.GEOJSON if is_item else links.JSON,
        status=201,
    )
    answer["Location"] = root + (
        links.item_path(row.collection_id, row.stac_id)
        if isinstance(row, Item)
        else links.collection_path(row.pk)
    )
    _mark_version(answer, row.etag, row.updated)
    return answer


def done(row: Item | Collection | None = None) -> HttpResponse:
    """204, without a body and so without its type; the new version's ETag where there is one."""
    answer = HttpResponse(status=204)
    del answer["Content-Type"]
    if row is not None:
        _mark_version(answer, row.etag, row.updated)
    return answer


def _mark_version(answer: HttpResponse, etag: str, updated: datetime) -> None:
    answer["ETag"] = f'"{etag}"'
    answer["Last-Modified"] = http_date(updated.timestamp())


def page(root: str, name: str, before: str, found: Page, page_links: Sequence[Link]) -> bytes:
    """`{before "name": [bodies], "links": [...], "numberReturned": n, "timeStamp": ...}`"""
    bodies = ",".join(found.bodies).replace(links.MARK, root)
    after = {
        "links": page_links,
        "numberReturned": len(found.bodies),
        "timeStamp": times.text(datetime.now(UTC)),
    }
    head = f'{{{before}"{name}":[{bodies}],'.encode()
    return head + orjson.dumps(after)[1:]


def features(root: str, found: Page, page_links: Sequence[Link]) -> HttpResponse:
    """A FeatureCollection (STAC API 1.0.0, item-search, "Response")."""
    text = page(root, "features", '"type":"FeatureCollection",', found, page_links)
    return HttpResponse(text, content_type=links.GEOJSON)


def collections(root: str, found: Page, page_links: Sequence[Link]) -> HttpResponse:
    return HttpResponse(page(root, "collections", "", found, page_links), content_type=links.JSON)


def neighbours(
    request: HttpRequest, path: str, asked: Mapping[str, Any], found: Page, media_type: str
) -> list[Link]:
    """The links of a page asked by GET: self, and next and prev where there are any."""
    own = links.root(request) + path
    query = dict(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True))
    if "limit" in asked and query.get("limit") != str(asked["limit"]):
        query["limit"] = str(asked["limit"])  # it was cut to what is given at most
    pairs = [("self", query.get("token"), "This page"), *_named(found)]
    return [
        links.link(rel, own + _query(query, token), media_type, title)
        for rel, token, title in pairs
    ]


def neighbours_by_post(root: str, found: Page) -> list[Link]:
    """next and prev of a search by POST: `merge` keeps the asker's body, the token is added."""
    own = f"{root}search"
    more: dict[str, Any] = {"method": "POST", "merge": True}
    return [
        links.link(rel, own, links.GEOJSON, title, **more, body={"token": token})
        for rel, token, title in _named(found)
    ]


def _named(found: Page) -> list[tuple[str, str, str]]:
    named = [("prev", found.prev, "The page before"), ("next", found.next, "The next page")]
    return [(rel, token, title) for rel, token, title in named if token]


def _query(query: dict[str, str], token: str | None) -> str:
    pairs = {name: value for name, value in query.items() if name != "token"}
    whole = pairs | ({"token": token} if token else {})
    return f"?{urlencode(whole)}" if whole else ""
