"""The first page of an organization: its collections, and for members where to begin."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from catalogs.models import Upload
from catalogs.stac import freetext, links
from catalogs.stac.models import Collection, Item
from tenants.models import ApiKey, Organization
from ui import cards, paging

PAGE = 24
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Step:
    label: str
    text: str
    icon: str
    href: str
    done: bool


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The gallery. POST puts the checklist away, in this browser."""
    if request.method == "POST":
        return put_away(request)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    seen = Collection.objects.visible_to(request.user)
    in_title = Q(title__icontains=words) | Q(pk__icontains=words)
    found = seen.filter(in_title | freetext.typed(words)) if words else seen
    page = paging.page(
        cards.collections(found), request.GET, PAGE, of="collections", keys=paging.NEWEST
    )
    template = "ui/home.html" + ("#found" if _only_list(request) else "")
    context = {
        "page": page,
        "words": words,
        "steps": steps(request),
        "stac_address": links.root(request),
    }
    return render(request, template, context)


def _only_list(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "").endswith("#found")


def put_away(request: HttpRequest) -> HttpResponse:
    response = redirect("ui:home")
    response.set_cookie(
        "checklist", "done", 365 * 86400, path=reverse("ui:home"), httponly=True, samesite="Lax"
    )
    return response


def steps(request: HttpRequest) -> list[Step]:
    """What is left to do until a program uses the catalog; nothing once all is done."""
    if not request.user.has_perm("catalogs.add_upload") or "checklist" in request.COOKIES:
        return []
    keys = ApiKey.objects.filter(organization=_organization(request))
    found = [
        Step(
            "Upload a file", "A GeoTIFF is enough.", "upload", _page("uploads"), _uploaded(request)
        ),
        Step(
            "Publish it",
            "Look over what was found, then publish.",
            "circle-check",
            _page("uploads"),
            Item.objects.visible_to(request.user).exists(),
        ),
        Step("Make a key", "Programs sign in with it.", "key-round", _keys(request), keys.exists()),
        Step(
            "Use it",
            "Every page has code that runs as it stands.",
            "terminal",
            _newest_page(request),
            keys.filter(last_used__isnull=False).exists(),
        ),
    ]
    return [] if all(step.done for step in found) else found


def _organization(request: HttpRequest) -> Organization:
    organization: Organization = request.organization  # type: ignore[attr-defined]
    return organization


def _uploaded(request: HttpRequest) -> bool:
    return Upload.objects.exists() or Item.objects.visible_to(request.user).exists()


def _newest_page(request: HttpRequest) -> str:
    seen = Collection.objects.visible_to(request.user)
    newest = seen.order_by("-created").values_list("pk", flat=True).first()
    return f"{reverse('ui:collection', args=[newest])}?view=use" if newest else ""


def _keys(request: HttpRequest) -> str:
    """Those who may make none see the step without a link."""
    return _page("keys") if request.user.has_perm("tenants.manage_keys") else ""


def _page(name: str) -> str:
    """Its address, or nothing where this installation has no such page."""
    try:
        return reverse(f"ui:{name}")
    except NoReverseMatch:
        return ""
