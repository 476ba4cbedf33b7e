"""Counts over the items of a search (STAC API Aggregation 0.3.0)."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import aggregation, answers, links
from ..aggregation import Aggregation
from ..aggregation_parameters import OF_THE_COUNT, AggregateParameters
from ..components import ref
from ..errors import Invalid
from ..models import Item
from ..search import ItemQuerySet
from .base import StacView

_LIST = {(200, links.JSON): ref("Aggregations")}
_COUNTS = {(200, links.JSON): ref("AggregationCollection")}


class Aggregations(StacView):
    """What can be counted of all items."""

    @extend_schema(operation_id="getAggregations", responses=_LIST)
    def get(self, request: Request) -> HttpResponse:
        return listed(links.root(request), "", list(aggregation.ALL.values()))


class CollectionAggregations(StacView):
    """What can be counted of the items of one collection."""

    @extend_schema(operation_id="getCollectionAggregations", responses=_LIST)
    def get(self, request: Request, collection: str) -> HttpResponse:
        found = self.collection(collection)
        own = f"{links.collection_path(found.pk)}/"
        return listed(links.root(request), own, aggregation.of_collection(found))


def listed(root: str, own: str, those: list[Aggregation]) -> HttpResponse:
    told = [one.told() for one in those]
    around = [
        links.link("self", f"{root}{own}aggregations", links.JSON, "This list"),
        links.to_root(root),
        *links.of_aggregate(root + own),
    ]
    return answers.json_answer({"aggregations": told, "links": around})


class Aggregate(StacView):
    """The same by GET and by POST."""

    parameters = {"GET": AggregateParameters}

    @extend_schema(operation_id="getAggregate", parameters=[AggregateParameters], responses=_COUNTS)
    def get(self, request: Request, **where: str) -> HttpResponse:
        return self.counted(request, self.asked, **where)

    @extend_schema(operation_id="postAggregate", request=AggregateParameters, responses=_COUNTS)
    def post(self, request: Request, **where: str) -> HttpResponse:
        sent = self.document
        if not isinstance(sent, dict):
            raise Invalid("What to count is asked by a JSON object of parameters.")
        return self.counted(request, AggregateParameters.read(sent, posted=True), **where)

    def counted(self, request: Request, asked: dict[str, Any], **where: str) -> HttpResponse:
        found = self.items(asked["aggregations"], **where).search(
            **{name: v for name, v in asked.items() if name not in OF_THE_COUNT | {"f"}}
        )
        by = {"method": "POST"} if request.method == "POST" else {}
        own = links.link("self", request.build_absolute_uri(), links.JSON, "These counts", **by)
        return answers.json_answer(
            {
                "type": "AggregationCollection",
                "aggregations": aggregation.aggregate(found, asked["aggregations"], asked),
                "links": [own, links.to_root(links.root(request))],
            }
        )

    def items(self, names: list[str]) -> ItemQuerySet:
        """Those whose like can be counted so, before the search."""
        return Item.objects.visible_to(self.request.user)


class CollectionAggregate(Aggregate):
    """Of the items of one collection, and only what its `/aggregations` lists."""

    @extend_schema(
        operation_id="getCollectionAggregate", parameters=[AggregateParameters], responses=_COUNTS
    )
    def get(self, request: Request, **where: str) -> HttpResponse:
        return super().get(request, **where)

    @extend_schema(
        operation_id="postCollectionAggregate", request=AggregateParameters, responses=_COUNTS
    )
    def post(self, request: Request, **where: str) -> HttpResponse:
        return super().post(request, **where)

    def items(self, names: list[str], collection: str = "") -> ItemQuerySet:
        found = self.collection(collection)
        there = [one.name for one in aggregation.of_collection(found)]
        missing = next((name for name in names if name not in there), None)
        if missing:
            message = f"aggregations: {missing} says nothing here; there is {', '.join(there)}."
            raise Invalid(message, parameter="aggregations")
        return Item.objects.visible_to(self.request.user).filter(collection=found)
