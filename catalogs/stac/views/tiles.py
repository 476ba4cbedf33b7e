"""Footprints for maps (OGC API Tiles 1: vector tiles of the whole catalog, WebMercatorQuad)."""

from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from .. import answers, formats, sight, tiles
from ..aggregation_parameters import TileParameters
from ..models import Collection, Item
from .base import StacView

_PLACE = [
    OpenApiParameter(name, {"type": "integer", "minimum": 0, "maximum": most}, "path")
    for name, most in (
        ("tileMatrix", tiles.DEEPEST),
        ("tileRow", 2**tiles.DEEPEST - 1),
        ("tileCol", 2**tiles.DEEPEST - 1),
    )
]
_TILE: dict[Any, Any] = {(200, formats.MVT.media_type): OpenApiTypes.BINARY, 204: None}


class Tile(StacView):
    """Of the items that the same parameters find by `/search`."""

    parameters = {"GET": TileParameters}
    usual = formats.MVT

    def get_renderers(self) -> Any:
        return [self.usual]

    @extend_schema(operation_id="getTile", parameters=[*_PLACE, TileParameters], responses=_TILE)
    def get(self, request: Request, **place: int) -> HttpResponse:
        tile = tiles.Tile.at(place["tileMatrix"], place["tileRow"], place["tileCol"])
        wanted = {name: value for name, value in self.asked.items() if name != "f"}
        found = Item.objects.visible_to(request.user).search(**wanted)
        statement = tiles.statement(found, tile)
        if sight.only_items(request.user) is not None:
            return answers.tile(tiles.draw(statement, found))  # no collection tells its version
        homes = Collection.objects.shown_to(request.user)
        if "collections" in wanted:
            homes = homes.filter(pk__in=wanted["collections"])
        version = tiles.version(statement, homes)
        etag = f'W/"{version}"'
        known = get_conditional_response(request, etag)
        answer = known or answers.tile(
            tiles.drawn.get(version, lambda: tiles.draw(statement, found))
        )
        answer["ETag"] = etag
        return answer
