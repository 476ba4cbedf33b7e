"""What people read when something is refused or breaks; fragments say it in a message."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

_SENTENCES = {
    400: "The request could not be understood.",
    403: "You may not do this.",
    404: "There is nothing here, or nothing that you may see.",
    500: "Something broke on our side. It has been noted; please try again.",
}


def _answer(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    """A page; for htmx nothing is swapped and the sentence is shown as a message."""
    text = sentence or _SENTENCES[status]
    if request.headers.get("HX-Request"):
        toast = json.dumps({"toast": {"text": text, "kind": "error"}})
        return HttpResponse(status=status, headers={"HX-Trigger": toast, "HX-Reswap": "none"})
    # A failing database or session must not break the page that says so.
    template = f"{status}.html" if status in _SENTENCES else "refused.html"
    context = {"text": text, "status": status}
    body = render_to_string(template, context, None if status == 500 else request)
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404)


def refused(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """What a verb would not do; its sentence says why."""
    return _answer(request, status, "" if status == 404 else sentence)


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)


def stale(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    """The form's token is missing or old: signed in elsewhere, cookies off, or a page kept open."""
    return _answer(
        request, 403, "This page was open for too long. Go back, reload it, and try once more."
    )
