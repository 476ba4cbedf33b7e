"""Health for supervisors and load balancers; /livez is answered by gistac.middleware."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers; without it no request can be served."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
