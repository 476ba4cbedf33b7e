"""People sign in on the platform's host. An organization's own host gets the session by a code.

The host remembers a random word in a cookie and sends its hash along; the platform answers with a
code bound to that hash, the person and the organization; the host takes it once, within 30 seconds.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models.functions import Now
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import sessions
from tenants.middleware import door_of, host_of
from tenants.models import Domain, HandOver, Membership, Organization
from tenants.requests import Request

type View = Callable[..., HttpResponse]

LIFETIME = timedelta(seconds=30)
COOKIE = "__Host-door" if settings.SECURE else "door"
PATIENCE = 3600  # seconds that a person may take to sign in


def navigation(view: View) -> View:
    """A person's step from page to page. A browser that looks ahead is told to come back: it would
    make or use up a code that nobody asked for.
    """

    @wraps(view)
    def step(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
        if purpose or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return HttpResponse(status=503)
        return view(request, *args, **kwargs)

    return never_cache(step)


@require_GET
@navigation
def sign_in(request: Request) -> HttpResponse:
    """To the platform's sign-in and back; from a host door with a word to be known by."""
    after = _inside(request)
    if not request.host_door or request.organization is None:
        return redirect_to_login(after, settings.PLATFORM_URL + settings.LOGIN_URL)
    word = secrets.token_urlsafe(32)
    query = {"host": host_of(request), "browser": _hash(word), "next": after}
    response = HttpResponseRedirect(
        f"{settings.PLATFORM_URL}/doors/{request.organization.slug}/?{urlencode(query)}"
    )
    response.set_cookie(
        COOKIE, word, max_age=PATIENCE, secure=settings.SECURE, httponly=True, samesite="Lax"
    )
    return response


@require_http_methods(["GET", "POST"])
@navigation
def hand_over(request: Request, slug: str) -> HttpResponse:
    """On the platform: a code for a member, on the way back to a host of the organization; to one
    that is not the platform's by a click.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    membership = get_object_or_404(
        Membership.objects.select_related("organization"),
        user=request.user,
        organization__slug=slug,
        organization__state=Organization.State.ACTIVE,
    )
    domain = get_object_or_404(
        Domain, tenant=membership.organization, domain=request.GET.get("host", "").replace("\0", "")
    )
    browser = request.GET.get("browser", "")
    if not re.fullmatch("[0-9a-f]{64}", browser):
        raise Http404
    words = {"organization_name": membership.organization.name, "host": domain.domain}
    if request.method != "POST" and not _is_ours(domain):
        return render(request, "doors/ask.html", words)
    code = make_code(membership, browser, str(request.session.session_key))
    query = urlencode({"code": code, "next": request.GET.get("next", "/")})
    address = f"{domain.address}/sign-in/finish?{query}"
    # No redirect: the form that signed in may lead to our own host only (CSP's form-action).
    response = render(request, "doors/hand_over.html", words | {"address": address})
    response.headers["Refresh"] = f"0; url={address}"
    return response


@require_GET
@navigation
def finish(request: Request) -> HttpResponse:
    """On the organization's host: the code becomes a session of this host alone."""
    after = _inside(request)
    if not _begin(request):  # too late, used, or not this browser's: begin again
        return HttpResponseRedirect(f"{reverse('doors:sign-in')}?{urlencode({'next': after})}")
    response = HttpResponseRedirect(after)
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


@transaction.atomic
def _begin(request: Request) -> bool:
    """All of it, or nothing, while the sign-in that it comes of is held: no end comes between."""
    if not request.host_door or request.organization is None:
        return False
    code, word = request.GET.get("code", ""), request.COOKIES.get(COOKIE, "")
    handed = take_code(code, word, request.organization)
    if handed is None:
        return False
    auth.login(request, handed.user, settings.AUTHENTICATION_BACKENDS[0])
    request.session["door"] = door_of(request)
    sessions.begin(request, of=handed.session_key)
    return True


@require_POST
def sign_out(request: Request) -> HttpResponse:
    """Here, on the platform, and on every other host that the same sign-in led to."""
    sessions.end_this(request)
    auth.logout(request)
    return HttpResponseRedirect(get_script_prefix())


def make_code(membership: Membership, browser: str, session_key: str) -> str:
    HandOver.objects.filter(created__lt=Now() - LIFETIME).delete()
    code = secrets.token_urlsafe(32)
    HandOver.objects.create(
        code=_hash(code),
        browser=browser,
        session_key=session_key,
        user=membership.user,
        organization=membership.organization,
    )
    return code


def take_code(code: str, word: str, organization: Organization) -> HandOver | None:
    """The sign-in that the code stands for, held; whatever comes of it, the code is then gone."""
    found = HandOver.objects.select_for_update().filter(code=_hash(code))
    handed = found.select_related("user").filter(created__gt=Now() - LIFETIME).first()
    found.delete()
    if handed is None or handed.organization_id != organization.pk:
        return None
    if not secrets.compare_digest(handed.browser, _hash(word)) or not handed.user.is_active:
        return None
    return handed if sessions.hold(handed.session_key) else None


def _is_ours(domain: Domain) -> bool:
    """Whether the host is one of the platform's; else its server may be anybody's."""
    return str(domain.domain).endswith(f".{settings.PLATFORM_HOST}")


def _inside(request: Request) -> str:
    """`next`, if it stays on this host."""
    after = request.GET.get("next", "")
    if after.startswith("/") and url_has_allowed_host_and_scheme(after, allowed_hosts=None):
        return after
    return get_script_prefix()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
