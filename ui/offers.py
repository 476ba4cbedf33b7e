"""Where a link leads that lets somebody join: looked up, shown, and accepted by a POST."""

from collections.abc import Callable
from typing import Any, Protocol, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from tenants.members import PeopleRefused
from tenants.models import Invitation, JoinLink, User
from tenants.requests import Request
from tenants.throttling import WrongInvitations
from ui.views import errors


class Offers[Offer: (Invitation, JoinLink)](Protocol):
    """What tenants.invitations and tenants.join_links have in common."""

    def find(self, token: str, /) -> Offer | None: ...
    def problem(self, offer: Offer, /) -> str: ...
    def accept(self, offer: Offer, /, *, user: User) -> object: ...


def answer[Offer: (Invitation, JoinLink)](
    request: Request,
    offers: Offers[Offer],
    page: str,
    told: Callable[[Request, Offer], dict[str, Any]],
) -> HttpResponse:
    """The page of what the link's token names, with what is `told` of it."""
    guesses = WrongInvitations()
    if not guesses.allow_request(cast(Any, request), cast(Any, None)):  # asks for META alone
        return errors.refused(request, 429, "Too many wrong links. Wait a minute, then try again.")
    found = offers.find(request.GET.get("token", ""))
    if found is None:
        guesses.note()
        return render(request, page, {"unknown": True}, status=404)
    if request.method == "POST" and isinstance(request.user, User):
        return _accept(request, offers, found, request.user)
    problem, here = offers.problem(found), request.get_full_path()
    context = {"problem": problem, "here": here, **told(request, found)}
    return render(request, page, context, status=410 if problem else 200)


def _accept[Offer: (Invitation, JoinLink)](
    request: Request, offers: Offers[Offer], found: Offer, user: User
) -> HttpResponse:
    try:
        offers.accept(found, user=user)
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(request, f"Welcome to {found.organization}.")
    return redirect(found.organization.path)
