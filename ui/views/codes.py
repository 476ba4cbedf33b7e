"""allauth's pages for a mailed code; they say so when the code is no longer good."""

from allauth.account.views import confirm_login_code, email_verification_sent
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tenants.requests import Request

OVER = "No code is waited for here any more: ask for a new one."


def sign_in(request: Request) -> HttpResponse:
    return told(request, confirm_login_code(request))


def address(request: Request) -> HttpResponse:
    return told(request, email_verification_sent(request))


def told(request: Request, answer: HttpResponse) -> HttpResponse:
    """allauth goes back without a word after too much time, and with few after too many tries."""
    ways_back = {reverse(f"account_{page}") for page in ("login", "request_login_code", "email")}
    if answer.headers.get("Location", "").partition("?")[0] not in ways_back:
        return answer
    list(messages.get_messages(request))  # told better below
    if request.user.is_anonymous and (email := request.POST.get("email", "")):
        again = {"email": email, "next": request.POST.get("next", ""), "messages": []}
        return render(request, "account/code_over.html", again)
    messages.warning(request, OVER)
    return answer
