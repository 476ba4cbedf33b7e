"""Where a person is signed in, and how that is ended."""

from allauth.account.internal.flows.logout import logout
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from tenants import oidc
from tenants import sessions as kept
from ui.access import signed_in
from ui.requests import PersonRequest


@signed_in
def sessions(request: PersonRequest) -> HttpResponse:
    """POST ends all but this one."""
    own = str(request.session.session_key)
    if request.method == "POST":
        kept.end_others(request.user, own)
        messages.success(request, "You are signed out everywhere else.")
        return redirect("platform:sessions")
    found = kept.sign_ins(request.user)
    found.sort(key=lambda each: each.session.session_key != own)
    context = {"sign_ins": found, "own": own, "apps": oidc.apps_of(request.user)}
    return render(request, "ui/sessions.html", context)


@require_POST
@signed_in
def end(request: PersonRequest, id: int) -> HttpResponse:
    found = get_object_or_404(UserSession, user=request.user, pk=id)
    if found.session_key == request.session.session_key:
        logout(request)
        return redirect("platform:landing")
    kept.end(found)
    messages.success(request, "That session is over.")
    return redirect("platform:sessions")
