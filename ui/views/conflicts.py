"""A document that two people changed: nothing is overwritten, both versions are shown."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from catalogs.stac.errors import Invalid
from catalogs.stac.parsers import parse
from tenants.requests import Request
from ui import compare

Document = dict[str, Any]


def show(
    request: Request, yours: Document, theirs: Document, before: Document, etag: str, **names: Any
) -> HttpResponse:
    """The page that lets one choose, member by member; it is sent back to the same address."""
    context = {
        "differences": compare.differences(yours, theirs, before),
        "yours": json.dumps(yours),
        "etag": etag,
        **names,
    }
    return render(request, "ui/conflict.html", context, status=412)


def resolved(request: Request, theirs: Document) -> Document | None:
    """What was chosen on that page; None when this is another form."""
    if "yours" not in request.POST:
        return None
    yours = read(request.POST["yours"])
    return compare.joined(yours, theirs, lambda at: request.POST.get(f"choose.{at}", "theirs"))


def read(text: str) -> Document:
    """A JSON object as somebody typed it; says where it breaks, and takes what the API takes."""
    try:
        json.loads(text, parse_constant=_refuse)
    except RecursionError as fault:
        raise Invalid("This is nested too deeply.", pointer="") from fault
    except ValueError as fault:
        line = getattr(fault, "lineno", 1)
        raise NotJson(f"Line {line}: this is not JSON ({fault}).", line) from fault
    found = parse(text.encode())
    if not isinstance(found, dict):
        raise Invalid("A document is a JSON object: { … }.", pointer="")
    return found


class NotJson(Invalid):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, pointer="")
        self.line = line


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
