"""The API of keys told as OpenAPI, from the views that serve it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.models import ApiKey

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
_TOLD = {
    "TITLE": "Keys",
    "VERSION": "1.0.0",
    "DESCRIPTION": (
        "Keys for programs: with one that may manage keys, those that may no more than it does are "
        "listed, made, changed, rolled and revoked. Any key makes short-lived tokens for itself."
    ),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": (),
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "description"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "description": {"type": "string"},
    },
}
_REFUSAL = {
    "description": "A refusal that says why (RFC 9457).",
    "content": {"application/problem+json": {"schema": _PROBLEM}},
}


def describe(patterns: tuple[Any, ...]) -> dict[str, Any]:
    """Without `servers`: each door has its own.

    To be called while URLs are read: the library's settings are patched for the whole process.
    """
    with patched_settings(_TOLD):
        generator: Any = SchemaGenerator(patterns=list(patterns))  # type: ignore[no-untyped-call]
        told: dict[str, Any] = generator.get_schema(request=None, public=True)
    for operations in told["paths"].values():
        for operation in operations.values():
            operation["tags"] = ["Keys"]
            operation["responses"]["default"] = _REFUSAL
    return told


class KnowsOfKeys(BasePermission):
    """Strangers learn nothing, not even that this exists."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, ApiKey) or request.user.has_perm("tenants.manage_keys"):
            return True
        raise Http404


class Described(APIView):
    """For keys, and for people who make some."""

    schema = None
    permission_classes = (KnowsOfKeys,)
    told: Mapping[str, Any] = {}  # set by urls_api

    def get(self, request: Request) -> Response:
        keys = request.build_absolute_uri(reverse("keys:keys"))
        server = {"url": keys.removesuffix("/keys/")}
        answer = {**self.told, "servers": [server]}
        return Response(answer, content_type=MEDIA_TYPE)
