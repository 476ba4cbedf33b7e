"""A person's own page."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.internal.flows.connect import disconnect
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ui.access import signed_in
from ui.forms import AccountForm
from ui.requests import PersonRequest


@signed_in
def account(request: PersonRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your account is saved.")
        return redirect("platform:account")
    keys = Authenticator.objects.filter(user=request.user).order_by("created_at")
    context = {
        "form": form,
        "addresses": EmailAddress.objects.filter(user=request.user).order_by("-primary", "email"),
        "passkeys": [key.wrap() for key in keys if key.type == Authenticator.Type.WEBAUTHN],
        "totp": any(key.type == Authenticator.Type.TOTP for key in keys),
        "recovery": next(
            (key.wrap() for key in keys if key.type == Authenticator.Type.RECOVERY_CODES), None
        ),
    }
    return render(request, "ui/account.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def site_end(request: PersonRequest) -> HttpResponse:
    """Another site signs this person in no more. allauth's own view asks for a password first, so
    that there is another way in; here a mailed code always is one."""
    number = request.POST.get("site", "")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise Http404
    disconnect(request, get_object_or_404(SocialAccount, user=request.user, pk=number))
    return redirect("socialaccount_connections")
