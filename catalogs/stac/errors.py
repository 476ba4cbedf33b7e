"""Refusals are sentences for a person; one handler turns them into HTTP.

Every answer that refuses is `application/problem+json` (RFC 9457) and carries the `code` and
`description` that OGC API Features (part 1, 7.5.1) and STAC API 1.0.0 ask for.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from psycopg.errors import LockNotAvailable, QueryCanceled
from rest_framework import exceptions

# One sentence for what is absent and for what the asker may not see.
NOTHING_HERE = "There is nothing at this address, or you may not see it."
_SOON = {"Retry-After": "1"}


class Refused(Exception):
    """A request that cannot be done; the message says why and what would help.

    `pointer` is the JSON pointer (RFC 6901) to the part of the body at fault, `parameter` the
    name of the query parameter. Where a body has several faults, `errors` has them all, each with
    `pointer`, `description` and the `schema` that says so; the message is the first one's.
    """

    status = HTTPStatus.BAD_REQUEST
    code = "BadRequest"

    def __init__(
        self,
        message: str,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.parameter = parameter
        self.errors = errors


class Invalid(Refused):
    """400: the document or a parameter is not what the specification asks for."""

    code = "InvalidParameterValue"


class UsedUp(Refused):
    """402: what the catalog's keeper may use is used up; what is there can still be read."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "LimitReached"


class NotFound(Refused):
    """404: absent, or not to be seen by the asker; both look the same."""

    status = HTTPStatus.NOT_FOUND
    code = "NotFound"

    def __init__(self, message: str = NOTHING_HERE) -> None:
        super().__init__(message)


class Conflict(Refused):
    """409: something of that name is there already, or stands in the way."""

    status = HTTPStatus.CONFLICT
    code = "Conflict"


class Busy(Conflict):
    """409: someone is at it just now; the same request works a little later."""

    code = "Busy"


class LengthRequired(Refused):
    """411: how long the body is must be said before it."""

    status = HTTPStatus.LENGTH_REQUIRED
    code = "LengthRequired"


class Changed(Refused):
    """412: `If-Match` or `If-None-Match` does not hold any more (RFC 9110, 13.1)."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "PreconditionFailed"


class TooLarge(Refused):
    """413: the body is larger than is read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "ContentTooLarge"


class Unprocessable(Refused):
    """422: well formed, but cannot be applied, as a patch to a path that is not there."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "UnprocessableContent"


class ConditionRequired(Refused):
    """428: this write must say by `If-Match` which version it saw."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    code = "PreconditionRequired"


class Full(Refused):
    """503: there is no room for this just now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "Unavailable"


def problem(
    status: int,
    code: str,
    description: str,
    *,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """The one form of every refusal."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": description,
        "code": code,
        "description": description,
        **{name: value for name, value in extra.items() if value is not None},
    }
    return HttpResponse(
        orjson.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )


def handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Django REST framework's EXCEPTION_HANDLER; None lets what nobody foresaw be a 500."""
    match exc:
        case Refused():
            return problem(
                exc.status,
                exc.code,
                exc.message,
                headers=_SOON if isinstance(exc, Busy | Full) else None,
                pointer=exc.pointer,
                parameter=exc.parameter,
                errors=exc.errors or None,
            )
        case Http404() | exceptions.NotFound():
            return problem(404, "NotFound", NOTHING_HERE)
        case PermissionDenied() | exceptions.PermissionDenied():
            return problem(403, "Forbidden", "You may not do this here.")
        case exceptions.ValidationError():
            parameter, message = _first(exc.detail)
            return problem(400, "InvalidParameterValue", message, parameter=parameter)
        case exceptions.APIException():
            code = str(exc.default_code).title().replace("_", "")
            return problem(exc.status_code, code, str(exc.detail), headers=_headers(exc))
        case OperationalError() if isinstance(exc.__cause__, QueryCanceled):
            return problem(503, "Timeout", "This took too long. Ask for less, or try again later.")
        case OperationalError() if isinstance(exc.__cause__, LockNotAvailable):
            return problem(409, "Busy", "Someone else is writing here. Try again.", headers=_SOON)
    return None


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    challenge, wait = getattr(exc, "auth_header", None), getattr(exc, "wait", None)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return headers | ({"Retry-After": str(int(wait))} if wait else {})


def _first(detail: Any) -> tuple[str | None, str]:
    """The first fault of a serializer's report: whose it is, and what."""
    name: str | None = None
    while isinstance(detail, dict | list) and detail:
        if isinstance(detail, dict):
            key, detail = next(iter(detail.items()))
            name = name or (str(key) if key != "non_field_errors" else None)
        else:
            detail = detail[0]
    message = str(detail)
    return name, f"{name}: {message}" if name else message
