"""Who may open a page. A thing that the asker may not see is answered as if it did not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from catalogs.shares import Visitor
from catalogs.stac.models import Collection
from catalogs.stac.sight import PUBLIC
from tenants.requests import Request

View = Callable[..., HttpResponse]


def to_sign_in(request: Request) -> HttpResponseRedirect:
    """To the platform's sign-in, and back here afterwards."""
    query = urlencode({"next": request.get_full_path()})
    door = reverse("doors:sign-in") if request.host_door else settings.LOGIN_URL
    return HttpResponseRedirect(f"{door}?{query}")


def _may_sign_in(request: Request) -> bool:
    """Whether signing in may help: behind a link that shares, it changes nothing."""
    visits = isinstance(request.user, Visitor)
    return request.method == "GET" and not request.user.is_authenticated and not visits


def needs_key(request: HttpRequest, collection: Collection) -> bool:
    """Whether a program needs one for what this page shows: not for what is public, nor by a link
    that shares it."""
    return collection.visibility != PUBLIC and not isinstance(request.user, Visitor)


def permission(name: str) -> Callable[[View], View]:
    """Only for members whose role allows it.

    A stranger is sent to sign in (GET) or answered 404; a member of another organization
    is answered 404, as if the page did not exist; a member without the right, 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.has_perm(name):
                return view(request, *args, **kwargs)
            if _may_sign_in(request):
                return to_sign_in(request)
            if getattr(request, "membership", None) is None:
                raise Http404
            raise PermissionDenied("Your role in this organization does not allow this.")

        return guarded

    return decorate


def member(view: View) -> View:
    """Only for members, whatever their role."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "membership", None) is not None:
            return view(request, *args, **kwargs)
        if _may_sign_in(request):
            return to_sign_in(request)
        raise Http404

    return guarded


def signed_in(view: View) -> View:
    """For anyone with an account; the platform's own pages."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": to_sign_in(request).url})
        return to_sign_in(request)

    return guarded
