"""An operator sees an organization as a member does, until they end it or an hour is over."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import impersonation
from ui.access import signed_in
from ui.requests import PersonRequest


@require_POST
@signed_in
def end(request: PersonRequest) -> HttpResponse:
    if request.impersonation is None:
        raise Http404
    impersonation.end(request.impersonation)
    messages.success(request, "You see as yourself again.")
    return redirect("platform:organizations")
