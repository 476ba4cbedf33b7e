"""How a stored document stands to the extensions that it names, by the schemas that are here."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, links, validation
from ..components import ref
from ..models import Collection, Item
from .base import StacView

_JSON = {(200, links.JSON): ref("ValidationReport")}


class ItemValidation(StacView):
    """The report on one item, made anew: a schema that came meanwhile counts."""

    @extend_schema(operation_id="getItemValidation", responses=_JSON)
    def get(self, request: Request, collection: str, item: str) -> HttpResponse:
        found = self.item(collection, item)
        return _told(links.root(request), found, found.collection.strictness)


class CollectionValidation(StacView):
    """The report on a collection's own document."""

    @extend_schema(operation_id="getCollectionValidation", responses=_JSON)
    def get(self, request: Request, collection: str) -> HttpResponse:
        found = self.collection(collection)
        return _told(links.root(request), found, found.strictness)


def _told(root: str, row: Item | Collection, strictness: str) -> HttpResponse:
    report = validation.extensions(row.to_stac(root))
    own = root + links.path_of(row)
    media_type = links.GEOJSON if isinstance(row, Item) else links.JSON
    return answers.json_answer(
        {
            "valid": not report.faults,
            "strictness": strictness,
            **report.to_json(),
            "links": [
                links.link("self", f"{own}/validation", links.JSON, "This report"),
                links.to_root(root),
                links.link("describes", own, media_type, "What it is about"),
            ],
        }
    )
