"""The gate: who may see an item's bytes is decided when they are asked for."""

import inspect
from typing import Any

from django.core.files.storage import Storage, storages
from django.http import HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from ..errors import NotFound
from ..models import Asset
from ..sight import PUBLIC
from .base import StacView


class Signed(HttpResponseRedirect):
    """To where the bytes are. Whoever counts what is given out finds in `signed_bytes` how many."""

    signed_bytes = 0


class Gate(StacView):
    """302 to where the bytes are, for as long as the storage signs; nothing may be cached.

    Only bytes that we hold have a gate: an href elsewhere is shown, never followed.
    """

    def to_bytes(self, request: Request, **asset: Any) -> HttpResponse:
        seen = Asset.objects.visible_to(request.user).select_related("collection")
        found = seen.defer("collection__body", "collection__extent").filter(**asset).first()
        if found is None:
            raise NotFound
        is_public = found.collection.visibility == PUBLIC
        if not is_public and not request.user.has_perm("stac.view_asset"):
            self.permission_denied(request)
        answer = Signed(self.address(found))
        answer.signed_bytes = found.size if self.method_to_sign == "GET" else 0
        del answer["Content-Type"]  # there is no body
        answer["Cache-Control"] = "no-store, private"
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    def address(self, asset: Asset) -> str:
        """Where the bytes are; override it to say more to the storage, as a file's name."""
        return signed(storages["assets"], asset.name, self.method_to_sign)

    @property
    def method_to_sign(self) -> str:
        """The method of the request, but for GDAL always GET.

        GDAL keeps the address that its first HEAD was sent to and reads all ranges from there by
        GET; where that address refuses HEAD, it knows to ask by GET.
        """
        if self.request.headers.get("User-Agent", "").startswith("GDAL/"):
            return "GET"
        return str(self.request.method)


class ItemAsset(Gate):
    @extend_schema(operation_id="getAsset", responses={302: None})
    def get(self, request: Request, collection: str, item: str, key: str) -> HttpResponse:
        return self.to_bytes(request, collection=collection, item__stac_id=item, key=key)


class CollectionAsset(Gate):
    @extend_schema(operation_id="getCollectionAsset", responses={302: None})
    def get(self, request: Request, collection: str, key: str) -> HttpResponse:
        return self.to_bytes(request, collection=collection, item=None, key=key)


def signed(storage: Storage, name: str, method: str) -> str:
    """The address of a file; a storage that signs is told for which method."""
    if "method" in inspect.signature(storage.url).parameters:
        address: str = storage.url(name, method=method)  # type: ignore[call-arg]
        return address
    return storage.url(name)
