"""What a page leaves behind: nothing in caches, the organization that was open last, refusals."""

from collections.abc import Callable

from django.http import HttpResponse

from catalogs.stac.errors import Refused
from tenants.requests import Request
from ui.views import errors


class PrivatePagesMiddleware:
    """What people see when they are signed in stays out of every cache."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if (html or not response.has_header("Cache-Control")) and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
            if html:
                _remember(request)
        return response


def _remember(request: Request) -> None:
    """Written when it changes, so that most requests leave the session alone."""
    if request.membership is None or request.organization is None:
        return
    if request.session.get("organization") != request.organization.slug:
        request.session["organization"] = request.organization.slug


class RefusedMiddleware:
    """A refusal that a page did not answer itself becomes an error page or a message."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return errors.refused(request, exception.status, exception.message)
        return None
