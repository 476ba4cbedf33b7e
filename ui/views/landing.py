"""The platform's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("platform:organizations")
    return render(request, "ui/landing.html")
