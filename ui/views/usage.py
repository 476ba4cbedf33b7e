"""What an organization uses of what its plan allows: a page, and the same numbers for programs."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogs import room
from catalogs.stac.models import Collection
from tenants import gauges
from tenants.gauges import Gauge
from tenants.models import Organization
from ui import days
from ui.access import permission
from ui.requests import MemberRequest

VIEW = "tenants.view_usage"
MOST_COLLECTIONS = 10
# Where the bytes are, as people read it.
PLACES = {
    "published": "Published",
    "review": "Being read or reviewed",
    "refused": "Refused, kept for a week to be tried again",
    "bodies": "Items waiting to be written",
    "trash": "In the trash, kept for a week",
    "exports": "Exports, kept for a week",
}


@require_GET
@permission(VIEW)
def usage(request: MemberRequest) -> HttpResponse:
    held, found = _now(request.organization)
    past = days.of(request.organization, datetime.now(UTC).date())
    context = {
        "plan": request.organization.plan,
        "gauges": found,
        "places": [(label, held[name]) for name, label in PLACES.items() if held[name]],
        "lines": days.lines(past),
        "days": past[::-1],
        "collections": _largest(request.user),
    }
    return render(request, "ui/usage.html", context)


def _now(organization: Organization) -> tuple[dict[str, int], list[Gauge]]:
    """Bytes by where they are, and how near each limit is."""
    held = room.held()
    return held, gauges.now(organization, sum(held.values()), room.items())


def _largest(user: Any) -> list[Any]:
    """Those that this member may see; one for named others stays unnamed."""
    return room.largest(Collection.objects.visible_to(user), MOST_COLLECTIONS)


class MayView(BasePermission):
    """Strangers learn nothing, not even that this exists."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.user.has_perm(VIEW):
            return True
        if not request.user.has_perm("stac.view_item"):
            raise Http404
        return False


class Numbers(APIView):
    """GET: the plan, what is used of it, thirty days, and the largest collections."""

    permission_classes = [MayView]

    def get(self, request: Request) -> Response:
        organization: Organization = request.organization  # type: ignore[attr-defined]
        held, found = _now(organization)
        past = days.of(organization, datetime.now(UTC).date())
        return Response(
            {
                "plan": organization.plan_id,
                "limits": {each.name: {"used": each.used, "limit": each.limit} for each in found},
                "storage": held,
                "days": [vars(day) for day in past],
                "collections": [
                    {"id": each.pk, "bytes": each.bytes, "items": each.count}
                    for each in _largest(request.user)
                ],
            },
            headers={"Cache-Control": "no-store"},
        )
