"""The JSON endpoints of uploads, for the drop page and for programs with a key."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogs import room, uploads
from catalogs.audit import Actor
from catalogs.models import Upload
from catalogs.stac import sight
from catalogs.stac.errors import Invalid
from catalogs.stac.models import Collection
from catalogs.stac.parsers import JSONParser
from catalogs.stac.sight import only_collections


class MayUpload(BasePermission):
    """Strangers learn nothing, not even that this exists; members need the right to upload."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.has_perm("stac.view_item") and not request.user.has_perm(
            "catalogs.add_upload"
        ):
            raise Http404
        return request.user.has_perm("catalogs.add_upload")


class NewUpload(serializers.Serializer[Any]):
    filename = serializers.CharField(max_length=1000, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=2**62)
    collection = serializers.CharField(max_length=256, required=False, allow_blank=True, default="")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class WantedParts(serializers.Serializer[Any]):
    parts = serializers.ListField(child=serializers.IntegerField(), max_length=1000)


def shown(upload: Upload) -> dict[str, Any]:
    """An upload as programs and the drop page read it; nothing of the bucket's own names."""
    item = {"collection": upload.item_collection, "id": upload.item} if upload.item else None
    return {
        "id": str(upload.id),
        "filename": upload.filename,
        "size": upload.size,
        "part_size": upload.part_size,
        "part_count": upload.part_count,
        "collection": upload.collection or None,
        "state": upload.state,
        "label": upload.get_state_display(),
        "sentence": upload.sentence,
        "settled": upload.settled,
        "progress": upload.progress,
        "code": upload.code or None,
        "problem": upload.problem,
        "advice": upload.advice,
        "duplicate": upload.duplicate or None,
        "item": item,
        "created": upload.created.isoformat(),
        "links": {
            name: reverse(f"catalogs:upload-{name}", args=[upload.id])
            for name in ("sign", "parts", "finish", "abort", "retry")
        }
        | {"self": reverse("catalogs:upload", args=[upload.id])},
    }


def mine(request: HttpRequest | Request) -> Any:
    """What the asker may touch: their own, and everybody's with the right to change uploads, where
    they may see the collection; of some collections alone for who is limited to them."""
    only = only_collections(request.user)
    found = Upload.objects.all() if only is None else Upload.objects.filter(collection__in=only)
    if request.user.has_perm("catalogs.change_upload"):
        return sight.unhidden(found, request.user, "collection", "item_collection")
    actor = Actor.of(request.user)
    return found.filter(actor_kind=actor.kind, actor_id=actor.id)


class UploadView(APIView):
    permission_classes = [MayUpload]
    parser_classes = [JSONParser]

    def upload(self, id: UUID) -> Upload:
        upload: Upload | None = mine(self.request).filter(pk=id).first()
        if upload is None:
            raise Http404
        return upload


class Uploads(UploadView):
    """POST starts an upload; GET lists the newest hundred."""

    def get(self, request: Request) -> Response:
        newest = mine(request).order_by("-created")
        if asked := request.query_params.get("state"):
            wanted = set(asked.split(","))
            if not wanted <= set(Upload.State.values):
                known = ", ".join(Upload.State.values)
                raise Invalid(f"state: there is {known}.", parameter="state")
            newest = newest.filter(state__in=wanted)
        return Response({"uploads": [shown(upload) for upload in newest[:100]]})

    def post(self, request: Request) -> Response:
        wanted = NewUpload(data=request.data)
        wanted.is_valid(raise_exception=True)
        only = only_collections(request.user)
        if only is not None and wanted.validated_data["collection"] not in only:
            raise Invalid("collection: this key is limited to others.", parameter="collection")
        upload = uploads.start(
            **wanted.validated_data,
            owner=str(request.organization.pk),  # type: ignore[attr-defined]
            actor=Actor.of(request.user),
            homes=Collection.objects.visible_to(request.user),
            reserve=room.keeper(request),
        )
        return Response(shown(upload), status=status.HTTP_201_CREATED)


class UploadDetail(UploadView):
    def get(self, request: Request, id: UUID) -> Response:
        return Response(shown(self.upload(id)))


class UploadSign(UploadView):
    """POST {"parts": [1, 2, ...]}, at most 50: where to PUT each of them."""

    def post(self, request: Request, id: UUID) -> Response:
        upload = self.upload(id)
        wanted = WantedParts(data=request.data)
        wanted.is_valid(raise_exception=True)
        numbers = wanted.validated_data["parts"]
        urls = uploads.sign(upload, numbers)
        signed = [{"part": part, "url": url} for part, url in zip(numbers, urls, strict=True)]
        return Response({"urls": signed, "seconds": uploads.SIGNED_SECONDS})


class UploadParts(UploadView):
    """GET: the parts that have arrived, as the bucket knows them."""

    def get(self, request: Request, id: UUID) -> Response:
        parts = uploads.received(self.upload(id))
        listed = [{"part": part.number, "size": part.size, "etag": part.etag} for part in parts]
        return Response({"parts": listed})


class UploadFinish(UploadView):
    def post(self, request: Request, id: UUID) -> Response:
        return Response(shown(uploads.finish(self.upload(id))))


class UploadAbort(UploadView):
    def post(self, request: Request, id: UUID) -> Response:
        return Response(shown(uploads.abort(self.upload(id), Actor.of(request.user))))


class UploadRetry(UploadView):
    def post(self, request: Request, id: UUID) -> Response:
        return Response(shown(uploads.retry(self.upload(id), Actor.of(request.user))))
