"""Answers of one document: as it is stored, the mark replaced; nothing is rendered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from . import links
from .models import Collection, Item


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
