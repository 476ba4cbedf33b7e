"""What filters can ask of items, and what they can be sorted by.

OGC API Features 3, "queryables"; Features 5, "sortables"; Sort extension 1.1.0, "Sortables".
"""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, formats, links, members, queryables
from ..components import ref
from ..models import Collection, Queryable
from .base import StacView

_SCHEMA = {(200, links.SCHEMA): ref("JSONSchema")}


class Queryables(StacView):
    """Of all items that the asker may see."""

    usual = formats.SCHEMA

    @extend_schema(operation_id="getQueryables", responses=_SCHEMA)
    def get(self, request: Request) -> HttpResponse:
        own, homes = links.root(request) + "queryables", Collection.objects.shown_to(request.user)
        found = Queryable.objects.filter(collection__in=homes)
        return answers.json_answer(queryables.schema(own, "Queryables", found), links.SCHEMA)


class CollectionQueryables(StacView):
    """Of the items of one collection."""

    usual = formats.SCHEMA

    @extend_schema(operation_id="getCollectionQueryables", responses=_SCHEMA)
    def get(self, request: Request, collection: str) -> HttpResponse:
        found = self.collection(collection)
        own = f"{links.root(request)}{links.collection_path(collection)}/queryables"
        told = queryables.schema(own, f"Queryables of {found}", found.queryables.all())
        return answers.json_answer(told, links.SCHEMA)


class Sortables(StacView):
    """Of all items that the asker may see."""

    usual = formats.SCHEMA

    @extend_schema(operation_id="getSortables", responses=_SCHEMA)
    def get(self, request: Request) -> HttpResponse:
        own, homes = links.root(request) + "sortables", Collection.objects.shown_to(request.user)
        found = Queryable.objects.filter(collection__in=homes)
        return answers.json_answer(queryables.sortables(own, "Sortables", found), links.SCHEMA)


class CollectionSortables(StacView):
    """Of the items of one collection."""

    usual = formats.SCHEMA

    @extend_schema(operation_id="getCollectionSortables", responses=_SCHEMA)
    def get(self, request: Request, collection: str) -> HttpResponse:
        found = self.collection(collection)
        own = f"{links.root(request)}{links.collection_path(collection)}/sortables"
        told = queryables.sortables(own, f"Sortables of {found}", found.queryables.all())
        return answers.json_answer(told, links.SCHEMA)


class QueryablesOfCollections(StacView):
    """What filters can ask of collections (Collection Search 1.0.0-rc.1, "Filter")."""

    @extend_schema(operation_id="getQueryablesOfCollections", responses=_SCHEMA)
    def get(self, request: Request) -> HttpResponse:
        own, seen = links.root(request), Collection.objects.visible_to(request.user)
        return answers.json_answer(
            members.queryable(own + "collection-queryables", seen), links.SCHEMA
        )


class SortablesOfCollections(StacView):
    """What collections are sorted by (Collection Search 1.0.0-rc.1, "Sorting")."""

    @extend_schema(operation_id="getSortablesOfCollections", responses=_SCHEMA)
    def get(self, request: Request) -> HttpResponse:
        own, seen = links.root(request), Collection.objects.visible_to(request.user)
        return answers.json_answer(
            members.sortable(own + "collection-sortables", seen), links.SCHEMA
        )
