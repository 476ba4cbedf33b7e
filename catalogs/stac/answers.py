"""Answers of one document: as it is stored, the mark replaced; nothing is rendered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from . import formats, jobs, links
from .bulk import Report
from .components import COUNTS
from .models import Collection, Item, Job


def json_answer(document: Mapping[str, Any], media_type: str = links.JSON) -> HttpResponse:
    return HttpResponse(orjson.dumps(document), content_type=media_type)


def stored(
    request: HttpRequest, body: str, etag: str, updated: datetime, media_type: str
) -> HttpResponse:
    """One document with its validators; 304 where the asker has it (RFC 9110, 13)."""
    answer = HttpResponse(links.rooted(body.encode(), links.root(request)), content_type=media_type)
    if getattr(request, "accepted_renderer", None) is formats.HTML:
        return answer  # the page has other parts, and is no version of the document
    _mark_version(answer, etag, updated)
    modified = int(updated.timestamp())
    checked = get_conditional_response(request, f'"{etag}"', modified, answer)
    return checked or answer


def tile(content: bytes) -> HttpResponse:
    """204 where nothing lies (OGC API Tiles 1, 7.1.4)."""
    return HttpResponse(content, content_type=formats.MVT.media_type) if content else done()


def created(request: HttpRequest, row: Item | Collection) -> HttpResponse:
    """201 with Location, ETag and the document (STAC API Transaction extension)."""
    root = links.root(request)
    is_item = isinstance(row, Item)
    answer = HttpResponse(
        links.rooted(row.body.encode(), root),
        content_type=links.GEOJSON if is_item else links.JSON,
        status=201,
    )
    answer["Location"] = root + links.path_of(row)
    _tell(answer, row, root)
    _mark_version(answer, row.etag, row.updated)
    return answer


def report(written: Report, *, lenient: bool) -> HttpResponse:
    """How many were written; where some may not be, 207 and what became of each."""
    counts = {name: written.counts[name.capitalize()] for name in COUNTS}
    received = {"received": written.counts.total(), **counts}
    if not lenient:
        return HttpResponse(orjson.dumps(received), content_type=links.JSON, status=201)
    told = {**received, "items": [outcome.told() for outcome in written.outcomes]}
    answer = HttpResponse(orjson.dumps(told), content_type=links.JSON, status=207)
    answer["Preference-Applied"] = "handling=lenient"
    return answer


def accepted(request: HttpRequest, job: Job) -> HttpResponse:
    """202, with where to ask how far it is."""
    root = links.root(request)
    answer = json_answer(jobs.told(job, root))
    answer.status_code = 202
    answer["Location"] = f"{root}jobs/{job.pk}"
    answer["Preference-Applied"] = f"respond-async, handling={_handling(job)}"
    answer["Retry-After"] = "2"
    return answer


def _handling(job: Job) -> str:
    return "lenient" if job.lenient else "strict"


def done() -> HttpResponse:
    """204, without a body and so without its type."""
    answer = HttpResponse(status=204)
    del answer["Content-Type"]
    return answer


def changed(request: HttpRequest, row: Item | Collection) -> HttpResponse:
    """204 with the new version's ETag."""
    answer = done()
    _tell(answer, row, links.root(request))
    _mark_version(answer, row.etag, row.updated)
    return answer


def _tell(answer: HttpResponse, row: Item | Collection, root: str) -> None:
    """Where extensions have something against what was taken, a link to what it is."""
    if row.report:
        told = f'rel="describedby"; type="{links.JSON}"; title="{row.report.in_short()}"'
        answer["Link"] = f"<{root}{links.path_of(row)}/validation>; {told}"


def _mark_version(answer: HttpResponse, etag: str, updated: datetime) -> None:
    answer["ETag"] = f'"{etag}"'
    answer["Last-Modified"] = http_date(updated.timestamp())
