"""Links that share, listed, made and revoked by programs of people who are signed in."""

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogs import shares
from catalogs.models import Share
from catalogs.stac.parsers import JSONParser

MOST_LISTED = 100


class MayShare(BasePermission):
    """Strangers learn nothing; a key makes no links, whatever its scopes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.has_perm("stac.view_item"):
            raise Http404
        return request.user.has_perm("catalogs.add_share")


class NewShare(serializers.Serializer[Any]):
    label = serializers.CharField(max_length=80)  # type: ignore[assignment]
    collection = serializers.CharField(max_length=256, required=False)
    item = serializers.CharField(max_length=256, required=False)
    search = serializers.DictField(required=False)
    expires = serializers.DateTimeField(required=False)


class ShareView(APIView):
    permission_classes = [MayShare]
    parser_classes = [JSONParser]

    def shown(self, share: Share) -> dict[str, Any]:
        root = self.request.build_absolute_uri(f"{self.request._request.META['SCRIPT_NAME']}/")
        return {
            "id": str(share.pk),
            **shares.told(share),
            "works": share.works,
            "address": shares.told_address(share, root, to=self.request.user),
            "by": share.actor_name,
            "created": share.created.isoformat(),
            "uses": share.uses,
            "last_used": share.last_used.isoformat() if share.last_used else None,
        }


class Shares(ShareView):
    """GET lists the newest hundred; POST makes one."""

    def get(self, request: Request) -> Response:
        newest = shares.managed_by(request.user).order_by("-created")[:MOST_LISTED]
        return Response({"shares": [self.shown(share) for share in newest]})

    def post(self, request: Request) -> Response:
        wanted = NewShare(data=request.data)
        wanted.is_valid(raise_exception=True)
        share = shares.make(request.user, **wanted.validated_data)
        return Response(self.shown(share), status=status.HTTP_201_CREATED)


class OneShare(ShareView):
    """DELETE revokes it; it stays on record."""

    def share(self, id: UUID) -> Share:
        found: Share | None = shares.managed_by(self.request.user).filter(pk=id).first()
        if found is None:
            raise Http404
        return found

    def get(self, request: Request, id: UUID) -> Response:
        return Response(self.shown(self.share(id)))

    def delete(self, request: Request, id: UUID) -> Response:
        shares.revoke(self.share(id), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
