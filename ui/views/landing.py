"""The platform's first page, and where it sends those who are signed in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from tenants import invitations, mail_domains
from tenants.models import Organization, User
from tenants.requests import Request


def landing(request: Request) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "ui/landing.html")
    organization = _last(request)
    if organization is None and _is_awaited(request.user):
        return redirect("platform:organizations")
    return redirect(organization.path if organization else "platform:organization-new")


def _is_awaited(user: User) -> bool:
    """Whether there is an organization that this person could be in."""
    return invitations.open_for(user).exists() or bool(mail_domains.offered(user))


def _last(request: Request) -> Organization | None:
    """The organization that was open last, else any of the person's own."""
    own = Organization.objects.filter(
        memberships__user=request.user, state=Organization.State.ACTIVE
    )
    last: Organization | None = own.filter(slug=request.session.get("organization", "")).first()
    return last or own.order_by("-memberships__joined").first()


def no_passwords(request: Request) -> HttpResponse:
    return render(request, "ui/no_passwords.html")
