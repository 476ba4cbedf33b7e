"""The resources of the API, one view each."""

from .aggregation import Aggregate, Aggregations, CollectionAggregate, CollectionAggregations
from .assets import CollectionAsset, ItemAsset
from .catalog import Api, ApiDocs, Conformance, Landing
from .children import Browse, BrowseItems, BrowsePart, Children
from .collections import Collections, CollectionSearch, OneCollection
from .items import Items, OneItem, Search
from .jobs import JobReport, Jobs, OneJob
from .nothing import Nothing
from .queryables import (
    CollectionQueryables,
    CollectionSortables,
    Queryables,
    QueryablesOfCollections,
    Sortables,
    SortablesOfCollections,
)
from .tiles import Tile
from .validation import CollectionValidation, ItemValidation

__all__ = [
    "Aggregate",
    "Aggregations",
    "Api",
    "ApiDocs",
    "Browse",
    "BrowseItems",
    "BrowsePart",
    "Children",
    "CollectionAggregate",
    "CollectionAggregations",
    "CollectionAsset",
    "CollectionQueryables",
    "CollectionSearch",
    "CollectionSortables",
    "CollectionValidation",
    "Collections",
    "Conformance",
    "ItemAsset",
    "ItemValidation",
    "Items",
    "JobReport",
    "Jobs",
    "Landing",
    "Nothing",
    "OneCollection",
    "OneItem",
    "OneJob",
    "Queryables",
    "QueryablesOfCollections",
    "Search",
    "Sortables",
    "SortablesOfCollections",
    "Tile",
]
