"""The addresses of the API, for views that may be one's own."""

from typing import Any

from django.urls import URLPattern, path, re_path

from . import (
    converters,  # noqa: F401 - registers <stac:...>
    views,
)

app_name = "stac"


def patterns(**own: Any) -> list[URLPattern]:
    """The API's URL patterns; `own` names views to use instead of those in `views`.

    `patterns(Items=AuditedItems)` serves AuditedItems where `views.Items` would be.
    """
    view = {name: getattr(views, name) for name in views.__all__} | own
    collection = "collections/<stac:collection>"
    item = f"{collection}/items/<stac:item>"
    described = [
        path("", view["Landing"].as_view(), name="landing"),
        path("conformance", view["Conformance"].as_view(), name="conformance"),
        path("search", view["Search"].as_view(), name="search"),
        path("collections", view["Collections"].as_view(), name="collections"),
        path("collections-search", view["CollectionSearch"].as_view(), name="collection-search"),
        path(
            "collection-queryables",
            view["QueryablesOfCollections"].as_view(),
            name="queryables-of-collections",
        ),
        path(
            "collection-sortables",
            view["SortablesOfCollections"].as_view(),
            name="sortables-of-collections",
        ),
        path(collection, view["OneCollection"].as_view(), name="collection"),
        path("queryables", view["Queryables"].as_view(), name="queryables"),
        path(
            f"{collection}/queryables",
            view["CollectionQueryables"].as_view(),
            name="collection-queryables",
        ),
        path("sortables", view["Sortables"].as_view(), name="sortables"),
        path(
            f"{collection}/sortables",
            view["CollectionSortables"].as_view(),
            name="collection-sortables",
        ),
        path("children", view["Children"].as_view(), name="children"),
        path("browse", view["Browse"].as_view(), name="browse"),
        path(f"{collection}/browse", view["BrowseItems"].as_view(), name="browse-items"),
        path(f"{collection}/browse/<stac:part>", view["BrowsePart"].as_view(), name="browse-part"),
        path("aggregations", view["Aggregations"].as_view(), name="aggregations"),
        path("aggregate", view["Aggregate"].as_view(), name="aggregate"),
        path(
            f"{collection}/aggregations",
            view["CollectionAggregations"].as_view(),
            name="collection-aggregations",
        ),
        path(
            f"{collection}/aggregate",
            view["CollectionAggregate"].as_view(),
            name="collection-aggregate",
        ),
        path(
            "tiles/WebMercatorQuad/<int:tileMatrix>/<int:tileRow>/<int:tileCol>",
            view["Tile"].as_view(),
            name="tile",
        ),
        path(f"{collection}/items", view["Items"].as_view(), name="items"),
        path(item, view["OneItem"].as_view(), name="item"),
        path("jobs", view["Jobs"].as_view(), name="jobs"),
        path("jobs/<uuid:id>", view["OneJob"].as_view(), name="job"),
        path("jobs/<uuid:id>/report", view["JobReport"].as_view(), name="job-report"),
        path(f"{item}/validation", view["ItemValidation"].as_view(), name="item-validation"),
        path(
            f"{collection}/validation",
            view["CollectionValidation"].as_view(),
            name="collection-validation",
        ),
        path(f"{item}/assets/<stac:key>", view["ItemAsset"].as_view(), name="asset"),
        path(
            f"{collection}/assets/<stac:key>",
            view["CollectionAsset"].as_view(),
            name="collection-asset",
        ),
    ]
    return [
        *described,
        path("api", view["Api"].as_view(patterns=described), name="api"),
        path("api.html", view["ApiDocs"].as_view(), name="api-docs"),
        re_path(r"^(?P<rest>.*)$", view["Nothing"].as_view()),
    ]


urlpatterns = patterns()
