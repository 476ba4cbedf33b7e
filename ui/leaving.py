"""A page on the way to another site: browsers hold a form to our own host, and all that it
redirects to (CSP's form-action)."""

from django.http import HttpResponse
from django.shortcuts import render

from tenants.requests import Request


def leaving(request: Request, address: str) -> HttpResponse:
    page = render(request, "ui/leaving.html", {"address": address})
    page.headers["Refresh"] = f"0; url={address}"
    return page
