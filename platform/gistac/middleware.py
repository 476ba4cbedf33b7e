"""The outermost layer: every request has an id, one line in the log, and the same safe headers."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from gistac.logs import request_id

log = logging.getLogger("gistac.request")
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What pages never need; a page that does need one of these says so itself.
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Answered here, before anything that needs a database: the process is alive.
        if request.path_info == "/livez":
            return JsonResponse({"status": "ok"})
        known = identify(request)
        token = request_id.set(known)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = known
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
            _note(request, response, time.perf_counter() - began)
        finally:
            request_id.reset(token)
        return response


def identify(request: HttpRequest) -> str:
    """A trusted proxy's id for the request, so that both logs agree; else one of ours."""
    given = request.headers.get("X-Request-ID", "")
    if settings.TRUSTED_PROXIES and _PLAIN_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Never the query string: a signed address or a short-lived token may stand in it."""
    organization = getattr(request, "organization", None)
    log.log(
        logging.ERROR if response.status_code >= 500 else logging.INFO,
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "organization": str(organization.pk) if organization else "",
        },
    )
