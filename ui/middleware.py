"""What a page leaves behind: nothing in caches, and the organization that was open last."""

from collections.abc import Callable

from django.http import HttpResponse

from tenants.requests import Request


class PrivatePagesMiddleware:
    """What people see when they are signed in stays out of every cache."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if html and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
            _remember(request)
        return response


def _remember(request: Request) -> None:
    """Written when it changes, so that most requests leave the session alone."""
    if request.membership is None or request.organization is None:
        return
    if request.session.get("organization") != request.organization.slug:
        request.session["organization"] = request.organization.slug
