"""The map and a list that follow each other; the address holds the whole state."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.gis.db.models import GeometryField
from django.db.models import F, Func, Value
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogs.stac import boxes
from catalogs.stac.models import Collection, Item
from catalogs.stac.search import ItemQuerySet
from ui import addresses, cards, paging
from ui.search import Search
from ui.serializers import FootprintSerializer

PAGE = 20
PICK = "picked"  # the token of a page of what was picked
PICKED = 50
CHOICES = 200
FINEST = 2000  # steps across the view: a footprint needs no more corners
DENSITIES = ("1 to 9", "10 to 99", "100 to 999", "1,000 to 9,999", "10,000 and more")
TILES = "tiles/WebMercatorQuad/"


@require_safe
def map(request: HttpRequest) -> HttpResponse:
    choices = _choices(request)
    search = _search(request)
    seen = Item.objects.visible_to(request.user)
    found = search.apply(seen)
    page = paging.page(_outlined(found, search), request.GET, PAGE, of="map")
    context = {
        "search": search,
        "choices": choices,
        "chips": search.chips({choice.pk: str(choice) for choice in choices}),
        "page": page,
        "features": _features(page.rows),
        "count": cards.count(found),
        "tiles": _with(reverse("stac:landing") + TILES, search.drawn.api_query),
        "api": _with(reverse("stac:search"), search.api_query),
        "exports": addresses.exports(_with(reverse("stac:search"), search.api_query)),
        "clear": _with(reverse("ui:map"), Search(bbox=search.bbox, move=search.move).query),
        "sides": _sides(search),
        "extent": _extent(choices, search),
        "tabs": _tabs(search),
        "densities": DENSITIES,
        "filters_open": bool(search.collections or search.start or search.end or not search.move),
        **_picked(request, seen, search),
    }
    if not request.headers.get("HX-Target", "").endswith("#results"):
        return render(request, "ui/map.html", context)
    response = render(request, "ui/map.html#results", context)
    response["HX-Push-Url"] = _address(request, search)
    return response


@require_safe
def pick(request: HttpRequest) -> HttpResponse:
    """Everything at one point, however many lie on top of each other."""
    search = _search(request)
    seen = Item.objects.visible_to(request.user)
    context = {"search": search, **_picked(request, seen, search)}
    if not request.headers.get("HX-Request"):
        return render(request, "ui/pick.html", context)
    response = render(request, "ui/map.html#picked", context)
    response["HX-Push-Url"] = _address(request, search)
    return response


def _outlined(found: ItemQuerySet, search: Search) -> ItemQuerySet:
    return cards.items(found.annotate(outline=_outline(search)))


def _features(rows: list[Any]) -> dict[str, Any]:
    """GeoJSON of what a list names: to be shown when it is pointed at."""
    features: dict[str, Any] = FootprintSerializer(rows, many=True).data
    return features


def _search(request: HttpRequest) -> Search:
    """The address, without collections that the asker does not see."""
    search = Search.read(request.GET)
    if not search.collections:
        return search
    seen = Collection.objects.visible_to(request.user).filter(pk__in=search.collections)
    return search.only(set(seen.values_list("pk", flat=True)))


def _choices(request: HttpRequest) -> list[Collection]:
    seen = Collection.objects.visible_to(request.user).order_by("title", "pk")
    return list(seen.only("pk", "title", "west", "south", "east", "north")[:CHOICES])


def _picked(request: HttpRequest, seen: ItemQuerySet, search: Search) -> dict[str, Any]:
    if search.at is None:
        return {}
    asked = QueryDict(search.query, mutable=True)
    asked[PICK] = request.GET.get(PICK, "")
    found = _outlined(search.picked(seen), search)
    page = paging.page(found, asked, PICKED, of="pick", parameter=PICK)
    return {
        "picked": page,
        "picked_features": _features(page.rows),
        "unpicked": replace(search, at=None).query,
    }


def _sides(search: Search) -> list[dict[str, Any]]:
    values = search.bbox or ("", "", "", "")
    limits = (("West", 180), ("South", 90), ("East", 180), ("North", 90))
    return [
        {"label": label, "least": -most, "most": most, "value": value}
        for (label, most), value in zip(limits, values, strict=True)
    ]


def _extent(choices: list[Collection], search: Search) -> boxes.Box | None:
    """Where to look at first: what the chosen collections say they cover."""
    extent: boxes.Box | None = None
    for collection in choices:
        if not search.collections or collection.pk in search.collections:
            extent = boxes.unite(extent, collection.box)
    return extent


def _tabs(search: Search) -> list[dict[str, Any]]:
    """On phones one part is shown."""
    names = {"list": "List", "": "Map", "filters": "Filters"}
    return [
        {"name": name or "map", "label": label, "chosen": name == search.tab}
        for name, label in names.items()
    ]


def _outline(search: Search) -> Any:
    """The footprint with no more corners than the view can show."""
    west, _, east, _ = search.bbox or (-180, -90, 180, 90)
    width = (east - west) % 360 or 360.0
    return Func(
        F("geometry"),
        Value(width / FINEST),
        function="ST_SimplifyPreserveTopology",
        output_field=GeometryField(srid=4326),
    )


def _with(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _address(request: HttpRequest, search: Search) -> str:
    """The state as the address says it: short, and the same for the same state."""
    kept = {name: request.GET.get(name, "") for name in (paging.PARAMETER, PICK)}
    tokens = urlencode({name: token for name, token in kept.items() if token})
    return _with(reverse("ui:map"), "&".join(filter(None, [search.query, tokens])))
