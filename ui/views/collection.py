"""A collection: what it is, where it is, its items, and how programs use it."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogs.stac import boxes, links
from catalogs.stac.models import Collection
from ui import addresses, cards, fields, over_time, paging, snippets
from ui.access import needs_key
from ui.serializers import FootprintSerializer

PAGE = 24
VIEWS = ("items", "about", "use")
# Shown elsewhere on the page, or the frame of every document.
_NOT_DETAILS = {
    *("type", "stac_version", "stac_extensions", "id", "title", "description", "keywords"),
    *("license", "providers", "extent", "summaries", "links", "assets", "item_assets"),
}


@require_safe
def collection(request: HttpRequest, collection: str) -> HttpResponse:
    found = get_object_or_404(
        cards.collections(Collection.objects.visible_to(request.user)), pk=collection
    )
    document = found.to_stac(links.root(request))
    view = request.GET.get("view", "")
    view = view if view in VIEWS else VIEWS[0]
    items = cards.items(found.items.annotate(outline=F("geometry")))
    page = paging.page(items, request.GET, PAGE, of=f"collection {found.pk}")
    return render(
        request,
        "ui/collection.html",
        {
            "collection": found,
            "document": document,
            "view": view,
            "page": page,
            "bars": over_time.draw(found.items.all()) if view == "items" else None,
            "as_list": request.GET.get("as") == "list",
            "footprints": FootprintSerializer(page.rows, many=True).data,
            "map_box": found.box if found.count and found.box != boxes.WORLD else None,
            "about": about(document) if view == "about" else None,
            "private": needs_key(request, found),
            "exports": addresses.exports(reverse("stac:items", args=[found.pk])),
            "map_query": urlencode({"collections": found.pk}),
            "snippets": use_it(request, found) if view == "use" else None,
            "stac_browser": snippets.stac_browser(
                links.root(request) + links.collection_path(found.pk)
            ),
        },
    )


def about(document: dict[str, Any]) -> dict[str, Any]:
    """Summaries and further fields, with labels; what its items' assets are."""
    summaries = {
        key: value
        for key, value in (document.get("summaries") or {}).items()
        if isinstance(value, (list, dict))
    }
    return {
        "summaries": fields.groups({key: _range(value) for key, value in summaries.items()}),
        "details": fields.groups(document, without=_NOT_DETAILS),
        "item_assets": document.get("item_assets") or {},
    }


def _range(summary: Any) -> Any:
    """{"minimum": 0, "maximum": 5} reads as a list of both."""
    if isinstance(summary, dict) and {"minimum", "maximum"} <= summary.keys():
        return [summary["minimum"], summary["maximum"]]
    return summary


def use_it(request: HttpRequest, found: Collection) -> list[snippets.Snippet]:
    private = needs_key(request, found)
    name = str(getattr(request, "organization", "") or "Catalog")
    return snippets.of_collection(links.root(request), found.pk, name, private)
