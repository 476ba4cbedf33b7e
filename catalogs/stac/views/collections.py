"""Collections: listed, read and written."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, links, shapes, sight, transactions
from ..components import ref
from ..documents import Document
from ..errors import Changed, Invalid, NotFound
from ..listing import COLLECTIONS, Listing
from ..models import Collection
from ..parameters import CollectionsParameters
from ..writing_parameters import DeleteCollectionParameters, UpgradeParameters
from .base import PATCHES, PatchView, StacView

_PAGE = {(200, links.JSON): ref("Collections")}
_COLLECTION = {(200, links.JSON): ref("Collection")}
_MADE = {(201, links.JSON): ref("Collection")}
_DONE: dict[Any, Any] = {**_MADE, 204: None}
_SENT = {links.JSON: ref("Collection")}


class Collections(StacView):
    """STAC API 1.0.0, collections; OGC API Common 2, simple-query; Transaction extension."""

    parameters = {"GET": CollectionsParameters, "POST": UpgradeParameters}
    writes = {"POST": "stac.add_collection"}

    @extend_schema(
        operation_id="getCollections", parameters=[CollectionsParameters], responses=_PAGE
    )
    def get(self, request: Request) -> HttpResponseBase:
        others = self.alternates(to=self.usual)
        return _found(request, "collections", self.asked, request.query_params.dict(), others)

    @extend_schema(
        operation_id="createCollection",
        parameters=[UpgradeParameters],
        request=_SENT,
        responses=_MADE,
    )
    def post(self, request: Request) -> HttpResponse:
        self.permit()
        return answers.created(request, self.perform_create(self.document))

    def perform_create(self, document: Document) -> Collection:
        return transactions.create_collection(document)


class CollectionSearch(StacView):
    """The same search for questions that are too long for an address."""

    parameters = {"GET": CollectionsParameters}

    @extend_schema(
        operation_id="getCollectionSearch", parameters=[CollectionsParameters], responses=_PAGE
    )
    def get(self, request: Request) -> HttpResponseBase:
        others = self.alternates(to=self.usual)
        sent = request.query_params.dict()
        return _found(request, "collections-search", self.asked, sent, others)

    @extend_schema(
        operation_id="postCollectionSearch", request=CollectionsParameters, responses=_PAGE
    )
    def post(self, request: Request) -> HttpResponseBase:
        sent = self.document
        if not isinstance(sent, dict):
            raise Invalid("A search by POST is a JSON object of its parameters.")
        asked = CollectionsParameters.read(sent, posted=True)
        return _found(request, "collections-search", asked, sent, [], "POST")


def _found(
    request: Request,
    path: str,
    asked: dict[str, Any],
    sent: dict[str, Any],
    others: list[links.Link],
    method: str = "GET",
) -> HttpResponseBase:
    root, user = links.root(request), request.user
    listing = Listing(
        COLLECTIONS,
        root,
        path,
        lambda: Collection.objects.visible_to(user),
        asked,
        sent,
        method=method,
        sight=sight.shape(user, "stac.view_collection"),
    )
    return listing.answer(*links.of_collections(root), *others)


class OneCollection(PatchView):
    """STAC API 1.0.0, collections; Transaction extension."""

    parameters = {"PUT": UpgradeParameters, "DELETE": DeleteCollectionParameters}
    writes = {
        "PUT": "stac.change_collection",
        "PATCH": "stac.change_collection",
        "DELETE": "stac.delete_collection",
    }

    @extend_schema(operation_id="getCollection", responses=_COLLECTION)
    def get(self, request: Request, collection: str) -> HttpResponse:
        user = request.user

        def rows(id: str) -> QuerySet[Collection, Any]:
            seen = Collection.objects.visible_to(user).filter(pk=id)
            return seen.values_list("body", "etag", "updated")

        found = shapes.rows(rows, collection, fixed=sight.shape(user, "stac.view_collection"))
        if not found:
            raise NotFound
        body, etag, updated = found[0]
        return answers.stored(request, body, etag, updated, links.JSON)

    @extend_schema(
        operation_id="putCollection",
        parameters=[UpgradeParameters],
        request=_SENT,
        responses=_DONE,
    )
    def put(self, request: Request, collection: str) -> HttpResponse:
        """Replaces; with `If-None-Match: *` creates, and only that."""
        if request.headers.get("If-None-Match") == "*":
            return self.create(request, collection)
        row = self.collection(collection)
        self.permit()
        return answers.changed(request, self.perform_update(row, self.document))

    def create(self, request: Request, collection: str) -> HttpResponse:
        self.permit()
        if Collection.objects.visible_to(request.user).filter(pk=collection).exists():
            raise Changed(f"There is a collection {collection!r} already.")
        document = self.document
        if not isinstance(document, dict) or document.get("id") != collection:
            raise Invalid("The id must be that of the address.", pointer="/id")
        return answers.created(request, self.perform_create(document))

    @extend_schema(operation_id="patchCollection", request=PATCHES, responses={204: None})
    def patch(self, request: Request, collection: str) -> HttpResponse:
        row = self.collection(collection)
        self.permit()
        return answers.changed(request, self.perform_patch(row, self.patch_document()))

    @extend_schema(
        operation_id="deleteCollection",
        parameters=[DeleteCollectionParameters],
        responses={204: None},
    )
    def delete(self, request: Request, collection: str) -> HttpResponse:
        row = self.collection(collection)
        self.permit()
        cascade = self.asked.get("cascade", False)
        if cascade and not request.user.has_perm("stac.delete_item"):
            self.permission_denied(request)
        self.perform_destroy(row, cascade)
        return answers.done()

    def perform_create(self, document: Document) -> Collection:
        return transactions.create_collection(document)

    def perform_update(self, collection: Collection, document: Document) -> Collection:
        return transactions.replace_collection(collection, document, self.condition())

    def perform_patch(self, collection: Collection, patch: Document | list[Any]) -> Collection:
        return transactions.update_collection(collection, patch, self.condition())

    def perform_destroy(self, collection: Collection, cascade: bool) -> None:
        by = str(self.request.user)
        transactions.delete_collection(collection, cascade, by=by, if_match=self.condition())
