"""A person's own page."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ui.access import signed_in
from ui.forms import NameForm
from ui.requests import PersonRequest


@signed_in
def account(request: PersonRequest) -> HttpResponse:
    form = NameForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.")
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
