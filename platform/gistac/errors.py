"""What is said when a request is refused or breaks outside of any view: pages to people,
problem documents to programs."""

import re
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from catalogs.stac.errors import NOTHING_HERE, problem
from ui.views import errors as pages

_PROGRAMS = re.compile(r"(/o/[^/]+)?/(stac|api)(/|$)")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_from_a_program(request):
        return problem(400, "BadRequest", "The request could not be understood.")
    return pages.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_from_a_program(request):
        return problem(403, "Forbidden", "You may not do this here.")
    return pages.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_from_a_program(request):
        return problem(404, "NotFound", NOTHING_HERE)
    return pages.not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """A database that does not answer is no fault of the request: it may be sent again."""
    away = isinstance(sys.exception(), OperationalError | InterfaceError)
    program = is_from_a_program(request)
    response = _broken_document(away=away) if program else pages.broken(request)
    if away:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return response


def _broken_document(*, away: bool) -> HttpResponse:
    if away:
        return problem(503, "Unavailable", "The database does not answer just now. Try again.")
    return problem(500, "InternalServerError", "Something broke on our side. It has been noted.")


def is_from_a_program(request: HttpRequest) -> bool:
    return _PROGRAMS.match(request.path_info) is not None
