"""What is for members, shown by a program elsewhere that cannot sign in."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalogs.stac import links
from tenants import tokens
from tenants.key_limits import KeyRefused
from ui import snippets
from ui.access import member
from ui.leaving import leaving
from ui.requests import MemberRequest

LIFETIME = timedelta(hours=1)


@require_POST
@member
def stac_browser(request: MemberRequest) -> HttpResponse:
    """To STAC Browser, with a token for an hour that reads the collection which a page shows, or
    all that this person may; it ends with the sign-in. `at` is where."""
    path, collections = _at(request.POST.get("at", ""))
    address = snippets.stac_browser(request.build_absolute_uri(reverse("stac:landing")) + path)
    if not address:
        raise Http404
    answer = leaving(request, f"{address}?~{tokens.PARAMETER}={_token(request, collections)}")
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


def _token(request: MemberRequest, collections: list[str] | None) -> str:
    session = request.session.session_key or ""
    try:
        text, _ = tokens.issue(
            request.organization,
            request.user,
            lifetime=LIFETIME,
            collections=collections,
            session=session,
        )
    except KeyRefused as refusal:  # no id of a collection
        raise Http404 from refusal
    return text


def _at(page: str) -> tuple[str, list[str] | None]:
    """The address below the STAC root of what a page shows, and its collection."""
    match page.replace("\0", "").strip("/").split("/"):
        case ["collections", collection]:
            return links.collection_path(collection), [collection]
        case ["collections", collection, "items", item]:
            return links.item_path(collection, item), [collection]
    return "", None
