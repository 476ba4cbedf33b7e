"""The door of links that share: below /shared/<token>/ stands the catalog as the link shows it.

The prefix is a mount point, like an organization's own: pages, the STAC root and every link in its
answers carry it, so a program that cannot send headers can walk what is shared.
"""

import re
from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.urls import get_script_prefix, set_script_prefix, set_urlconf
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request as ApiRequest

from catalogs import shares
from catalogs.shares import Visitor
from catalogs.stac.errors import problem
from tenants.requests import Request
from ui.views import errors

DOOR = re.compile(r"/shared/([^/]+)(/.*)?", re.DOTALL)
URLCONF = "gistac.urls_shared"
ENDED = "This link has ended, or was taken back. Ask whoever gave it to you for a new one."


class SharedDoorMiddleware:
    """Whoever comes by a link is its visitor, signed in or not."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        match = DOOR.fullmatch(request.path_info) if request.organization else None
        if match is None:
            return self.get_response(request)
        share = shares.find(match[1])
        if share is None:
            raise Http404("There is nothing at this address.")
        visitor = shares.visitor(share)
        if visitor is None:
            return _ended(request, match[2] or "/")
        shares.note_use(share)
        return _unlisted(self._below(request, visitor, match[1], match[2] or "/"))

    def _below(self, request: Request, visitor: Visitor, token: str, rest: str) -> HttpResponse:
        before = get_script_prefix()
        mount = f"{before.rstrip('/')}/shared/{token}"
        request.META["SCRIPT_NAME"], request.META["PATH_INFO"] = mount, rest
        request.path_info, request.urlconf = rest, URLCONF
        request.user, request.membership = visitor, None  # type: ignore[assignment]
        request.lacks_second_factor = False
        set_script_prefix(f"{mount}/")
        set_urlconf(URLCONF)
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(before)
            set_urlconf(None)


def _ended(request: Request, rest: str) -> HttpResponse:
    if rest.startswith("/stac/"):
        ended = problem(410, "Gone", ENDED)
    else:
        ended = errors.refused(request, 410, ENDED)
    ended.headers["Cache-Control"] = "no-store"
    return _unlisted(ended)


def _unlisted(response: HttpResponse) -> HttpResponse:
    """No search engine keeps what a link shows, nor any cache that others are answered from."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if "no-store" not in response.headers.get("Cache-Control", ""):
        response.headers["Cache-Control"] = "private, no-cache"
    return response


class SharedDoor(BaseAuthentication):
    """By a link nothing else counts: no key, no session, and so nothing to forge."""

    def authenticate(self, request: ApiRequest) -> tuple[Visitor, None] | None:
        user = getattr(request._request, "user", None)
        return (user, None) if isinstance(user, Visitor) else None

    def authenticate_header(self, request: ApiRequest) -> str:
        """Who is known by nothing is asked for a key: the first way in says how."""
        return 'Bearer realm="GiSTAC"'


class SharedDoorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Nothing that a program could send: the address is all."""

    target_class = SharedDoor
    name: list[str] = []

    def get_security_requirement(self, auto_schema: object) -> list[dict[str, list[str]]]:
        return []

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        return []
