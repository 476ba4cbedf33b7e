"""The map: footprints and a list that follow each other; the address holds the whole state."""

from dataclasses import replace
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db.models import F, Func, Value
from django.http import HttpRequest, HttpResponse, JsonResponse
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
DRAWN = 2000  # footprints on one map; more are neither seen nor quick
PICKED = 50
CHOICES = 200
FINEST = 2000  # steps across the view: a footprint needs no more corners


@require_safe
def map(request: HttpRequest) -> HttpResponse:
    choices = _choices(request)
    search = _search(request)
    seen = Item.objects.visible_to(request.user)
    found = search.apply(seen)
    context = {
        "search": search,
        "choices": choices,
        "chips": search.chips({choice.pk: str(choice) for choice in choices}),
        "page": paging.page(cards.items(found), request.GET, PAGE, of="map"),
        "count": cards.count(found),
        "footprints": _with(reverse("ui:footprints"), search.footprints),
        "api": _with(reverse("stac:search"), search.api_query),
        "exports": addresses.exports(_with(reverse("stac:search"), search.api_query)),
        "clear": _with(reverse("ui:map"), Search(bbox=search.bbox, move=search.move).query),
        "sides": _sides(search),
        "extent": _extent(choices, search),
        "tabs": _tabs(search),
        "filters_open": bool(search.collections or search.start or search.end or not search.move),
        **_picked(seen, search),
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
    context = {"search": search, **_picked(Item.objects.visible_to(request.user), search)}
    if not request.headers.get("HX-Request"):
        return render(request, "ui/pick.html", context)
    response = render(request, "ui/map.html#picked", context)
    response["HX-Push-Url"] = _address(request, search)
    return response


@require_safe
def footprints(request: HttpRequest) -> JsonResponse:
    """GeoJSON of what the search finds, newest first, up to a number that a map can show."""
    search = _search(request)
    found = search.apply(Item.objects.visible_to(request.user)).filter(geometry__isnull=False)
    outlined = cards.items(found.annotate(outline=_outline(search)))
    rows = list(paging.newest(outlined)[: DRAWN + 1])
    features = FootprintSerializer(rows[:DRAWN], many=True).data
    notice = ""
    if len(rows) > DRAWN:
        notice = f"The newest {DRAWN:,} footprints are drawn. Zoom in, or ask for less, to see all."
    return JsonResponse({**features, "notice": notice})


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


def _picked(seen: ItemQuerySet, search: Search) -> dict[str, Any]:
    if search.at is None:
        return {}
    picked = paging.newest(cards.items(search.picked(seen)))[:PICKED]
    return {"picked": list(picked), "unpicked": replace(search, at=None).query}


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
    address = _with(reverse("ui:map"), search.query)
    token = request.GET.get(paging.PARAMETER)
    return (
        f"{address}{'&' if '?' in address else '?'}{paging.PARAMETER}={token}" if token else address
    )
