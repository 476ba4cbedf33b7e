"""Items as the features that map pages draw."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from catalogs.stac.models import Item
from ui import cards, text

# A picture is laid over a footprint that fills its box, and not over half a continent.
_FILLED = 0.97
_WIDEST = 40  # degrees; beyond, the web map's projection bends it


class FootprintSerializer(GeoFeatureModelSerializer):  # type: ignore[misc]
    """One item's outline, its name, and the picture to lay over it; `outline` is annotated."""

    id = serializers.SerializerMethodField()
    outline = GeometryField(precision=5)
    title = serializers.SerializerMethodField()
    href = serializers.SerializerMethodField()
    overlay = serializers.SerializerMethodField()

    class Meta:
        model = Item
        geo_field = "outline"
        id_field = "id"
        fields = ("id", "outline", "title", "href", "overlay")

    def get_id(self, item: Any) -> str:
        return identity(item)

    def get_title(self, item: Any) -> str:
        dated = text.span(item.start, item.end)
        return " · ".join(filter(None, [item.title or item.stac_id, dated]))

    def get_href(self, item: Any) -> str:
        return reverse("ui:item", args=[item.collection_id, item.stac_id])

    def get_overlay(self, item: Any) -> str:
        shape = item.outline
        if not item.thumbnail or shape is None or shape.geom_type != "Polygon":
            return ""
        west, south, east, north = shape.extent
        box = (east - west) * (north - south)
        if not 0 < shape.area <= box or shape.area / box < _FILLED or east - west > _WIDEST:
            return ""
        return cards.picture_of_item(item)


def identity(item: Any) -> str:
    """One name for an item of any collection; neither part may hold a slash."""
    return f"{item.collection_id}/{item.stac_id}"
