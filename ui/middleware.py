"""What a page leaves behind: nothing in caches, the organization that was open last, refusals;
and what comes before one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect

from catalogs.stac.errors import Refused
from tenants.middleware import is_seen
from tenants.requests import Request
from ui.addresses import platform
from ui.leaving import leaving
from ui.views import errors

# Django's own, for pages hold secrets beside what the asker sent: it adds bytes by chance, so that
# lengths tell little (BREACH).
_gzip = GZipMiddleware(lambda request: HttpResponse())


class PagesMiddleware:
    """What people see when they are signed in stays out of every cache; pages go compressed."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if (html or not response.has_header("Cache-Control")) and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
            if html:
                _remember(request)
        if html:
            _gzip.process_response(request, response)
        return response


def _remember(request: Request) -> None:
    """Written when it changes, so that most requests leave the session alone."""
    if request.membership is None or request.organization is None or is_seen(request):
        return
    if request.session.get("organization") != request.organization.slug:
        request.session["organization"] = request.organization.slug


class SecondFactorMiddleware:
    """Leads members who still lack a required second factor to it; until then they are strangers
    to the organization."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if not request.lacks_second_factor or match is None or match.app_name != "ui":
            return None
        assert request.organization is not None
        address = platform("platform:second-factor", request.organization.slug)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return redirect(address)


class RefusedMiddleware:
    """A refusal that a page did not answer itself becomes an error page or a message."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        """The issuer looks up what it is sent as it is, which PostgreSQL refuses."""
        if not request.path.startswith("/identity/"):
            return None
        if "\\x00" not in f"{request.GET.dict()}{request.POST.dict()}":
            return None
        return errors.refused(request, 400, "Null characters are not allowed.")

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return errors.refused(request, exception.status, exception.message)
        return None


class LeavingMiddleware:
    """After a form of the accounts, a page on the way to another site."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        address = response.headers.get("Location", "")
        elsewhere = not address.startswith(("/", settings.PLATFORM_URL + "/"))
        if request.method != "POST" or not address or not elsewhere:
            return response
        if not request.path.startswith(("/accounts/", "/identity/")):
            return response
        page = leaving(request, address)
        page.cookies = response.cookies
        return page
