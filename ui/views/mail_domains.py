"""Domains of mail whose people may join: opened and closed by managers, used by those people."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from tenants import mail_domains
from tenants.members import PeopleRefused
from tenants.models import MailDomain, Organization
from ui.access import permission, signed_in
from ui.people_forms import MailDomainForm
from ui.requests import MemberRequest, PersonRequest
from ui.views.people import MANAGE, told


@require_POST
@permission(MANAGE)
@told
def open_to(request: MemberRequest) -> HttpResponse:
    form = MailDomainForm(request.POST)
    if not form.is_valid():
        raise PeopleRefused("Enter a mail domain such as example.org, and choose a role.")
    domain, role = form.cleaned_data["domain"], form.cleaned_data["role"]
    mail_domains.open_to(request.organization, domain, role=role, by=request.user)
    messages.success(request, "It is open: these people see it among their organizations.")
    return redirect("ui:people")


@require_POST
@permission(MANAGE)
def close(request: MemberRequest, domain: int) -> HttpResponse:
    found = get_object_or_404(MailDomain, organization=request.organization, pk=domain)
    mail_domains.close(found, by=request.user)
    messages.success(request, f"People of {found} do not join any more. Who has joined stays.")
    return redirect("ui:people")


@require_POST
@signed_in
def join(request: PersonRequest, slug: str) -> HttpResponse:
    """Answered like what does not exist where it is not offered to this person."""
    own = Organization.objects.filter(memberships__user=request.user, slug=slug)
    if inside := own.filter(state=Organization.State.ACTIVE).first():
        return redirect(inside.path)  # asked twice
    offers = [each for each in mail_domains.offered(request.user) if each.organization.slug == slug]
    if not offers:
        raise Http404("There is nothing at this address.")
    try:
        mail_domains.join(offers[0], user=request.user)
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("platform:organizations")
    messages.success(request, f"Welcome to {offers[0].organization}.")
    return redirect(offers[0].organization.path)
