"""Items: listed, searched, read and written."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, links, transactions
from ..components import ref
from ..documents import Document
from ..errors import Changed, Invalid, NotFound
from ..listing import ITEMS, Listing
from ..models import Collection, Item
from ..parameters import ItemsParameters, PutItemParameters, SearchParameters
from .base import PATCHES, PatchView, StacView
from .writing import WriteItems

_PAGE = {(200, links.GEOJSON): ref("ItemCollection")}
_ITEM = {(200, links.GEOJSON): ref("Item")}
_MADE = {(201, links.GEOJSON): ref("Item")}
_DONE: dict[Any, Any] = {**_MADE, 204: None}
_SENT = {links.JSON: ref("Item"), links.GEOJSON: ref("Item")}


class Search(StacView):
    """STAC API 1.0.0, item-search: the same by GET and by POST."""

    parameters = {"GET": SearchParameters}

    @extend_schema(operation_id="getItemSearch", parameters=[SearchParameters], responses=_PAGE)
    def get(self, request: Request) -> HttpResponse:
        return self.found(request, self.asked, request.query_params.dict())

    @extend_schema(operation_id="postItemSearch", request=SearchParameters, responses=_PAGE)
    def post(self, request: Request) -> HttpResponse:
        sent = self.document
        if not isinstance(sent, dict):
            raise Invalid("A search by POST is a JSON object of its parameters.")
        return self.found(request, SearchParameters.read(sent, posted=True), sent, method="POST")

    def found(
        self,
        request: Request,
        asked: dict[str, Any],
        sent: dict[str, Any],
        method: str = "GET",
    ) -> HttpResponse:
        root, seen = links.root(request), Item.objects.visible_to(request.user)
        homes = Collection.objects.shown_to(request.user)
        listing = Listing(ITEMS, root, "search", seen, asked, sent, homes, method)
        return listing.answer(links.to_root(root))


class Items(WriteItems):
    """STAC API 1.0.0, ogcapi-features; Transaction extension."""

    parameters = {**WriteItems.parameters, "GET": ItemsParameters}

    @extend_schema(operation_id="getFeatures", parameters=[ItemsParameters], responses=_PAGE)
    def get(self, request: Request, collection: str) -> HttpResponse:
        if not Collection.objects.visible_to(request.user).filter(pk=collection).exists():
            raise NotFound
        root, own = links.root(request), links.collection_path(collection)
        seen = Item.objects.visible_to(request.user).filter(collection=collection)
        sent = request.query_params.dict()
        homes = Collection.objects.shown_to(request.user).filter(pk=collection)
        listing = Listing(ITEMS, root, f"{own}/items", seen, self.asked, sent, homes)
        return listing.answer(
            links.to_root(root),
            links.link("parent", root + own, links.JSON, "The collection"),
            links.link("collection", root + own, links.JSON, "The collection"),
        )


class OneItem(PatchView):
    """STAC API 1.0.0, ogcapi-features; Transaction extension."""

    parameters = {"PUT": PutItemParameters}
    writes = {
        "PUT": "stac.change_item",
        "PATCH": "stac.change_item",
        "DELETE": "stac.delete_item",
    }

    @extend_schema(operation_id="getFeature", responses=_ITEM)
    def get(self, request: Request, collection: str, item: str) -> HttpResponse:
        seen = Item.objects.visible_to(request.user).filter(collection=collection, stac_id=item)
        found = seen.values_list("body", "etag", "updated").first()
        if found is None:
            raise NotFound
        body, etag, updated = found
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
