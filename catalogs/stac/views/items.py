"""Items: listed, searched, read and written."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, formats, links, shapes, sight, transactions
from ..components import ref
from ..documents import Document
from ..errors import Changed, Invalid, NotFound
from ..listing import ITEMS, Listing
from ..models import Collection, Item
from ..parameters import ItemParameters, ItemsParameters, SearchParameters
from ..writing_parameters import PutItemParameters
from .base import PATCHES, PatchView, StacView
from .writing import WriteItems

_FOUND = {
    (200, links.GEOJSON): ref("ItemCollection"),
    (200, formats.NDJSON.media_type): OpenApiTypes.STR,
    (200, formats.CSV.media_type): OpenApiTypes.STR,
    (200, formats.PARQUET.media_type): OpenApiTypes.BINARY,
}
_ITEM = {(200, links.GEOJSON): ref("Item")}
_MADE = {(201, links.GEOJSON): ref("Item")}
_DONE: dict[Any, Any] = {**_MADE, 204: None}
_SENT = {links.JSON: ref("Item"), links.GEOJSON: ref("Item")}


class Search(StacView):
    """STAC API 1.0.0, item-search: the same by GET and by POST."""

    parameters = {"GET": SearchParameters}
    usual = formats.GEOJSON
    tables = formats.TABLES

    @extend_schema(operation_id="getItemSearch", parameters=[SearchParameters], responses=_FOUND)
    def get(self, request: Request) -> HttpResponseBase:
        return self.found(request, self.asked, request.query_params.dict())

    @extend_schema(operation_id="postItemSearch", request=SearchParameters, responses=_FOUND)
    def post(self, request: Request) -> HttpResponseBase:
        sent = self.document
        if not isinstance(sent, dict):
            raise Invalid("A search by POST is a JSON object of its parameters.")
        asked = SearchParameters.read(sent, posted=True)
        if "f" in asked:
            chosen: Any = formats.choose(request, self.get_renderers(), asked["f"])
            request.accepted_renderer = chosen
        return self.found(request, asked, sent, method="POST")

    def found(
        self,
        request: Request,
        asked: dict[str, Any],
        sent: dict[str, Any],
        method: str = "GET",
    ) -> HttpResponseBase:
        root, user = links.root(request), request.user
        listing = Listing(
            ITEMS,
            root,
            "search",
            lambda: Item.objects.visible_to(user),
            asked,
            sent,
            lambda: Collection.objects.shown_to(user),
            method,
            self.form,
            sight.shape(user, "stac.view_item"),
        )
        others = self.alternates(to=self.usual) if method == "GET" else []
        return listing.answer(links.to_root(root), *others)


class Items(WriteItems):
    """STAC API 1.0.0, ogcapi-features; Transaction extension."""

    parameters = {**WriteItems.parameters, "GET": ItemsParameters}
    usual = formats.GEOJSON
    tables = formats.TABLES

    @extend_schema(operation_id="getFeatures", parameters=[ItemsParameters], responses=_FOUND)
    def get(self, request: Request, collection: str) -> HttpResponseBase:
        user = request.user

        def homes(id: str) -> QuerySet[Collection, Any]:
            return Collection.objects.visible_to(user).filter(pk=id).values_list("pk")

        if not shapes.rows(homes, collection, fixed=sight.shape(user, "stac.view_collection")):
            raise NotFound
        root, own = links.root(request), links.collection_path(collection)
        listing = Listing(
            ITEMS,
            root,
            f"{own}/items",
            lambda: Item.objects.visible_to(user).filter(collection=collection),
            self.asked,
            request.query_params.dict(),
            lambda: Collection.objects.shown_to(user).filter(pk=collection),
            form=self.form,
            sight=sight.shape(user, "stac.view_item"),
        )
        return listing.answer(
            *self.alternates(to=self.usual),
            links.to_root(root),
            links.link("parent", root + own, links.JSON, "The collection"),
            links.link("collection", root + own, links.JSON, "The collection"),
        )


class OneItem(PatchView):
    """STAC API 1.0.0, ogcapi-features; Transaction extension."""

    parameters = {"GET": ItemParameters, "PUT": PutItemParameters}
    usual = formats.GEOJSON
    writes = {
        "PUT": "stac.change_item",
        "PATCH": "stac.change_item",
        "DELETE": "stac.delete_item",
    }

    @extend_schema(operation_id="getFeature", parameters=[ItemParameters], responses=_ITEM)
    def get(self, request: Request, collection: str, item: str) -> HttpResponse:
        user = request.user

        def rows(collection: str, item: str) -> QuerySet[Item, Any]:
            seen = Item.objects.visible_to(user).filter(collection=collection, stac_id=item)
            return seen.values_list("body", "etag", "updated")

        found = shapes.rows(rows, collection, item, fixed=sight.shape(user, "stac.view_item"))
        if not found:
            raise NotFound
        body, etag, updated = found[0]
        return answers.stored(request, body, etag, updated, links.GEOJSON)

    @extend_schema(
        operation_id="putFeature", parameters=[PutItemParameters], request=_SENT, responses=_DONE
    )
    def put(self, request: Request, collection: str, item: str) -> HttpResponse:
        """Replaces; with `If-None-Match: *` creates, and only that; with `upsert` does either."""
        if request.headers.get("If-None-Match") == "*" or self.is_new(collection, item):
            return self.create(request, collection, item)
        row = self.item(collection, item)
        self.permit()
        return answers.changed(request, self.perform_update(row, self.document))

    def is_new(self, collection: str, item: str) -> bool:
        """Whether it may be made by a PUT, and is not there."""
        if not self.asked.get("upsert") or "If-Match" in self.request.headers:
            return False
        return not Item.objects.filter(collection=collection, stac_id=item).exists()

    def create(self, request: Request, collection: str, item: str) -> HttpResponse:
        home = self.collection(collection)
        self.permit()
        if not request.user.has_perm("stac.add_item"):
            self.permission_denied(request)
        if home.items.filter(stac_id=item).exists():
            raise Changed(f"There is an item {item!r} already.")
        document = self.document
        if not isinstance(document, dict) or document.get("id") != item:
            raise Invalid("The id must be that of the address.", pointer="/id")
        return answers.created(request, self.perform_create(home, document))

    @extend_schema(operation_id="patchFeature", request=PATCHES, responses={204: None})
    def patch(self, request: Request, collection: str, item: str) -> HttpResponse:
        row = self.item(collection, item)
        self.permit()
        return answers.changed(request, self.perform_patch(row, self.patch_document()))

    @extend_schema(operation_id="deleteFeature", responses={204: None})
    def delete(self, request: Request, collection: str, item: str) -> HttpResponse:
        row = self.item(collection, item)
        self.permit()
        self.perform_destroy(row)
        return answers.done()

    def perform_create(self, collection: Collection, document: Document) -> Item:
        return transactions.create_item(collection, document)

    def perform_update(self, item: Item, document: Document) -> Item:
        return transactions.replace_item(item, document, self.condition())

    def perform_patch(self, item: Item, patch: Document | list[Any]) -> Item:
        return transactions.update_item(item, patch, self.condition())

    def perform_destroy(self, item: Item) -> None:
        transactions.delete_item(item, by=str(self.request.user), if_match=self.condition())
