"""Where an invitation's link leads, and where members go who lack a required second factor."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from tenants import invitations, members
from tenants.backends import has_second_factor
from tenants.members import PeopleRefused
from tenants.models import Invitation, Organization, User
from tenants.requests import Request
from tenants.throttling import WrongInvitations
from ui.access import signed_in
from ui.requests import PersonRequest
from ui.views import errors


@never_cache
def invitation(request: Request) -> HttpResponse:
    guesses = WrongInvitations()
    if not guesses.allow_request(cast(Any, request), cast(Any, None)):  # asks for META alone
        return errors.refused(request, 429, "Too many wrong links. Wait a minute, then try again.")
    found = invitations.find(request.GET.get("token", ""))
    if found is None:
        guesses.note()
        return render(request, "ui/invitation.html", {"unknown": True}, status=404)
    if request.method == "POST" and isinstance(request.user, User):
        return _accept(request, found, request.user)
    return _shown(request, found)


def _accept(request: Request, found: Invitation, user: User) -> HttpResponse:
    try:
        invitations.accept(found, user=user)
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(request, f"Welcome to {found.organization}.")
    return redirect(found.organization.path)


def _shown(request: Request, found: Invitation) -> HttpResponse:
    problem = invitations.problem(found)
    person = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": found,
        "problem": problem,
        "proven": person is not None and invitations.is_proven(found, person),
        "inside": person is not None
        and found.organization.memberships.filter(user=person).exists(),
        "here": request.get_full_path(),
    }
    return render(request, "ui/invitation.html", context, status=410 if problem else 200)


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
