"""Pages at the addresses of the STAC API: STAC_PAGE of the settings (catalogs/stac/pages.py).

Where there is a page for people already, it is shown as it is; all else is shown as a document.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from catalogs.stac import pages
from catalogs.stac.documents import Document
from ui.views import collection, errors, home, item

# In this order.
_WORDS = {
    "q": ("Words", "coast"),
    "collections": ("Collections", "coast,alps"),
    "ids": ("Ids", "scene-1,scene-2"),
    "bbox": ("Box", "west,south,east,north"),
    "datetime": ("Time", "2024-01-01T00:00:00Z/.."),
    "filter": ("Filter (CQL2)", "eo:cloud_cover < 10"),
    "sortby": ("Sort by", "-datetime"),
    "fields": ("Fields", "id,properties.datetime"),
    "limit": ("Items on a page", "10"),
}


def _order(name: str) -> int:
    return [*_WORDS, name].index(name)


def page(view: Any, document: Document, status: int) -> HttpResponse:
    """What a browser gets instead of `document`, which was looked up for the same asker."""
    request: HttpRequest = view.request._request
    if status != 200:
        return errors.refused(request, status, str(document.get("description") or ""))
    match request.resolver_match.url_name if request.resolver_match else "":
        case "landing":
            return home.home(request)
        case "collection":
            return collection.collection(request, **view.kwargs)
        case "item":
            return item.item(request, **view.kwargs)
    shown = pages.context(view, document, status)
    shown["asks"] = [
        {"name": name, "label": label, "example": example, "value": shown["asked"].get(name, "")}
        for name in sorted(shown["asks"], key=_order)
        for label, example in [_WORDS.get(name, (name.capitalize(), ""))]
    ]
    shown["map"] = _map(request, view.kwargs, shown["asked"])
    return render(request, "ui/stac.html", shown)


def _map(request: HttpRequest, kwargs: Mapping[str, str], asked: Mapping[str, str]) -> str:
    """The same search on the map, as far as the map can ask it."""
    if not request.resolver_match or request.resolver_match.url_name not in ("search", "items"):
        return ""
    named = [kwargs["collection"]] if kwargs else asked.get("collections", "").split(",")
    pairs = [("collections", id) for id in named if id]
    pairs += [(name, asked[name]) for name in ("bbox", "datetime") if asked.get(name)]
    return f"{reverse('ui:map')}?{urlencode(pairs)}" if pairs else reverse("ui:map")
