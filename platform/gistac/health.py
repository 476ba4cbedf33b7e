"""Health for supervisors and load balancers; /livez is answered by gistac.middleware."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from tenants import slugs
from tenants.models import Domain, Organization


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers; without it no request can be served."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def tls_ask(request: HttpRequest) -> HttpResponse:
    """May the proxy get a certificate for ?domain=...: ours, and those of active organizations,
    those included that only lead on to a new one."""
    host = request.GET.get("domain", "").replace("\0", "").lower().removesuffix(".")
    known = (
        host == settings.PLATFORM_HOST
        or Domain.objects.filter(domain=host, tenant__state=Organization.State.ACTIVE).exists()
        or slugs.moved_host(host)
    )
    return HttpResponse(status=200 if known else 404)
