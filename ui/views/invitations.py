"""Where an invitation's link leads, and where members go who lack a required second factor."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from tenants import invitations, members
from tenants.backends import has_second_factor
from tenants.members import PeopleRefused
from tenants.models import Invitation, Organization, User
from tenants.requests import Request
from ui import offers
from ui.access import signed_in
from ui.requests import PersonRequest


@never_cache
def invitation(request: Request) -> HttpResponse:
    return offers.answer(request, invitations, "ui/invitation.html", _told)


def _told(request: Request, found: Invitation) -> dict[str, Any]:
    person = request.user if isinstance(request.user, User) else None
    return {
        "invitation": found,
        "proven": person is not None and invitations.is_proven(found, person),
        "inside": person is not None
        and found.organization.memberships.filter(user=person).exists(),
    }


@signed_in
def second_factor(request: PersonRequest, slug: str) -> HttpResponse:
    """Where one sets it up, or (POST) leaves instead."""
    own = Organization.objects.filter(memberships__user=request.user)
    found = get_object_or_404(own, slug=slug, state=Organization.State.ACTIVE)
    if not found.second_factor_required or has_second_factor(request.user):
        return redirect(found.path)
    if request.method == "POST":
        return _leave(request, found)
    return render(request, "ui/second_factor.html", {"asking": found})


def _leave(request: PersonRequest, organization: Organization) -> HttpResponse:
    try:
        members.leave(organization.memberships.get(user=request.user))
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("platform:second-factor", organization.slug)
    messages.success(request, f"You have left {organization}.")
    return redirect("platform:organizations")
