"""Whose root is a request for, and who asks?"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponsePermanentRedirect,
)
from django.http.request import split_domain_port
from django.urls import get_script_prefix, set_script_prefix, set_urlconf
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path

from tenants import impersonation, members, served, sessions, slugs, tokens
from tenants.backends import in_force
from tenants.current import tenant_scope
from tenants.models import Membership, Organization, User, with_port
from tenants.requests import Request

type GetResponse = Callable[[Request], HttpResponse]

# Asked by the machines around us, at whatever name they know us by.
HEALTH = ("/livez", "/readyz", "/tls-ask")
PATH_DOOR = re.compile(r"/o/([a-z0-9-]{3,40})(/.*)?", re.DOTALL)


class DoorMiddleware:
    """Serves the platform or one organization; sets `request.organization` and the schema."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.organization = None
        request.host_door = False
        if _shadowed_cookies(request):
            return HttpResponseBadRequest("A cookie of ours came twice.", content_type="text/plain")
        host = host_of(request)
        if request.path_info in HEALTH:
            return self._platform(request)
        request.META["HTTP_HOST"] = with_port(host)  # every link is built from it
        if host != settings.PLATFORM_HOST:
            return self._host_door(request, host)
        if match := PATH_DOOR.fullmatch(request.path_info):
            return self._path_door(request, match[1], match[2])
        return self._platform(request)

    def _platform(self, request: Request) -> HttpResponse:
        _use(request, settings.PUBLIC_SCHEMA_URLCONF)
        return self.get_response(request)

    def _host_door(self, request: Request, host: str) -> HttpResponse:
        organization = served.by_host(host)
        request.host_door = True
        if organization is None and (now := slugs.moved_host(host)):
            scheme = urlsplit(settings.PLATFORM_URL).scheme
            return _moved(request, f"{scheme}://{with_port(now)}", request.path_info)
        return self._organization(request, organization)

    def _path_door(self, request: Request, slug: str, rest: str | None) -> HttpResponse:
        """The prefix is a mount point, as in WSGI: reverse() and every link carry it."""
        organization = served.by_slug(slug)
        if organization is None and (now := slugs.moved(slug)):
            return _moved(request, now.path.rstrip("/"), rest or "/")
        if organization is None:
            return self._organization(request, None)
        if not rest:
            return HttpResponsePermanentRedirect(organization.path)
        before = get_script_prefix()
        script_name = f"{before.rstrip('/')}/o/{slug}"
        request.META["SCRIPT_NAME"] = script_name
        request.META["PATH_INFO"] = request.path_info = rest
        set_script_prefix(f"{script_name}/")
        try:
            return self._organization(request, organization)
        finally:
            set_script_prefix(before)

    def _organization(self, request: Request, organization: Organization | None) -> HttpResponse:
        if organization is None:
            _use(request, settings.PUBLIC_SCHEMA_URLCONF)
            raise Http404("There is nothing at this address.")
        request.organization, request.query_token = organization, tokens.take(request)
        _use(request, settings.ROOT_URLCONF)
        with tenant_scope(organization):
            return self.get_response(request)


def is_seen(request: Request) -> bool:
    """Whether an operator is shown what a member sees."""
    if request.impersonation is None:
        return False
    return isinstance(request.user, User) and request.user.seen_by is not None


class MemberMiddleware:
    """Looks the membership up on every request; the role stays on `request.user`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.membership, request.lacks_second_factor = None, False
        request.impersonation = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._recognize(request)
        response = self.get_response(request)
        patch_vary_headers(response, ("Cookie",))
        return response

    def process_view(self, request: Request, view: Any, args: Any, named: Any) -> None:
        """Who sees as a member changes nothing, and leaves a record of each address but tiles."""
        if request.impersonation is None or not is_seen(request):
            return
        leaves = request.resolver_match and request.resolver_match.view_name == "doors:sign-out"
        if request.method not in ("GET", "HEAD", "OPTIONS") and not leaves:
            raise PermissionDenied("You see as somebody else does: nothing can be changed so.")
        if "tileMatrix" not in named:
            impersonation.note_look(request.impersonation, request.path)

    def _recognize(self, request: Request) -> None:
        if request.session.get("door", "") != door_of(request):
            request.user = AnonymousUser()  # a session of another door opens nothing here
        elif SESSION_KEY in request.session:
            sessions.note_seen(request)
            request.impersonation = impersonation.under_way(request)
        if request.impersonation:
            member = impersonation.seen_as(request.impersonation, request.organization)
            request.user = member or request.user
        if request.organization is not None and request.user.is_authenticated:
            own = {"user": request.user, "organization": request.organization}
            request.membership = in_force().filter(**own).first()
            role = request.membership.role if request.membership else None
            request.user.known_roles = {request.organization.pk: role}
            if request.membership:
                if not is_seen(request):
                    members.note_active(request.membership)
            elif request.organization.second_factor_required:
                request.lacks_second_factor = Membership.objects.filter(**own).exists()


def host_of(request: Request) -> str:
    """In lower case, without a port and without a final dot."""
    return split_domain_port(request.get_host())[0].removesuffix(".")


def door_of(request: Request) -> str:
    """What a session must say to be good here: an organization's host has its own sessions."""
    return str(request.organization.pk) if request.host_door and request.organization else ""


def _moved(request: Request, root: str, path: str) -> HttpResponse:
    """To the same thing below another root; what was sent is sent there again. Asked each time,
    since the organization may take its old name back."""
    query = f"?{query}" if (query := request.META.get("QUERY_STRING", "")) else ""
    response = HttpResponsePermanentRedirect(
        f"{root}{escape_uri_path(path)}{query}",
        preserve_request=request.method not in ("GET", "HEAD"),
        max_length=None,  # type: ignore[arg-type]  # Django 6.1: as long as it is
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _use(request: Request, urlconf: str) -> None:
    request.urlconf = urlconf
    set_urlconf(urlconf)


def _shadowed_cookies(request: Request) -> bool:
    """A sibling host can plant a second cookie of the same name; neither can then be trusted."""
    pairs = request.headers.get("cookie", "").split(";")
    names = [pair.partition("=")[0].strip() for pair in pairs]
    ours = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    return any(names.count(name) > 1 for name in ours)
