"""Links that let whoever has them join: made on the page of people, and where they lead."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tenants import join_links
from tenants.members import PeopleRefused
from tenants.models import JoinLink
from tenants.requests import Request
from ui import offers
from ui.access import permission
from ui.people_forms import JoinLinkForm
from ui.requests import MemberRequest

MANAGE = "tenants.manage_members"


@require_POST
@permission(MANAGE)
def make(request: MemberRequest) -> HttpResponse:
    form = JoinLinkForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a role, the days, and how many people may join.")
        return redirect("ui:people")
    try:
        join_links.make(request.organization, **form.cleaned_data, by=request.user)
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The link is made. Copy it from the list.")
    return redirect("ui:people")


@require_POST
@permission(MANAGE)
def revoke(request: MemberRequest, id: UUID) -> HttpResponse:
    found = get_object_or_404(JoinLink, organization=request.organization, pk=id)
    join_links.revoke(found, by=request.user)
    messages.success(request, "The link is taken back.")
    return redirect("ui:people")


@never_cache
def join(request: Request) -> HttpResponse:
    """Where a link leads. POST joins."""
    return offers.answer(request, join_links, "ui/join.html", lambda _, link: {"link": link})
