"""Counts what is asked at an organization's doors, and stops it where its plan does."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse

from catalogs.stac.errors import problem
from gistac.errors import is_from_a_program
from tenants import rates, usage
from tenants.authentication import sent_key
from tenants.requests import Request
from tenants.throttling import KeyFailures
from tenants.usage import Window
from ui.views import errors as pages

OFTEN = (
    "This organization was asked {limit:,} times in this minute, which is what its plan allows. "
    "Ask again in {seconds} seconds."
)
OFTEN_FROM_HERE = (
    "Your address has asked {limit:,} times in this minute, as often as who is no member here may. "
    "Sign in or use a key, or ask again in {seconds} seconds."
)
USED_UP = {
    "signed_bytes": "The files that this organization gives out in a month are used up: its plan "
    "allows {limit} bytes. Everything else goes on; files can be read again next month, or with "
    "another plan.",
    "tiles": "The map tiles of this organization are used up for this month: its plan allows "
    "{limit}. Everything else goes on; they come again next month, or with another plan.",
}


class UsageMiddleware:
    """Counts in memory only; headers say how a minute stands where something limits it."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.organization is None:
            return self.get_response(request)
        window = usage.request(request.organization.pk)
        request.windows = {} if window is None else {"organization": window}
        if window is not None and window.left < 0:
            response = _too_often(request, OFTEN, window)
        else:
            response = self._answer(request)
        _tell(response, request.windows)
        return response

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        """By now a session is known; and no tile is drawn to be refused."""
        if request.organization is None:
            return None
        if (window := _of_address(request, view[0])) and window.left < 0:
            usage.uncount(request.organization.pk)
            return _too_often(request, OFTEN_FROM_HERE, window)
        if not _is_tile(request):
            return None
        limit = usage.used_up(request.organization.pk, "tiles")
        return None if limit is None else _used_up(request, "tiles", limit)

    def _answer(self, request: Request) -> HttpResponse:
        assert request.organization is not None
        response = self.get_response(request)
        for name, amount in _used(request, response).items():
            if amount and (limit := usage.take(request.organization.pk, name, amount)) is not None:
                return _used_up(request, name, limit)
        return response


def _of_address(request: Request, view: object) -> Window | None:
    """Counts who is no member. What is shown to the API as a key counts for that, or for the wrong
    keys of its address."""
    if getattr(request, "membership", None) is not None:
        return None
    shows_a_key = request.query_token or sent_key(cast(Any, request)) is not None
    if shows_a_key and hasattr(view, "cls"):
        return None
    window = rates.count("address", KeyFailures().whose(request), settings.ADDRESS_RATE)
    if window is not None:
        request.windows["address"] = window
    return window


def _tell(response: HttpResponse, windows: Mapping[str, Window]) -> None:
    """By draft-ietf-httpapi-ratelimit-headers: all that hold, and how the tightest stands."""
    if not windows:
        return
    policies = (f'"{name}";q={window.limit};w=60' for name, window in windows.items())
    response.headers["RateLimit-Policy"] = ", ".join(policies)
    name, window = min(windows.items(), key=lambda each: each[1].left)
    response.headers["RateLimit"] = f'"{name}";r={max(0, window.left)};t={window.seconds}'


def _used(request: Request, response: HttpResponse) -> dict[str, int]:
    """Of what is limited by the month; a tile that the asker has already is not counted."""
    is_drawn = _is_tile(request) and response.status_code == 200
    return {"signed_bytes": getattr(response, "signed_bytes", 0), "tiles": int(is_drawn)}


def _is_tile(request: Request) -> bool:
    return request.resolver_match is not None and request.resolver_match.view_name == "stac:tile"


def _used_up(request: Request, name: str, limit: int) -> HttpResponse:
    return refused(request, 402, "LimitReached", USED_UP[name].format(limit=limit))


def _too_often(request: Request, words: str, window: Window) -> HttpResponse:
    sentence = words.format(limit=window.limit, seconds=window.seconds)
    response = refused(request, 429, "TooManyRequests", sentence)
    response.headers["Retry-After"] = str(window.seconds)
    return response


def refused(request: Request, status: int, code: str, sentence: str) -> HttpResponse:
    """Like what the views refuse: also scripts of other origins may read why."""
    if not is_from_a_program(request):
        if not hasattr(request, "user"):
            request.user = AnonymousUser()  # nobody was recognized yet
        return pages.refused(request, status, sentence)
    response = problem(status, code, sentence)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "RateLimit, RateLimit-Policy, Retry-After"
    return response
