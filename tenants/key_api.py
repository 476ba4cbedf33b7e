"""Keys by program: with a key that may manage keys, those that may no more than that one."""

from datetime import timedelta
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import keys, tokens
from tenants.authentication import ApiKeyAuthentication
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey


class MayManage(BasePermission):
    """Strangers learn nothing, not even that this exists; a key needs the scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, ApiKey):
            raise Http404
        return request.user.has_perm("tenants.manage_keys")


class IsKey(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, ApiKey):
            raise Http404
        return True


class Changed(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.CharField(max_length=24), max_length=20)
    collections = serializers.ListField(
        child=serializers.CharField(max_length=256), required=False, allow_null=True, default=None
    )
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, default=list
    )


class Wanted(Changed):
    expires = serializers.DateTimeField(required=False)


class Rolled(serializers.Serializer[Any]):
    overlap = serializers.IntegerField(min_value=0, max_value=168, default=24)  # hours


class Ended(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class WantedToken(serializers.Serializer[Any]):
    seconds = serializers.IntegerField(min_value=1, max_value=86_400, default=600)
    collections = serializers.ListField(
        child=serializers.CharField(max_length=256), required=False, allow_null=True, default=None
    )


class Shown(serializers.Serializer[Any]):
    """What `shown` gives, for the description of this API."""

    id = serializers.CharField()
    name = serializers.CharField()
    last4 = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    collections = serializers.ListField(child=serializers.CharField(), allow_null=True)
    addresses = serializers.ListField(child=serializers.CharField())
    creator = serializers.EmailField()
    created = serializers.DateTimeField()
    expires = serializers.DateTimeField(allow_null=True)
    revoked = serializers.DateTimeField(allow_null=True)
    rolled = serializers.DateTimeField(allow_null=True)
    last_used = serializers.DateTimeField(allow_null=True)
    last_denied = serializers.DateTimeField(allow_null=True)
    revoke_reason = serializers.CharField(allow_null=True)
    last_used_ip = serializers.IPAddressField(allow_null=True)
    denied = serializers.IntegerField()
    rotated_from = serializers.CharField(allow_null=True)


class Made(Shown):
    key = serializers.CharField(help_text="The key itself, this once.")


class Listed(serializers.Serializer[Any]):
    keys = Shown(many=True)


class MadeToken(serializers.Serializer[Any]):
    token = serializers.CharField()
    parameter = serializers.CharField(help_text="Of the address in which the token is sent.")
    expires = serializers.DateTimeField()


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as programs read it; never its secret part."""
    moments = ("created", "expires", "revoked", "rolled", "last_used", "last_denied")
    told = {name: getattr(key, name) for name in moments}
    return {
        "id": key.key_id,
        "name": key.name,
        "last4": key.last4,
        **Limits.of(key).told(),
        "creator": key.creator.email,
        **{name: moment and moment.isoformat() for name, moment in told.items()},
        "revoke_reason": key.revoke_reason or None,
        "last_used_ip": key.last_used_ip,
        "denied": key.denied,
        "rotated_from": key.rotated_from.key_id if key.rotated_from else None,
    }


class KeyView(APIView):
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes: tuple[type[BasePermission], ...] = (MayManage,)

    @property
    def asker(self) -> ApiKey:
        found: ApiKey = self.request.user  # type: ignore[assignment]
        return found

    def manageable(self) -> list[ApiKey]:
        """Those that the asking key could have made."""
        own = ApiKey.objects.filter(organization=self.asker.organization)
        listed = own.select_related("creator", "rotated_from", "organization").order_by("-created")
        return [key for key in listed if Limits.of(key).within(Limits.of(self.asker))]

    def key(self, key_id: str) -> ApiKey:
        found = next((key for key in self.manageable() if key.key_id == key_id), None)
        if found is None:
            raise Http404
        return found

    def asked(self, serializer: type[serializers.Serializer[Any]], **more: Any) -> dict[str, Any]:
        read = serializer(data=self.request.data, **more)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def handle_exception(self, exc: Exception) -> Response:
        """A refusal is a sentence for whoever asked."""
        told = serializers.ValidationError(str(exc)) if isinstance(exc, KeyRefused) else exc
        return super().handle_exception(told)


class Keys(KeyView):
    @extend_schema(operation_id="listKeys", responses=Listed)
    def get(self, request: Request) -> Response:
        return Response({"keys": [shown(key) for key in self.manageable()]})

    @extend_schema(operation_id="makeKey", request=Wanted, responses={201: Made})
    def post(self, request: Request) -> Response:
        """The answer holds the key itself, this once."""
        wanted = self.asked(Wanted)
        made, text = keys.issue(self.asker.organization, creator=self.asker, **wanted)
        return _with_text(made, text)


class OneKey(KeyView):
    @extend_schema(operation_id="getKey", responses=Shown)
    def get(self, request: Request, key_id: str) -> Response:
        return Response(shown(self.key(key_id)))

    @extend_schema(operation_id="changeKey", request=Changed, responses=Shown)
    def patch(self, request: Request, key_id: str) -> Response:
        key = self.key(key_id)
        limits = Limits.of(key)
        now = {"name": key.name, "scopes": limits.scopes, "collections": limits.collections}
        now |= {"addresses": limits.addresses}
        given = self.asked(Changed, partial=True)
        keys.change(key, by=self.asker, **{**now, **given})
        return Response(shown(self.key(key_id)))

    @extend_schema(operation_id="revokeKey", responses={204: None})
    def delete(self, request: Request, key_id: str) -> Response:
        """Revoked; its row stays."""
        keys.revoke(self.key(key_id), by=self.asker, reason=self.asked(Ended)["reason"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class Roll(KeyView):
    @extend_schema(operation_id="rollKey", request=Rolled, responses={201: Made})
    def post(self, request: Request, key_id: str) -> Response:
        key, hours = self.key(key_id), self.asked(Rolled)["overlap"]
        return _with_text(*keys.roll(key, by=self.asker, overlap=timedelta(hours=hours)))


class Tokens(KeyView):
    """A token that reads what the asking key may, for what cannot send a header."""

    permission_classes = (IsKey,)

    @extend_schema(operation_id="makeToken", request=WantedToken, responses={201: MadeToken})
    def post(self, request: Request) -> Response:
        wanted = self.asked(WantedToken)
        text, ends = tokens.issue(
            self.asker.organization,
            self.asker,
            lifetime=timedelta(seconds=wanted["seconds"]),
            collections=wanted["collections"],
        )
        said = {"token": text, "parameter": tokens.PARAMETER, "expires": ends.isoformat()}
        return _secret(Response(said, status=status.HTTP_201_CREATED))


def _with_text(made: ApiKey, text: str) -> Response:
    return _secret(Response({**shown(made), "key": text}, status=status.HTTP_201_CREATED))


def _secret(response: Response) -> Response:
    response["Cache-Control"] = "no-store"
    return response
