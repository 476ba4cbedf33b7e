"""The platform's first page, and where it sends those who are signed in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from tenants import invitations
from tenants.models import Organization
from tenants.requests import Request


def landing(request: Request) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "ui/landing.html")
    organization = _last(request)
    if organization is None and invitations.open_for(request.user).exists():
        return redirect("platform:organizations")
    return redirect(organization.path if organization else "platform:organization-new")


def _last(request: Request) -> Organization | None:
    """The organization that was open last, else any of the person's own."""
    own = Organization.objects.filter(
        memberships__user=request.user, state=Organization.State.ACTIVE
    )
    last: Organization | None = own.filter(slug=request.session.get("organization", "")).first()
    return last or own.order_by("-memberships__joined").first()


def no_passwords(request: Request) -> HttpResponse:
    return render(request, "ui/no_passwords.html")
