"""What is for members, shown by a program elsewhere that cannot sign in."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from catalogs.stac import links
from tenants import tokens
from ui import snippets
from ui.access import member
from ui.requests import MemberRequest


@require_GET
@member
def stac_browser(request: MemberRequest) -> HttpResponse:
    """To STAC Browser, with a token for a day that reads what this person may; `at` is where."""
    root = request.build_absolute_uri(reverse("stac:landing"))
    address = snippets.stac_browser(root + _at(request.GET.get("at", "")))
    if not address:
        raise Http404
    text, _ = tokens.issue(request.organization, request.user, lifetime=tokens.LONGEST)
    answer = HttpResponseRedirect(f"{address}?~{tokens.PARAMETER}={text}")
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


def _at(page: str) -> str:
    """The address below the STAC root of what a page shows."""
    match page.replace("\0", "").strip("/").split("/"):
        case ["collections", collection]:
            return links.collection_path(collection)
        case ["collections", collection, "items", item]:
            return links.item_path(collection, item)
    return ""
