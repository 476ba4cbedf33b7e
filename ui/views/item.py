"""An item: where and when it is, its files, what is known of it, and how programs use it."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalogs.stac import documents, links, sight, validation
from catalogs.stac.models import Collection, Item
from ui import cards, fields, media, paging, snippets, values
from ui.access import needs_key
from ui.serializers import FootprintSerializer

VIEWS = ("about", "use", "json")
# The heading and the facts beside the map say these.
_SAID = {"datetime", "start_datetime", "end_datetime", "title", "description"}
_FACTS = {
    "gsd": {"label": "Resolution", "unit": "m"},
    "eo:cloud_cover": None,
    "platform": None,
    "constellation": None,
    "instruments": None,
    "proj:code": {"label": "Projection", "format": "CrsCode"},
    "proj:epsg": {"label": "Projection", "format": "EPSG"},
}
_FRAME = {"href", "title", "description", "type", "roles", "file:size"}


@dataclass(frozen=True)
class Row:
    """A line of the assets' table."""

    key: str
    title: str
    description: str
    type: str
    roles: list[str]
    size: int | None
    href: str  # "" where the document names an address that a browser should not open
    held: bool  # the bytes are ours and come through the gate
    groups: list[fields.Group]


@require_safe
def item(request: HttpRequest, collection: str, item: str) -> HttpResponse:
    seen = cards.items(Item.objects.visible_to(request.user)).annotate(outline=F("geometry"))
    found = get_object_or_404(
        seen.defer(None).select_related("collection"), collection=collection, stac_id=item
    )
    document = found.to_stac(links.root(request))
    view = request.GET.get("view", "")
    siblings = cards.items(found.collection.items.visible_to(request.user))
    previous, following = paging.neighbours(siblings, found)
    return render(
        request,
        "ui/item.html",
        {
            "item": found,
            "collection": found.collection,
            "document": document,
            "view": view if view in VIEWS else VIEWS[0],
            "previous": previous,
            "next": following,
            "features": FootprintSerializer([found], many=True).data,
            "facts": _facts(document["properties"]),
            "assets": assets(found, document),
            "groups": fields.groups(document["properties"], without=_SAID),
            "other_links": _other_links(document),
            "report": report_on(document, found.collection),
            "private": needs_key(request, found.collection),
            "alone": sight.only_items(request.user) is not None,
            "snippets": use_it(request, found, document) if view == "use" else None,
            "stac_browser": snippets.stac_browser(
                links.root(request) + links.item_path(found.collection_id, found.stac_id)
            ),
            "json": json.dumps(document, indent=2, ensure_ascii=False) if view == "json" else "",
        },
    )


def report_on(document: dict[str, Any], collection: Collection) -> validation.Report:
    """How it stands to its extensions, where they count at all in this collection."""
    if collection.strictness == Collection.Strictness.OFF:
        return validation.Report()
    return validation.extensions(document)


def _facts(properties: dict[str, Any]) -> list[fields.Row]:
    return [
        fields.row(key, properties[key], spec)
        for key, spec in _FACTS.items()
        if properties.get(key) is not None
    ]


def assets(found: Item, document: dict[str, Any]) -> list[Row]:
    """Data first, pictures and words about it after."""
    sizes = {asset.key: asset.size for asset in found.held_assets.all()}
    own = documents.own_hrefs(document, found.collection_id, found.stac_id)
    rows = [
        _row(key, asset, sizes.get(key), key in own)
        for key, asset in (document.get("assets") or {}).items()
    ]
    order = {"data": 0, "overview": 2, "thumbnail": 3, "metadata": 4}
    return sorted(rows, key=lambda row: min((order.get(role, 1) for role in row.roles), default=1))


def _row(key: str, asset: dict[str, Any], size: int | None, held: bool) -> Row:
    given = asset.get("file:size")
    href = str(asset.get("href") or "")
    return Row(
        key=key,
        title=str(asset.get("title") or key),
        description=str(asset.get("description") or ""),
        type=str(asset.get("type") or ""),
        roles=[str(role) for role in asset.get("roles") or []],
        size=size if size is not None else given if isinstance(given, int) else None,
        href=href if values.scheme(href) in ("http", "https") else "",
        held=held,
        groups=fields.groups(asset, without=_FRAME),
    )


def _other_links(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the document points to beyond the catalog itself."""
    own = {"self", "root", "parent", "collection"}
    return [
        link
        for link in document.get("links", [])
        if link.get("rel") not in own and values.scheme(str(link.get("href"))) in ("http", "https")
    ]


def use_it(request: HttpRequest, found: Item, document: dict[str, Any]) -> list[snippets.Snippet]:
    private, alone = needs_key(request, found.collection), sight.only_items(request.user)
    name = str(getattr(request, "organization", "") or "Catalog")
    place = (found.collection_id, found.stac_id)
    return snippets.of_item(
        links.root(request), place, name, private, _raster(found, document), alone is not None
    )


def _raster(found: Item, document: dict[str, Any]) -> str:
    """The first file that GDAL opens by its address: data before all else."""
    rows = [row for row in assets(found, document) if row.href and row.type]
    for row in rows:
        if media.label(row.type) in ("COG", "GeoTIFF", "TIFF", "JPEG 2000"):
            return row.href
    return ""
