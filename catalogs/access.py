"""Who sees a collection, asked and said by programs."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogs import collections
from catalogs.audit import Actor
from catalogs.stac import sight
from catalogs.stac.errors import Invalid
from catalogs.stac.models import Collection
from catalogs.stac.parsers import JSONParser


class Nameable(Protocol):
    """Someone whom a collection can be named for."""

    @property
    def who(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def always(self) -> bool: ...


def nameable(organization: Any) -> Iterable[Nameable]:
    """Asked of whoever knows the people and keys."""
    found: Iterable[Nameable] = import_string(settings.NAMEABLE)(organization)
    return found


def name(
    collection: Collection,
    visibility: str,
    chosen: Iterable[Nameable],
    *,
    by: Any,
) -> None:
    """Gives the collection its list; whoever does so stays on it, to see what they have done."""
    names = {each.who: f"{each.label} ({each.id})" for each in chosen}
    if visibility == sight.NAMED and not by.has_perm("stac.view_every_collection"):
        names |= {who: names.get(who, str(by)) for who in sight.names(by)}
    collections.show_to(collection, visibility, actor=Actor.of(by), names=names)


class MayShare(BasePermission):
    """Of a collection that the asker sees, and may change."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        seen = Collection.objects.visible_to(request.user)
        if not seen.filter(pk=view.kwargs["collection"]).exists():
            raise Http404
        return request.user.has_perm("stac.change_collection")


class NamedSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["member", "key"])
    id = serializers.CharField(max_length=254)


class AccessSerializer(serializers.Serializer[Any]):
    visibility = serializers.ChoiceField(choices=Collection.Visibility.choices)
    named = NamedSerializer(many=True, required=False, max_length=10_000)  # type: ignore[call-arg]


class Access(APIView):
    """GET: its visibility, and who stands on its list. PUT: both anew."""

    permission_classes = [MayShare]
    parser_classes = [JSONParser]

    def get(self, request: Request, collection: str) -> Response:
        return Response(self.shown(get_object_or_404(Collection, pk=collection)))

    def put(self, request: Request, collection: str) -> Response:
        wanted = AccessSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        row = get_object_or_404(Collection, pk=collection)
        known = {(each.kind, each.id): each for each in nameable(self.organization)}
        named = [(each["kind"], each["id"]) for each in asked.get("named", ())]
        for one in named:
            if one not in known:
                raise Invalid(f"named: there is no {one[0]} {one[1]!r} here.", parameter="named")
        name(row, asked["visibility"], [known[one] for one in named], by=request.user)
        return Response(self.shown(get_object_or_404(Collection, pk=collection)))

    @property
    def organization(self) -> Any:
        return self.request.organization  # type: ignore[attr-defined]

    def shown(self, row: Collection) -> dict[str, Any]:
        listed = set(row.named.values_list("who", flat=True))
        named = [each for each in nameable(self.organization) if each.who in listed]
        return {
            "visibility": row.visibility,
            "named": [{"kind": each.kind, "id": each.id, "label": each.label} for each in named],
        }
