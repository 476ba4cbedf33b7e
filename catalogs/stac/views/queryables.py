"""What filters can ask of items (OGC API Features 3, "queryables")."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, links, queryables
from ..components import ref
from ..models import Collection, Queryable
from .base import StacView

_SCHEMA = {(200, links.SCHEMA): ref("JSONSchema")}


class Queryables(StacView):
    """Of all items that the asker may see."""

    @extend_schema(operation_id="getQueryables", responses=_SCHEMA)
    def get(self, request: Request) -> HttpResponse:
        seen = Collection.objects.visible_to(request.user)
        found = Queryable.objects.filter(collection__in=seen)
        own = f"{links.root(request)}queryables"
        return answers.json_answer(queryables.schema(own, "Queryables", found), links.SCHEMA)


class CollectionQueryables(StacView):
    """Of the items of one collection."""

    @extend_schema(operation_id="getCollectionQueryables", responses=_SCHEMA)
    def get(self, request: Request, collection: str) -> HttpResponse:
        found = self.collection(collection)
        own = f"{links.root(request)}{links.collection_path(collection)}/queryables"
        told = queryables.schema(own, f"Queryables of {found}", found.queryables.all())
        return answers.json_answer(told, links.SCHEMA)
