"""Links that let whoever has them join: made on the page of people, and where they lead."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tenants import join_links
from tenants.members import PeopleRefused
from tenants.models import JoinLink, User
from tenants.requests import Request
from tenants.throttling import WrongInvitations
from ui.access import permission
from ui.people_forms import JoinLinkForm
from ui.requests import MemberRequest
from ui.views import errors

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
    guesses = WrongInvitations()
    if not guesses.allow_request(cast(Any, request), cast(Any, None)):  # asks for META alone
        return errors.refused(request, 429, "Too many wrong links. Wait a minute, then try again.")
    found = join_links.find(request.GET.get("token", ""))
    if found is None:
        guesses.note()
        return render(request, "ui/join.html", {"unknown": True}, status=404)
    if request.method == "POST" and isinstance(request.user, User):
        return _accept(request, found, request.user)
    problem = join_links.problem(found)
    context = {"link": found, "problem": problem, "here": request.get_full_path()}
    return render(request, "ui/join.html", context, status=410 if problem else 200)


def _accept(request: Request, found: JoinLink, user: User) -> HttpResponse:
    try:
        join_links.accept(found, user=user)
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(request, f"Welcome to {found.organization}.")
    return redirect(found.organization.path)
