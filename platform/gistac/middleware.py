"""The outermost layer: every request has an id, one line in the log, and the same safe headers."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.throttling import BaseThrottle

from gistac.logs import address, request_id

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
        tokens = request_id.set(known), address.set(address_of(request))
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = known
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
            _note(request, response, time.perf_counter() - began)
        finally:
            request_id.reset(tokens[0])
            address.reset(tokens[1])
        return response


def identify(request: HttpRequest) -> str:
    """A trusted proxy's id for the request, so that both logs agree; else one of ours."""
    given = request.headers.get("X-Request-ID", "")
    if settings.TRUSTED_PROXIES and _PLAIN_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


def address_of(request: HttpRequest) -> str | None:
    """As the proxies that we trust have passed it on; nothing, where that is no address."""
    return _address(BaseThrottle().get_ident(request))  # type: ignore[arg-type]


@lru_cache(maxsize=1_000)
def _address(said: str | None) -> str | None:
    try:
        return str(ip_address((said or "").partition("%")[0]))  # without an IPv6 zone
    except ValueError:
        return None


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
