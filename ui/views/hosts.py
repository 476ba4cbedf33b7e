"""Hosts of an organization's own: added, proven, removed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenants import domains
from tenants.domains import HostRefused, NoAnswer, TooSoon
from tenants.models import ClaimedHost
from ui.access import permission
from ui.requests import MemberRequest
from ui.views import errors

CHANGE = "tenants.change_addresses"


@require_http_methods(["GET", "POST"])
@permission(CHANGE)
def hosts(request: MemberRequest) -> HttpResponse:
    typed, problem = request.POST.get("host", "")[:300], ""
    if request.method == "POST":
        try:
            domains.claim(request.organization, typed, by=request.user)
        except HostRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, "Added. Now make the record that proves it.")
            return redirect("ui:hosts")
    claimed = request.organization.claimed_hosts.order_by("host")
    context = {"claimed": claimed, "typed": typed, "problem": problem}
    return render(request, "ui/hosts.html", context, status=422 if problem else 200)


@require_POST
@permission(CHANGE)
def host_check(request: MemberRequest, claim: int) -> HttpResponse:
    found = _claimed(request, claim)
    try:
        if domains.check_now(found, by=request.user):
            messages.success(request, f"{found.host} is proven: it leads here.")
        else:
            messages.error(request, f"The record was not found at {found.record_name} yet.")
    except TooSoon as refusal:
        return errors.refused(request, 429, str(refusal))
    except (HostRefused, NoAnswer) as refusal:
        messages.error(request, str(refusal))
    return redirect("ui:hosts")


@require_POST
@permission(CHANGE)
def host_remove(request: MemberRequest, claim: int) -> HttpResponse:
    found = _claimed(request, claim)
    domains.remove(found, by=request.user)
    messages.success(request, f"{found.host} leads here no more.")
    return redirect("ui:hosts")


def _claimed(request: MemberRequest, pk: int) -> ClaimedHost:
    return get_object_or_404(ClaimedHost, organization=request.organization, pk=pk)
